// What can go wrong with a statement, in closed codes a caller can act on. The text is for logs, never for users.
import CPostgres

/// A failed statement, transaction or connection.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can act on.
    public enum Code: Sendable, Hashable {
        /// The server refused the statement.
        case server(sqlState: String)
        /// The connection went away; the work was certainly not committed.
        case connectionLost
        /// The connection went away in the middle of a commit: the work may or may not be committed. Never retried by itself.
        case outcomeUnknown
        /// No connection can be had at present: the database is away, the queue is full or the pool is closed. Nothing was sent.
        case unavailable
        /// The deadline passed: waiting for a connection, or the statement was stopped. Nothing was committed.
        case timeout
        /// The task was cancelled between two attempts.
        case cancelled
        /// A column is missing, NULL or of another type than asked for.
        case decode
        /// A parameter cannot be sent, or a transaction was used after its end.
        case usage
        /// The settings are not readable.
        case configuration
    }

    /// The kind of failure.
    public let code: Code
    /// The server's or libpq's words; for logs, never for users.
    public let message: String
    /// Name of the violated constraint, if the server told one.
    public var constraint: String?
    /// More about the values at fault, in the server's words: for logs.
    var detail: String?

    /// A failure without the server's details.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The five characters of the server's answer (PostgreSQL documentation, appendix A).
    public var sqlState: String? {
        if case .server(let state) = code { state } else { nil }
    }

    /// 23505: another row has the value already.
    public var isUniqueViolation: Bool { sqlState == "23505" }
    /// 23514: a CHECK constraint refused the row.
    public var isCheckViolation: Bool { sqlState == "23514" }
    /// 55P03: `lock_timeout` passed, or NOWAIT found the row locked.
    public var isLockTimeout: Bool { sqlState == "55P03" }
    var isSerializationFailure: Bool { sqlState == "40001" }
    var isDeadlock: Bool { sqlState == "40P01" }
    /// Running the same transaction again may succeed.
    public var isRetryable: Bool { isSerializationFailure || isDeadlock }
    /// The database could not be asked or did not answer in time: answer 503, nothing is wrong with the request.
    public var isUnavailable: Bool {
        switch code {
        case .connectionLost, .unavailable, .timeout: true
        default: false
        }
    }

    public var description: String {
        var text = "postgres "
        switch code {
        case .server(let state): text += state
        default: text += "\(code)"
        }
        text += ": " + message
        if let constraint { text += " (constraint \(constraint))" }
        if let detail { text += " (\(detail))" }
        return text
    }
}

extension PostgresError {
    /// Reads the fields of a failed result (libpq's PG_DIAG_ codes are single letters).
    init(result: OpaquePointer?) {
        func field(_ letter: UInt8) -> String? {
            PQresultErrorField(result, Int32(letter)).map { String(cString: $0) }
        }
        let state = field(UInt8(ascii: "C"))
        let text = field(UInt8(ascii: "M")) ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "no message"
        if let state {
            self.init(.server(sqlState: state), text)
        } else {
            // libpq itself made this result, which it does only when the connection fails.
            self.init(.connectionLost, text.trimmingNewlines)
        }
        constraint = field(UInt8(ascii: "n"))
        detail = field(UInt8(ascii: "D"))
    }

    /// The server takes no writes: it was the primary when the session began, and is a standby now (or the administrator made it
    /// read-only).
    var isReadOnlyServer: Bool { sqlState == "25006" }

    /// The server said that it is ending this session (administrator, crash, shutdown).
    var endsSession: Bool {
        guard let sqlState else { return false }
        return ["57P01", "57P02", "57P03", "57P05", "25P03"].contains(sqlState)
    }
}

extension String {
    var trimmingNewlines: String {
        var view = Substring(self)
        while view.last?.isNewline == true { view.removeLast() }
        return String(view)
    }
}
