/// A request to another server; framing fields (Content-Length, Transfer-Encoding, Connection) are the encoder's business.
public struct HTTPClientRequest: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pieces until nil; chunked when the length is nil. It can't be sent twice, so such a request is never retried.
        case stream(length: Int?, @Sendable () async throws -> [UInt8]?)
    }

    public var method: HTTPMethod
    public var url: URLParts
    /// Without a Host field the URL's authority is sent.
    public var headers: HTTPHeaders
    public var body: Body
    /// Nanoseconds; nil takes the client's configuration.
    public var connectTimeout: UInt64?
    /// Until the response head, and then between pieces of its body.
    public var responseTimeout: UInt64?
    /// From the call to the last byte of the body. `.max`: no limit.
    public var totalTimeout: UInt64?
    /// Whether it may be sent again when a pooled connection turns out to be stale; nil: as the method says (RFC 9110 §9.2.2).
    public var idempotent: Bool?
    /// Sends Connection and Upgrade as they are in `headers` and accepts 101.
    public var wantsUpgrade: Bool

    public init(
        method: HTTPMethod = .get, url: URLParts, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none, connectTimeout: UInt64? = nil,
        responseTimeout: UInt64? = nil, totalTimeout: UInt64? = nil, idempotent: Bool? = nil, wantsUpgrade: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
        self.totalTimeout = totalTimeout
        self.idempotent = idempotent
        self.wantsUpgrade = wantsUpgrade
    }

    /// Whether a second sending does no harm and is possible.
    var isReplayable: Bool {
        if case .stream = body { return false }
        return idempotent ?? method.isIdempotent
    }
}

/// What came back. The body arrives while it is read; dropping it unread closes the connection.
///
/// `@unchecked Sendable` because it stays on the loop whose task made the request.
public final class HTTPClientResponse: @unchecked Sendable {
    public let status: HTTPStatus
    public var headers: HTTPHeaders
    public let body: HTTPBody
    /// After 101: the connection, now the caller's to close, and what the server sent behind the head.
    public let upgraded: (stream: any ByteStream, leftover: ByteBuffer)?

    init(status: HTTPStatus, headers: HTTPHeaders, body: HTTPBody, upgraded: (any ByteStream, ByteBuffer)? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.upgraded = upgraded
    }
}

/// Why there is no response.
public struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The name does not resolve, or nobody accepts the connection.
        case connect
        /// A deadline passed.
        case timeout
        /// The peer could not be authenticated, or the handshake failed.
        case tls
        /// The connection ended before the response head was complete.
        case closed
        /// The answer is not HTTP/1.1 as it should be.
        case malformed
        /// The response head passes the limits.
        case tooLarge
        /// Too many requests wait for a connection to this server already.
        case overloaded
        /// Method, target or host can't be put on the wire.
        case invalidRequest
        /// The request's own body stream failed.
        case requestBody
    }

    public let code: Code
    /// For the log, never for the public.
    public let detail: String
    /// Whether the server may have seen the request: if so, only the caller knows whether it may be sent again.
    public let requestSent: Bool

    public init(_ code: Code, _ detail: String = "", requestSent: Bool) {
        self.code = code
        self.detail = detail
        self.requestSent = requestSent
    }

    init(_ error: IOError, requestSent: Bool) {
        let code: Code =
            switch error.code {
            case .timeout: .timeout
            case .tls: .tls
            default: requestSent ? .closed : .connect
            }
        self.init(code, error.description, requestSent: requestSent)
    }

    public var description: String { detail.isEmpty ? "HTTP client \(code.rawValue)" : "HTTP client \(code.rawValue): \(detail)" }
}
