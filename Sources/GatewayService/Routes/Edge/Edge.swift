// The first thing every request meets: whose it is, whether its path is sound, whether there were too many, and which origin asks.
import TiketiCore
import TiketiNet

/// The gateway's outermost middleware.
struct Edge: Middleware {
    let addresses: ClientAddressReader
    let limiter: EdgeLimiter
    let cors: CORSPolicy
    let verifier: JWT.Verifier
    let security: SecurityHeaders

    func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        var response: HTTPResponse
        do {
            response = try await answer(context, next)
        } catch let error as APIError {
            response = ErrorEnvelope.response(error, requestID: context.requestID)
        }
        security.apply(to: &response, of: context.request)
        return response
    }

    private func answer(
        _ context: RequestContext, _ next: (RequestContext) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        let request = context.request
        let address = addresses.address(of: request)
        context.clientAddress = Self.text(address)
        context.verifier = verifier
        try Self.checkPath(request)
        // The hub answers for its own origins: it knows the same list, and the gateway's origin from X-Forwarded-Host.
        let crossOrigin = request.headers.contains("origin") && !Self.isRealtime(context)
        guard crossOrigin else {
            try check(context, address)
            return try await next(context)
        }
        let origin = cors.allowed(request.headers, scheme: scheme(of: request))
        if CORSPolicy.isPreflight(request) { return cors.preflight(origin: origin) }
        var response: HTTPResponse
        do {
            try check(context, address)
            response = try await next(context)
        } catch let error as APIError {
            // Without these fields the page could not read why it was refused.
            response = ErrorEnvelope.response(error, requestID: context.requestID)
        }
        if let origin { cors.decorate(&response.headers, origin: origin) } else { response.headers.add("Vary", "Origin") }
        return response
    }

    private func check(_ context: RequestContext, _ address: SocketAddress) throws(APIError) {
        try limit(context, address)
        // No reader of ours unpacks a body (RFC 9110 §15.5.16); the hub's own never are packed.
        if let coding = context.request.headers["content-encoding"], coding.trimmed.lowercased() != "identity" {
            var error = APIError.unsupportedMediaType("A request body must not be compressed")
            error.headers = [("Accept-Encoding", "identity")]
            throw error
        }
    }

    /// `https` only when a proxy that we trust says so: TLS ends before the gateway.
    func scheme(of request: HTTPRequest) -> String {
        guard addresses.trustsPeer(of: request), let scheme = request.headers["x-forwarded-proto"] else { return "http" }
        return scheme.lowercased() == "https" ? "https" : "http"
    }

    private func limit(_ context: RequestContext, _ address: SocketAddress) throws(APIError) {
        // Probes and scrapes come from the platform, not from customers.
        guard limiter.isEnabled, context.options.isLogged else { return }
        // A polling client asks as often as it is told something; the hub bounds what a session may do. Opening one counts, and so does
        // what no hub gave out.
        if Self.isRealtime(context), RealtimeProxy.session(context.request.query).flatMap(HubDirectory.node) != nil { return }
        try limiter.checkRequest(from: address, text: context.clientAddress ?? "")
        switch context.method {
        case .get, .head, .options: return
        default: if let user = context.principal?.userID { try limiter.checkWrite(by: user) }
        }
    }

    private static func isRealtime(_ context: RequestContext) -> Bool {
        context.route.hasPrefix("/socket.io") || context.route.hasPrefix("/engine.io")
    }

    /// A path that several readers could take differently is forwarded to nobody; only the web app's files may have an unusual one.
    private static func checkPath(_ request: HTTPRequest) throws(APIError) {
        switch SafePath.inspect(request.target) {
        case .plain: return
        case .refused: throw .notFound
        case .decoded(let path):
            for prefix in ["/api", "/socket.io", "/engine.io", "/health", "/metrics"] where path == prefix || path.hasPrefix(prefix + "/") {
                throw .notFound
            }
        }
    }

    /// At most fifteen characters for IPv4: a String without an allocation.
    private static func text(_ address: SocketAddress) -> String {
        guard case .ipv4(let number, _) = address else { return address.host }
        return String(unsafeUninitializedCapacity: 15) { text in
            var length = 0
            var shift: UInt32 = 32
            while shift > 0 {
                shift -= 8
                let part = UInt8(truncatingIfNeeded: number >> shift)
                if part >= 100 {
                    text[length] = 48 + part / 100
                    length += 1
                }
                if part >= 10 {
                    text[length] = 48 + part / 10 % 10
                    length += 1
                }
                text[length] = 48 + part % 10
                length += 1
                if shift > 0 {
                    text[length] = UInt8(ascii: ".")
                    length += 1
                }
            }
            return length
        }
    }
}
