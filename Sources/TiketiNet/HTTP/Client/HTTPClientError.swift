// The failures of a request, in closed codes that say whether it may be sent again.

/// Why there is no response.
public struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller can act on: which status to answer, and whether another attempt makes sense.
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

    /// The kind of failure.
    public let code: Code
    /// For the log, never for the public.
    let detail: String
    /// Whether the server may have seen the request: if so, only the caller knows whether it may be sent again.
    public let requestSent: Bool

    init(_ code: Code, _ detail: String = "", requestSent: Bool) {
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
