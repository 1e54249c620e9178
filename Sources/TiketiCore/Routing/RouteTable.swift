// The frozen router: one request in, exactly one response out, whatever happens in between.

import CLinux
import Logging
import TiketiNet

/// Answers requests by the routes a ``Router`` had when it was frozen.
internal final class RouteTable: Sendable {
    private let root: RouteNode
    private let observers: RouterObservers
    private let unmatched: Route
    private let options: Route
    private let wrongMethod: Route
    private let compressed: Route

    init(root: RouteNode, middleware: [any Middleware], metrics: HTTPMetrics?, observers: RouterObservers) {
        self.root = root
        self.observers = observers
        // A path nobody registered is no label: metrics call all of them by one name.
        func fallback(_ name: String, _ handler: @escaping RouteHandler) -> Route {
            Route(
                method: HTTPMethod("*"), pattern: RoutePattern("/" + name), options: RouteOptions(), chain: middleware, handler: handler,
                metrics: metrics?.route("*", name), name: name)
        }
        unmatched = fallback("unmatched") { _ in throw APIError.notFound }
        wrongMethod = fallback("method-not-allowed") { context in throw APIError.methodNotAllowed(context.allow) }
        compressed = fallback("compressed-body") { _ in
            // RFC 9110 §15.5.16: what would be taken instead.
            var error = APIError.unsupportedMediaType("Compressed request bodies are not accepted")
            error.headers.append(("Accept-Encoding", "identity"))
            throw error
        }
        options = fallback("options") { context in
            HTTPResponse(status: .noContent, headers: ["Allow": context.allow])
        }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let start = clinux_monotonic_ns()
        var captures = PathCaptures()
        var allow = ""
        let route = match(request, &captures, &allow)
        let context = RequestContext(request: request, route: route, captures: captures, allow: allow, baseLogger: observers.logger)
        var response = await advance(context, 0)
        response.headers["X-Request-Id"] = context.requestID
        let elapsed = clinux_monotonic_ns() &- start
        route.metrics?.record(status: response.status.code, nanoseconds: elapsed)
        if let accessLog = observers.accessLog, route.options.isLogged || response.status.code == 500 {
            accessLog.record(context, status: response.status.code, nanoseconds: elapsed)
        }
        return response
    }

    private func match(_ request: HTTPRequest, _ captures: inout PathCaptures, _ allow: inout String) -> Route {
        let target = request.target
        let path = target.utf8.span
        var end = 0
        while end < path.count, path[end] != UInt8(ascii: "?"), path[end] != UInt8(ascii: "#") { end &+= 1 }
        guard path.count > 0, path[0] == UInt8(ascii: "/"), let endpoint = root.find(path, from: 0, to: end, &captures) else {
            return unmatched
        }
        if let route = endpoint.route(for: request.method) { return Self.isCompressed(request) ? compressed : route }
        allow = endpoint.allow
        return request.method == .options ? options : wrongMethod
    }

    /// A body in a coding nobody here undoes would be read as rubbish, or a small one unpacked into any size.
    private static func isCompressed(_ request: HTTPRequest) -> Bool {
        guard !request.body.isEmpty, let coding = request.headers["Content-Encoding"] else { return false }
        return !coding.trimmedASCII.isEmpty && coding.trimmedASCII.lowercased() != "identity"
    }

    /// Runs the chain from `index` on. An error becomes its envelope here, at the level it passes, so that each middleware sees a response.
    private func advance(_ context: RequestContext, _ index: Int) async -> HTTPResponse {
        let route = context.matched
        do {
            var index = index
            while index < route.chain.count {
                switch route.chain[index] {
                case .prepare(let preparation):
                    try preparation.prepare(context)
                    index += 1
                case .wrap(let middleware):
                    let rest = index + 1
                    return try await middleware.handle(context) { next in await self.advance(next, rest) }
                }
            }
            return try await route.handler(context)
        } catch {
            return ErrorEnvelope.response(for: error, context)
        }
    }
}
