// Socket.IO through the gateway: a new session goes to any hub, everything of a session to the hub that has it.
import TiketiCore
import TiketiNet

/// The way to the hubs.
struct RealtimeProxy: Sendable {
    let proxy: ReverseProxy
    let upstream: Upstream
    let hubs: HubDirectory
    /// A poll's body: what Engine.IO's own limit lets through, and its framing (maxHttpBufferSize of the hub is 1 MB).
    private static let bodyLimit = 2 << 20

    func forward(_ request: HTTPRequest, origin: ProxyHeaders.Origin) async throws -> HTTPResponse {
        guard let sid = Self.session(request.query) else { return try await open(request, origin) }
        let node = HubDirectory.node(ofSession: sid)
        var target = upstream
        if let node, let hub = await hubs.hub(node) { target.instances = hub }
        do {
            return try await proxy.forward(request, to: target, origin: origin, bodyLimit: Self.bodyLimit)
        } catch let error as APIError where error.code == APIError.upstreamFailed.code {
            // The hub is gone, and its sessions with it. Said at once, the client begins anew without waiting.
            if let node { hubs.forget(node) }
            return Self.unknownSession
        }
    }

    /// A hub that drains sends new clients away; another one may take them.
    private func open(_ request: HTTPRequest, _ origin: ProxyHeaders.Origin) async throws -> HTTPResponse {
        var left = request.body.isEmpty ? upstream.instances.urls.count : 1
        while true {
            let response = try await proxy.forward(request, to: upstream, origin: origin, bodyLimit: Self.bodyLimit)
            left -= 1
            guard response.status == .serviceUnavailable, left > 0 else { return response }
        }
    }

    static func session(_ query: String) -> String? {
        for item in query.split(separator: "&") where item.hasPrefix("sid=") {
            let sid = item.dropFirst(4)
            return sid.isEmpty ? nil : String(sid)
        }
        return nil
    }

    /// What a hub says of a session it does not have.
    private static var unknownSession: HTTPResponse {
        var response = HTTPResponse(status: .badRequest, body: .bytes(Array("{\"code\":1,\"message\":\"Session ID unknown\"}".utf8)))
        response.headers.add("Content-Type", "application/json")
        return response
    }
}
