// One registered route: immutable, shared by all loops, with its metric handles already resolved.

import TiketiNet

/// What a route handler is.
public typealias RouteHandler = @Sendable (RequestContext) async throws -> HTTPResponse

/// Wraps handlers: sees the request before, the response after. What `next` returns is always a response: errors thrown further in have
/// become their envelope already.
public protocol Middleware: Sendable {
    /// Answers, or calls `next` at most once and may change what comes back. What it throws becomes an error envelope.
    func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse
}

/// A middleware that only looks at the request, and lets it pass or throws. It runs without an async frame of its own, which on the hot
/// path costs more than most of what such a middleware does.
public protocol Preparation: Middleware {
    /// Looks at the request; what it throws becomes an error envelope, and the handler does not run.
    func prepare(_ context: RequestContext) throws
}

extension Preparation {
    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        try prepare(context)
        return try await next(context)
    }
}

/// What may differ from route to route.
public struct RouteOptions: Sendable {
    /// Bytes a JSON body may have (spec §10: 1 MB, 10 MB for admin).
    public var bodyLimit: Int
    /// Written to the access log. Probes and scrapes are not.
    public var isLogged: Bool
    /// Middleware of this route alone, inside the router's and the group's.
    var middleware: [any Middleware]

    /// `bodyLimit` is in bytes (1 MiB by default); a longer body is answered 413. `isLogged` false keeps a route out of the access log.
    public init(bodyLimit: Int = 1 << 20, isLogged: Bool = true, middleware: [any Middleware] = []) {
        self.bodyLimit = bodyLimit
        self.isLogged = isLogged
        self.middleware = middleware
    }

    /// For organisers' routes: bodies up to 10 MiB.
    public static let admin = RouteOptions(bodyLimit: 10 << 20)
    /// Left out of the access log, for what is asked every few seconds.
    public static let quiet = RouteOptions(isLogged: false)
}

internal final class Route: Sendable {
    /// One middleware of the chain, its kind decided once.
    enum Step: Sendable {
        case prepare(any Preparation)
        case wrap(any Middleware)
    }

    let method: HTTPMethod
    /// What metrics and logs call the route: its pattern, or a name for what no route answers.
    let pattern: String
    let parameterNames: [String]
    let options: RouteOptions
    let chain: [Step]
    let handler: RouteHandler
    let metrics: RouteMetrics?

    init(
        method: HTTPMethod, pattern: RoutePattern, options: RouteOptions, chain: [any Middleware], handler: @escaping RouteHandler,
        metrics: RouteMetrics?, name: String? = nil
    ) {
        self.method = method
        self.pattern = name ?? pattern.text
        parameterNames = pattern.names
        self.options = options
        self.chain = chain.map { middleware in
            if let preparation = middleware as? any Preparation { .prepare(preparation) } else { .wrap(middleware) }
        }
        self.handler = handler
        self.metrics = metrics
    }
}
