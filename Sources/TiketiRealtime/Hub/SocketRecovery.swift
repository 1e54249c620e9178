// Connection state recovery as the server sees it: what is kept of a client, who keeps it, and what came of an attempt.
import Synchronization
import TiketiNet

/// Which clients are given what they need for recovery. A client that is gets an offset as one more argument of every event, as the
/// protocol wants it; handlers that count their arguments are not prepared for that.
public enum SocketRecoveryMode: String, Sendable, CaseIterable {
    case off
    /// Those that connect with `recovery: true` in their `auth`.
    case asked
    /// All, as Node's server does it.
    case on
}

/// What is kept of one client in one namespace while it is connected, and for a while after it was lost.
struct RecoverableSession: Sendable {
    let sid: String
    let namespace: String
    /// The hub that serves it, or served it last.
    let owner: String
    /// Whose it is, in the application's terms.
    let identity: String
    /// Whether what the client missed has been sent to it, and nobody knows that it arrived.
    let isReplaying: Bool
    /// Rooms with the offset at which each was entered; the empty name stands for everybody.
    let rooms: [String: Int64]
}

/// A message that a client may have missed, ready to be sent.
struct LoggedMessage: Sendable {
    let offset: Int64
    let target: BroadcastTarget
    let packet: EncodedPacket
}

/// A part of what a client missed.
struct MissedMessages: Sendable {
    /// In the order of the log.
    let messages: [LoggedMessage]
    /// Up to which offset the part reaches; nil when nothing is behind it.
    let end: Int64?
}

/// What is known of a session that a client names.
enum SessionClaim: Sendable {
    case session(RecoverableSession)
    case unknown
    case unavailable
}

/// Keeps sessions and the log. Calls come from any loop's tasks.
protocol SocketRecovery: Sendable {
    /// Keeps a new session; its first offset, nil when it can't be kept.
    func create(_ pid: String, _ session: RecoverableSession) async -> Int64?
    /// Notes a room before it is entered; false when it can't be noted.
    func joined(_ pid: String, _ room: String) async -> Bool
    func left(_ pid: String, _ room: String)
    /// Makes this hub the session's owner, and tells the former one to let go.
    func take(_ pid: String) async -> SessionClaim
    /// The connection is lost: the session can be recovered for a while, or, `forGood`, not at all.
    func release(_ pid: String, forGood: Bool)
    /// The client is being sent what it missed, or has got it.
    func replaying(_ pid: String, _ isReplaying: Bool)
    /// The next part of what concerns the session after `offset`; nil when the log does not reach back that far.
    func missed(by session: RecoverableSession, since offset: Int64) async -> MissedMessages?
}

/// What came of attempts to recover, for metrics.
public enum SocketRecoveryOutcome: String, Sendable, CaseIterable {
    /// The client has everything it missed, and has shown that it does.
    case recovered
    /// Too late, or never known.
    case unknown
    /// Somebody else's.
    case foreign
    /// More was missed than the log keeps, or than the client takes in half a minute.
    case gap
    /// Redis did not answer.
    case unavailable
    /// The connection ended before the client had got all that it missed.
    case abandoned
    /// An earlier attempt was abandoned: the same again would end the same way, so the client begins anew.
    case repeated
}

/// Counts attempts. Safe from any thread.
public final class SocketRecoveryStatistics: Sendable {
    private let counts = Locked<[SocketRecoveryOutcome: Int]>([:])
    /// Messages that recoveries brought, once they had arrived.
    public let replayed = Atomic<Int>(0)

    func count(_ outcome: SocketRecoveryOutcome) { counts.withLock { $0[outcome, default: 0] += 1 } }

    /// Attempts by what came of them.
    public var byOutcome: [SocketRecoveryOutcome: Int] { counts.withLock { $0 } }
}

/// The recoverable sockets of this process by private id.
final class LiveSessions: Sendable {
    private let sockets = Locked<[String: Socket]>([:])

    func add(_ pid: String, _ socket: Socket) { sockets.withLock { $0[pid] = socket } }

    func remove(_ pid: String, _ socket: Socket) {
        sockets.withLock { if $0[pid] === socket { $0[pid] = nil } }
    }

    var ids: [String] { sockets.withLock { Array($0.keys) } }

    /// Ends the old connection of a session that another one continues; returns when it is gone.
    func takeOver(_ pid: String) async {
        guard let socket = sockets.withLock({ $0.removeValue(forKey: pid) }) else { return }
        _ = try? await socket.loop.run { socket.takenOver() }
    }
}
