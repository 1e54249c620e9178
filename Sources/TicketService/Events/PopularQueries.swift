// Which searches of the event list are asked for often enough to be cached.
import TiketiNet

/// The searches that several people make: those asked for again within a minute. Few are remembered, the rest goes past the cache.
final class PopularQueries: Sendable {
    private struct Seen {
        /// Asked for once in this and the last window.
        var now: Set<String> = []
        var before: Set<String> = []
        var common: Set<String> = []
        var since: UInt64 = 0
    }

    private let seen = Locked(Seen())
    private static let window = Duration.seconds(60)
    private static let most = 512
    private static let mostCommon = 64

    /// Whether `query` was asked for before, lately; notes that it is asked for now.
    func isCommon(_ query: String, now: UInt64? = nil) -> Bool {
        let now = now ?? EventLoop.current?.now ?? 0
        return seen.withLock { seen in
            if now >= seen.since + UInt64(Self.window / .nanoseconds(1)) {
                (seen.before, seen.now, seen.since) = (seen.now, [], now)
                seen.common.removeAll()
            }
            if seen.common.contains(query) { return true }
            let isKnown = seen.now.contains(query) || seen.before.contains(query)
            if seen.now.count < Self.most { seen.now.insert(query) }
            guard isKnown, seen.common.count < Self.mostCommon else { return false }
            seen.common.insert(query)
            return true
        }
    }
}
