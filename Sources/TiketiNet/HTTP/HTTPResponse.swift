// The answer that handlers give, with its kinds of body.

/// What a handler answers; framing fields (Content-Length, Transfer-Encoding, Connection, Date) are the encoder's business.
public struct HTTPResponse: Sendable {
    /// Sent with the phrase of its code.
    public var status: HTTPStatus
    /// Framing fields (Content-Length, Transfer-Encoding) and Date are the encoder's, whatever stands here; `Connection: close` ends the
    /// connection after this answer.
    public var headers: HTTPHeaders
    /// Not sent for HEAD, 204 and 304 (RFC 9110 §6.4.1); its length still is where RFC 9110 §8.6 allows it.
    public var body: HTTPResponseBody

    /// An answer; by default an empty 200.
    public init(status: HTTPStatus = .ok, headers: HTTPHeaders = HTTPHeaders(), body: HTTPResponseBody = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The kinds of response body.
public enum HTTPResponseBody: Sendable {
    case none
    case bytes([UInt8])
    /// Written piece by piece while the connection runs the closure; chunked when the length is nil. Not run for HEAD.
    /// When the closure throws, or writes another number of bytes than it declared, the connection is cut, so the client sees a broken
    /// body.
    case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
    /// For status 101: the head is sent, then the closure owns the stream and what the client sent behind the request; the connection
    /// ends with it.
    case upgrade(@Sendable (any ByteStream, _ leftover: ByteBuffer) async -> Void)
}

extension HTTPResponseBody {
    /// The whole body in memory: for tests, and for handlers that wrap others.
    public func collect(upTo limit: Int = .max) async throws -> [UInt8] {
        switch self {
        case .none, .upgrade: return []
        case .bytes(let bytes): return bytes
        case .stream(_, let produce):
            let sink = CollectingBodySink(limit: limit)
            try await produce(HTTPBodyWriter(sink: sink))
            return sink.bytes
        }
    }
}
