// How much one process may add to the cached lists.
import TiketiNet

/// Bounds the memory that cached lists take in Redis: with what lapses within a window, at most twice `limit` for each process.
final class ListCacheBudget: Sendable {
    private struct Window: Sendable {
        var began: UInt64 = 0
        var bytes = 0
    }

    private let window = Locked(Window())
    /// Bytes of one window.
    static let limit = 8 << 20
    /// As long as a cached page lives at most.
    static let life: Duration = .seconds(300)

    /// Whether a page of `bytes` may still be stored; counts it when it may.
    ///
    /// - Parameter now: the loop's clock in nanoseconds.
    /// - Parameter isSearch: searches get half at most, so that nobody keeps the plain pages out.
    func takes(_ bytes: Int, isSearch: Bool = false, now: UInt64? = nil) -> Bool {
        let now = now ?? EventLoop.current?.now ?? 0
        return window.withLock { window in
            if now >= window.began + Self.life.nanoseconds { window = Window(began: now) }
            guard window.bytes + bytes <= (isSearch ? Self.limit / 2 : Self.limit) else { return false }
            window.bytes += bytes
            return true
        }
    }
}
