// Why a Redis command has no answer. The message is for logs, never for a client of ours.

/// A failed command. `code` is closed, so that callers choose their fallback from it.
public struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The server answered with an error; `message` is its text.
        case server
        /// Not connected: nothing was sent.
        case unavailable
        /// The connection broke after the command was handed over: it may or may not have run.
        case connectionLost
        /// No answer within the deadline: it may or may not have run.
        case timeout
        /// Too many commands wait already: nothing was sent.
        case overloaded
        /// The peer does not speak RESP, or passed a limit.
        case malformed
        /// The client was closed.
        case closed
        /// The settings cannot be used.
        case configuration
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The first word of a server's error, such as `NOSCRIPT` or `WRONGTYPE`.
    public var serverCode: String? {
        guard code == .server else { return nil }
        return message.split(separator: " ", maxSplits: 1).first.map(String.init)
    }

    /// Whether the server may have run the command.
    public var mayHaveRun: Bool { code == .connectionLost || code == .timeout || code == .malformed }

    public var description: String { "Redis \(code): \(message)" }
}
