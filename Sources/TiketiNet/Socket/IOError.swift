// Why a socket operation did not happen.
import Glibc

/// A failed socket operation.
public struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    public enum Code: Hashable, Sendable {
        /// This side closed the stream.
        case closed
        /// The peer reset the connection or went away while we were writing.
        case reset
        /// Nobody listens there.
        case refused
        /// A deadline passed.
        case timeout
        /// The name does not resolve.
        case unresolved
        /// A TLS handshake or record failed.
        case tls
        /// Another system error; `errno` tells which.
        case system
    }

    /// The kind of failure.
    public let code: Code
    /// The system's error number, 0 where there is none.
    let errno: Int32
    /// More for the log, never for the public.
    public let detail: String

    init(_ code: Code, detail: String = "") {
        self.code = code
        errno = 0
        self.detail = detail
    }

    init(errno number: Int32) {
        switch number {
        case ECONNRESET, EPIPE, ENOTCONN: code = .reset
        case ECONNREFUSED: code = .refused
        case ETIMEDOUT: code = .timeout
        default: code = .system
        }
        errno = number
        detail = ""
    }

    /// This side closed the stream.
    public static let closed = IOError(.closed)
    /// A deadline passed.
    public static let timeout = IOError(.timeout)

    public var description: String {
        if !detail.isEmpty { return "\(code): \(detail)" }
        return errno == 0 ? "\(code)" : String(cString: strerror(errno))
    }
}
