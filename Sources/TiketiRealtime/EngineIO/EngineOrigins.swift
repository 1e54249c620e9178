// Which web origins may use the server: CORS headers for polling, and the check CORS does not make for WebSockets.
import TiketiNet

/// The origins of `SOCKET_IO_CORS_ORIGIN`.
public struct EngineOrigins: Sendable {
    private let any: Bool
    private let list: Set<String>
    /// Whether cross-origin answers carry CORS headers at all.
    private let isOn: Bool

    /// Only the server's own origin, and no CORS headers.
    public static let none = EngineOrigins(any: false, list: [], isOn: false)

    /// From a comma-separated list of origins; `*` allows all.
    public init(_ text: String) {
        let items = text.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
        self.init(any: items.contains("*"), list: Set(items.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }), isOn: !items.isEmpty)
    }

    private init(any: Bool, list: Set<String>, isOn: Bool) {
        self.any = any
        self.list = list
        self.isOn = isOn
    }

    /// Whether a WebSocket from this request may be opened. Clients that are no browsers send no Origin.
    func accepts(_ request: HTTPRequest) -> Bool {
        guard let origin = request.headers["Origin"] else { return true }
        return any || list.contains(origin) || isOwn(origin, request)
    }

    /// The page was served by the host it now connects to.
    private func isOwn(_ origin: String, _ request: HTTPRequest) -> Bool {
        guard let scheme = origin.firstRange(of: "://") else { return false }
        let authority = origin[scheme.upperBound...]
        return ["X-Forwarded-Host", "Host"].contains { request.headers[$0].map { $0 == authority } ?? false }
    }

    /// Adds the CORS headers of an answer, errors included. Credentials forbid `*`, so the origin is echoed.
    func add(to headers: inout HTTPHeaders, for request: HTTPRequest) {
        guard isOn else { return }
        headers.add("Vary", "Origin")
        guard let origin = request.headers["Origin"], any || list.contains(origin) || isOwn(origin, request) else { return }
        headers.add("Access-Control-Allow-Origin", origin)
        headers.add("Access-Control-Allow-Credentials", "true")
    }

    /// The answer to a preflight. Content-Length 0 is what Safari insists on; the encoder writes it for an empty body.
    func preflight(_ request: HTTPRequest) -> HTTPResponse {
        var headers = HTTPHeaders()
        add(to: &headers, for: request)
        if headers.contains("Access-Control-Allow-Origin") {
            headers.add("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
            if let wanted = request.headers["Access-Control-Request-Headers"] { headers.add("Access-Control-Allow-Headers", wanted) }
            headers.add("Access-Control-Max-Age", "600")
        }
        return HTTPResponse(status: HTTPStatus(204), headers: headers)
    }
}
