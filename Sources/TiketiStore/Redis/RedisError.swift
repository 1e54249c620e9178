// Why a Redis command has no answer. The message is for logs, never for a client of ours.

/// A failed command. `code` is closed, so that callers choose their fallback from it.
public struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller can act on.
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

    /// The kind of failure.
    public let code: Code
    /// The server's or the system's words; for logs.
    public let message: String

    /// A failure in words for logs.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The first word of a server's error, such as `NOSCRIPT` or `WRONGTYPE`.
    public var serverCode: String? {
        guard code == .server else { return nil }
        return message.split(separator: " ", maxSplits: 1).first.map(String.init)
    }

    /// Whether the server took the command and refused to write: a replica, a full memory, a disk or replicas that it waits for. What it
    /// is asked to read it answers, so that an answer proves nothing about writes, such as a lost invalidation.
    public var refusesWrites: Bool { Self.isOne(of: ["READONLY", "MISCONF", "OOM", "NOREPLICAS"], code, message) }

    /// Whether the server cannot serve anybody at present: it loads its data, runs a long script, or its cluster is incomplete.
    public var isServerBusy: Bool { Self.isOne(of: ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"], code, message) }

    /// The code stands first; of a command inside a script, older servers put it behind the script's own words (`…: 1: -READONLY …`).
    private static func isOne(of codes: [String], _ code: Code, _ message: String) -> Bool {
        guard code == .server, let first = message.split(separator: " ", maxSplits: 1).first else { return false }
        return codes.contains { first == $0 || (first == "ERR" && message.contains(" -\($0) ")) }
    }

    /// Whether the server may have run the command.
    public var mayHaveRun: Bool { code == .connectionLost || code == .timeout || code == .malformed }

    public var description: String { "Redis \(code): \(message)" }
}
