// Which prefix leads to which service (spec §1). Everything else under /api is a JSON 404, never the web app.
import TiketiContracts
import TiketiCore
import TiketiNet

/// The proxied prefixes.
struct ProxyRoutes: Sendable {
    let services: ReverseProxy
    let realtime: RealtimeProxy
    let edge: Edge
    let seatMaps: SeatMapRevalidation
    let auth: Upstream
    let ticket: Upstream
    let payment: Upstream
    let stats: Upstream
    /// Whether the hub's bare Engine.IO echo (`REALTIME_CONFORMANCE`) can be reached as well.
    let servesConformance: Bool

    static let methods: [HTTPMethod] = [.get, .post, .put, .patch, .delete]

    func install(on router: some RouterMethods) {
        let upstreams: [(String, Upstream)] = [
            ("/api/auth", auth), ("/api/events", ticket), ("/api/tickets", ticket), ("/api/seats", ticket), ("/api/reservations", ticket),
            ("/api/queue", ticket), ("/api/payments", payment), ("/api/stats", stats),
        ]
        for (prefix, upstream) in upstreams {
            for method in Self.methods { router.on(method, prefix + "/*rest") { try await forward($0, services, upstream) } }
        }
        for method in Self.methods {
            router.on(method, "/api/seats/:eventId") { context in
                // Most who look at a seat map again have the latest already.
                if method == .get, let answer = await notModified(context) { return answer }
                return try await forward(context, services, ticket)
            }
        }
        // Engine.IO asks at /socket.io/ and its own preflight is its own business.
        for prefix in servesConformance ? ["/socket.io", "/engine.io"] : ["/socket.io"] {
            for method in Self.methods + [.options] {
                router.on(method, prefix + "/*rest") { context in
                    guard context.parameter("rest").isEmpty else { throw APIError.notFound }
                    return try await realtime.forward(context.request, origin: origin(of: context))
                }
            }
        }
        for prefix in ["/api", "/internal", "/health", "/metrics", "/ready", "/uploads"] {
            for method in Self.methods { router.on(method, prefix + "/*unknown") { _ in throw APIError.notFound } }
        }
    }

    private func forward(_ context: RequestContext, _ proxy: ReverseProxy, _ upstream: Upstream) async throws -> HTTPResponse {
        try await proxy.forward(context.request, to: upstream, origin: origin(of: context), bodyLimit: context.options.bodyLimit)
    }

    /// 304 when the request has the latest map of its event; nil when ticket must be asked: another map, a part of one.
    private func notModified(_ context: RequestContext) async -> HTTPResponse? {
        let request = context.request
        guard let known = request.headers["If-None-Match"], request.query.isEmpty, let event = UUID(context.parameter("eventId")),
            let etag = await seatMaps.current(known, event: event)
        else { return nil }
        return HTTPResponse(status: .notModified, headers: SnapshotHeader.seatMapFields(etag), body: .none)
    }

    private func origin(of context: RequestContext) -> ProxyHeaders.Origin {
        ProxyHeaders.Origin(
            address: context.clientAddress ?? context.request.peer.host, scheme: edge.scheme(of: context.request),
            requestID: context.requestID, traceparent: context.outgoingTraceparent)
    }
}
