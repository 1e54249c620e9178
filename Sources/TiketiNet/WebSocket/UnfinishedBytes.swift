// A common limit for what has come of messages that are not complete. Each peer has its own limit, but many peers that each hold a large
// message open would fill any machine.
import Synchronization

/// Bytes of unfinished messages over all peers of a server. Safe from any thread.
public final class UnfinishedBytes: Sendable {
    /// So much every peer may hold whatever the others do; ordinary messages never come near it.
    static let free = 16_384

    private let limit: Int
    private let held = Atomic<Int>(0)

    /// `limit` is in bytes, for all connections that share this.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Bytes held at the moment, without what is free for everybody.
    public var current: Int { held.load(ordering: .relaxed) }

    /// Changes a peer's share; false when it grew beyond what is left, and then nothing has changed.
    public func move(from old: Int, to new: Int) -> Bool {
        let growth = max(0, new - Self.free) - max(0, old - Self.free)
        if growth == 0 { return true }
        let total = held.add(growth, ordering: .relaxed).newValue
        if growth < 0 || total <= limit { return true }
        held.subtract(growth, ordering: .relaxed)
        return false
    }
}
