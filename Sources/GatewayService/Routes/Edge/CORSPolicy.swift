// Which pages of other origins may call the API from a browser (the Fetch standard's CORS protocol). The gateway's own origin always may.
import TiketiNet

/// The origins that are welcome.
struct CORSPolicy: Sendable {
    private let origins: Set<String>
    private let any: Bool

    init(origins: [String]) {
        any = origins.contains("*")
        self.origins = Set(origins.map(Self.normalised))
    }

    /// The origin to name in the answer, or nil when the request has none or its origin is not welcome.
    func allowed(_ headers: HTTPHeaders, scheme: String) -> String? {
        guard let origin = headers["origin"], origin != "null" else { return nil }
        if any || origins.contains(Self.normalised(origin)) { return origin }
        if let host = headers["host"], Self.normalised(origin) == Self.normalised("\(scheme)://\(host)") { return origin }
        return nil
    }

    /// A preflight asks before the real request (OPTIONS with Origin and Access-Control-Request-Method).
    static func isPreflight(_ request: HTTPRequest) -> Bool {
        request.method == .options && request.headers.contains("origin") && request.headers.contains("access-control-request-method")
    }

    func preflight(origin: String?) -> HTTPResponse {
        var response = HTTPResponse(status: .noContent)
        response.headers.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        guard let origin else { return response }
        response.headers.add("Access-Control-Allow-Origin", origin)
        response.headers.add("Access-Control-Allow-Credentials", "true")
        response.headers.add("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
        response.headers.add(
            "Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, traceparent")
        response.headers.add("Access-Control-Max-Age", "600")
        return response
    }

    func decorate(_ headers: inout HTTPHeaders, origin: String) {
        headers.add("Access-Control-Allow-Origin", origin)
        headers.add("Access-Control-Allow-Credentials", "true")
        headers.add("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id")
        headers.add("Vary", "Origin")
    }

    /// Without a default port or a trailing slash, in lower case.
    private static func normalised(_ origin: String) -> String {
        var text = origin.lowercased()
        if text.hasSuffix("/") { text.removeLast() }
        if text.hasPrefix("http://"), text.hasSuffix(":80") { text.removeLast(3) }
        if text.hasPrefix("https://"), text.hasSuffix(":443") { text.removeLast(4) }
        return text
    }
}
