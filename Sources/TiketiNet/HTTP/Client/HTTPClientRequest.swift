// The client's two values: what is asked of a server, and what came back.

/// A request to another server; framing fields (Content-Length, Transfer-Encoding, Connection) are the encoder's business.
public struct HTTPClientRequest: Sendable {
    /// What follows the head.
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pieces until nil; chunked when the length is nil. It can't be sent twice, so such a request is never retried.
        case stream(length: Int?, @Sendable () async throws -> [UInt8]?)
    }

    var method: HTTPMethod
    /// Where to connect, and the target of the request line.
    public var url: URLParts
    /// Without a Host field the URL's authority is sent.
    public var headers: HTTPHeaders
    /// Content-Length or chunked framing follows from it; no such field needs to be set.
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
    /// Ends the exchange when nobody waits for its answer any more.
    public var abort: HTTPClientAbort?

    /// Everything but the URL has the value most calls want: GET without a body, the client's own deadlines, idempotent as its method is
    /// (RFC 9110 §9.2.2). Deadlines are nanoseconds.
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
    public var isReplayable: Bool { hasLastingBody && (idempotent ?? method.isIdempotent) }

    /// Whether the body is still there after it was sent.
    public var hasLastingBody: Bool { if case .stream = body { false } else { true } }
}

/// What came back. The body arrives while it is read; dropping it unread closes the connection.
///
/// `@unchecked Sendable` because it stays on the loop whose task made the request.
public final class HTTPClientResponse: @unchecked Sendable {
    /// The final status; interim ones (1xx but 101) have been skipped.
    public let status: HTTPStatus
    /// As the server sent them, hop-by-hop fields included.
    public var headers: HTTPHeaders
    /// Arrives while it is read. Read it to its end or let it go: a connection with an unread body is closed, not reused.
    public let body: HTTPBody
    /// After 101: the connection, now the caller's to close, and what the server sent behind the head.
    public let upgraded: (stream: any ByteStream, leftover: ByteBuffer)?

    /// Whether the server takes no further request on this connection.
    public var closes: Bool { headers.lists("connection", token: "close") }

    /// Whether the server says that it has done nothing with the request and will take no other on this connection: it is about to stop
    /// (RFC 9110 §15.5.9).
    public var wasNotLookedAt: Bool { status == .requestTimeout && closes }

    init(status: HTTPStatus, headers: HTTPHeaders, body: HTTPBody, upgraded: (any ByteStream, ByteBuffer)? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.upgraded = upgraded
    }
}
