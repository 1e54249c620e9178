// Whether a new session may begin: not while the server drains, and not more in a second than clients of a lost server may safely bring
// back.
import Synchronization
import TiketiNet

/// Counts handshakes over all loops. Safe from any thread.
final class EngineAdmission: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: UInt64 = 0
    }

    private let rate: Double
    private let capacity: Double
    private let bucket: Locked<Bucket>
    private let draining = Atomic<Bool>(false)

    /// - Parameter rate: sessions a second in the long run, 0 for any number; twice as many may come at once.
    init(rate: Int) {
        self.rate = Double(rate)
        capacity = 2 * Double(rate)
        bucket = Locked(Bucket(tokens: 2 * Double(rate)))
    }

    func drain() { draining.store(true, ordering: .relaxed) }

    /// Nil when the session may begin.
    func refusal(at now: UInt64) -> EngineRefusal? {
        if draining.load(ordering: .relaxed) { return .draining }
        guard rate > 0 else { return nil }
        let admitted = bucket.withLock { bucket -> Bool in
            let elapsed = now > bucket.at ? Double(now - bucket.at) / 1e9 : 0
            bucket.at = max(bucket.at, now)
            bucket.tokens = min(capacity, bucket.tokens + elapsed * rate)
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
        return admitted ? nil : .rate
    }
}

/// Why a new session was turned away.
public enum EngineRefusal: String, Sendable, CaseIterable {
    case draining
    case rate
}
