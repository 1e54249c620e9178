// Collects routes and middleware; `handler` freezes them into one function. Nothing can be added to a handler that runs.

import Logging
import TiketiNet

/// The router of a service.
///
///     let router = Router()
///     router.use(Authentication(verifier))
///     router.on(.get, "/api/events/:id") { context in
///         let id = try context.uuidParameter("id")
///         …
///     }
public final class Router: RouterMethods {
    private struct Entry {
        var method: HTTPMethod
        var pattern: RoutePattern
        var options: RouteOptions
        var group: [any Middleware]
        var handler: RouteHandler
    }

    private var entries: [Entry] = []
    private var middleware: [any Middleware] = []

    /// No routes: everything is answered 404.
    public init() {}

    /// Adds a middleware around every request, also those no route answers. The first added is the outermost.
    public func use(_ middleware: any Middleware) { self.middleware.append(middleware) }

    public func on(_ method: HTTPMethod, _ pattern: String, _ options: RouteOptions, _ handler: @escaping RouteHandler) {
        add(method, pattern, options, group: [], handler)
    }

    internal func add(
        _ method: HTTPMethod, _ pattern: String, _ options: RouteOptions, group: [any Middleware], _ handler: @escaping RouteHandler
    ) {
        let parsed = RoutePattern(pattern)
        precondition(
            !entries.contains { $0.method == method && Self.same($0.pattern, parsed) }, "route registered twice: \(method) \(pattern)")
        entries.append(Entry(method: method, pattern: parsed, options: options, group: group, handler: handler))
    }

    /// Whether a method and pattern are taken, parameter names aside.
    internal func contains(_ method: HTTPMethod, _ pattern: String) -> Bool {
        let parsed = RoutePattern(pattern)
        return entries.contains { $0.method == method && Self.same($0.pattern, parsed) }
    }

    private static func same(_ left: RoutePattern, _ right: RoutePattern) -> Bool {
        guard left.segments.count == right.segments.count else { return false }
        return zip(left.segments, right.segments).allSatisfy { pair in
            switch pair {
            case (.literal(let one), .literal(let other)): one == other
            case (.parameter, .parameter), (.rest, .rest): true
            default: false
            }
        }
    }

    public func group(_ prefix: String, use middleware: [any Middleware]) -> RouteGroup {
        RouteGroup(router: self, prefix: prefix, middleware: middleware)
    }

    /// The finished handler, observed by nobody.
    public var handler: HTTPHandler { makeHandler(RouterObservers()) }

    /// The finished handler, which reports to `observers`.
    public func makeHandler(_ observers: RouterObservers) -> HTTPHandler {
        let metrics = observers.metrics.map(HTTPMetrics.init)
        let routes = entries.map { entry in
            (
                pattern: entry.pattern,
                route: Route(
                    method: entry.method, pattern: entry.pattern, options: entry.options,
                    chain: middleware + entry.group + entry.options.middleware, handler: entry.handler,
                    metrics: metrics?.route(entry.method.rawValue, entry.pattern.text))
            )
        }
        let table = RouteTable(root: RouteNode(routes), middleware: middleware, metrics: metrics, observers: observers)
        return { request in await table.respond(to: request) }
    }
}
