// Which clients are slow: those that do not read, not those that are sent much at once. A value, without I/O or clock.
import TiketiNet

/// Watches one client for whom more bytes wait than its share.
///
/// Up to `share` bytes may wait for anybody. Beyond it the client is cut when it takes nothing for `patience`, or when more than `limit`
/// would wait; a single message is never too much for a client that has taken all before.
struct EngineBacklog {
    /// What becomes of a packet.
    enum Verdict: Equatable {
        case queue
        /// Volatile, and the client lags.
        case drop
        case cut
    }

    private let share: Int
    private let limit: Int
    /// In nanoseconds.
    private let patience: UInt64
    /// Whether more than the share waited when last looked at.
    private(set) var isLagging = false
    private var progressAt: UInt64 = 0
    /// What waited when last looked at, and what has been added since.
    private var seen = 0
    private var added = 0
    /// Bytes queued while the client lagged that no other client's queue shares.
    private var own = 0

    /// - Parameters:
    ///   - share: bytes that may wait whether the client reads or not.
    ///   - limit: bytes that may wait for a client that reads; at least the share.
    ///   - patience: how long a client may take nothing while more than its share waits.
    init(share: Int, limit: Int, patience: Duration) {
        self.share = share
        self.limit = max(share, limit)
        self.patience = patience.nanoseconds
    }

    /// What becomes of a packet of `bytes` for a client for whom `queued` bytes wait.
    func verdict(_ bytes: Int, queued: Int, isVolatile: Bool) -> Verdict {
        if queued == 0 || queued + bytes <= share { return .queue }
        if isVolatile { return .drop }
        return queued + bytes <= limit ? .queue : .cut
    }

    /// Bytes beyond the share that are held for this client alone, when so much waits for it. What a broadcast left in the queue is held
    /// once for all its receivers, and does not count.
    func charge(_ queued: Int) -> Int { min(own, max(0, queued - share)) }

    /// `bytes` more are queued.
    /// - Parameters:
    ///   - queued: what waits with them.
    ///   - isShared: whether they are a broadcast's.
    ///   - now: nanoseconds of a clock that does not go back.
    mutating func grew(by bytes: Int, to queued: Int, isShared: Bool, at now: UInt64) {
        guard isLagging || queued > share else { return }
        if isLagging {
            added += bytes
        } else {
            isLagging = true
            progressAt = now
            seen = queued
            added = 0
        }
        if !isShared { own += bytes }
    }

    /// Looks at a lagging client again; false when it has taken nothing for too long.
    mutating func isAlive(queued: Int, at now: UInt64) -> Bool {
        guard isLagging else { return true }
        if seen + added > queued { progressAt = now }
        seen = queued
        added = 0
        guard queued > share else {
            isLagging = false
            own = 0
            return true
        }
        return now - progressAt < patience
    }
}
