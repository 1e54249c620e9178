// The verbs of HTTP, written once for everything that takes routes.
import TiketiNet

/// Takes routes: a router, or a part of one.
public protocol RouterMethods {
    /// Adds a route. Registering a method and pattern twice is a programming error.
    /// - Parameters:
    ///   - pattern: A path with `:name` for one segment and `*name` for the rest.
    ///   - options: What differs from route to route.
    func on(_ method: HTTPMethod, _ pattern: String, _ options: RouteOptions, _ handler: @escaping RouteHandler)

    /// A part whose routes begin with `prefix` and pass `middleware`.
    func group(_ prefix: String, use middleware: [any Middleware]) -> RouteGroup
}

extension RouterMethods {
    /// A route with default options.
    public func on(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping RouteHandler) {
        on(method, pattern, RouteOptions(), handler)
    }

    /// A GET route; it answers HEAD as well, without the body.
    public func get(_ pattern: String, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(.get, pattern, options, handler)
    }

    /// A POST route.
    public func post(_ pattern: String, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(.post, pattern, options, handler)
    }

    /// A PUT route.
    public func put(_ pattern: String, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(.put, pattern, options, handler)
    }

    /// A PATCH route.
    public func patch(_ pattern: String, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(.patch, pattern, options, handler)
    }

    /// A DELETE route.
    public func delete(_ pattern: String, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(.delete, pattern, options, handler)
    }

    /// The answer to a call that other services make; its method and path stand in the contract.
    public func answer(_ call: Endpoint, _ options: RouteOptions = RouteOptions(), _ handler: @escaping RouteHandler) {
        on(call.method, call.pattern, options, handler)
    }

    /// A part whose routes pass `middleware` and share no prefix: those that only other services may call.
    public func group(use middleware: any Middleware...) -> RouteGroup { group("", use: middleware) }

    /// Routes that share a prefix and middleware.
    public func group(_ prefix: String, use middleware: any Middleware..., configure: (RouteGroup) -> Void) {
        configure(group(prefix, use: middleware))
    }
}

/// Adds routes under a prefix, with middleware of their own.
public struct RouteGroup: RouterMethods {
    internal let router: Router
    internal let prefix: String
    internal let middleware: [any Middleware]

    public func on(_ method: HTTPMethod, _ pattern: String, _ options: RouteOptions, _ handler: @escaping RouteHandler) {
        router.add(method, pattern == "/" ? prefix : prefix + pattern, options, group: middleware, handler)
    }

    public func group(_ prefix: String, use middleware: [any Middleware]) -> RouteGroup {
        RouteGroup(router: router, prefix: self.prefix + prefix, middleware: self.middleware + middleware)
    }
}
