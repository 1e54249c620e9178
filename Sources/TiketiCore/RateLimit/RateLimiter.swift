// Token buckets by key in bounded memory: one number a key (GCRA), sixteen locks, and the oldest half forgotten when there are too many.

import CLinux
import TiketiNet

/// Whether a call may go on.
struct RateDecision: Sendable, Equatable {
    var isAllowed: Bool
    /// Whole seconds until the next call would pass, at least 1; 0 when allowed.
    var retryAfterSeconds: Int
    /// Calls left in the burst.
    var remaining: Int
}

/// At most `limit` calls a window and key, refilled evenly: a burst of `limit`, then one every `window / limit`.
public final class RateLimiter: Sendable {
    private let table: BoundedTable<UInt64>
    private let interval: UInt64
    private let window: UInt64
    let limit: Int

    /// - Parameter keys: how many keys are remembered; with more, those not seen lately start anew.
    public init(limit: Int, window: Duration, keys: Int = 200_000) {
        precondition(limit > 0 && window > .zero)
        self.limit = limit
        self.window = window.nanoseconds
        interval = max(1, self.window / UInt64(limit))
        table = BoundedTable(capacity: keys)
    }

    /// Counts one call of `key`.
    func take(_ key: String, now: UInt64 = clinux_monotonic_ns()) -> RateDecision {
        let (interval, window) = (interval, interval * UInt64(limit))
        return table.update(key) { stored in
            // Generic cell rate algorithm: `stored` is when the bucket would be full again.
            let full = max(stored ?? 0, now)
            let next = full + interval
            guard next <= now + window else {
                let wait = next - now - window
                return RateDecision(isAllowed: false, retryAfterSeconds: Int((wait + 999_999_999) / 1_000_000_000), remaining: 0)
            }
            stored = next
            return RateDecision(isAllowed: true, retryAfterSeconds: 0, remaining: Int((now + window - next) / interval))
        }
    }

    /// Throws 429 `RATE_LIMITED` when `key` has used up its calls.
    public func check(_ key: String) throws(APIError) {
        let decision = take(key)
        guard decision.isAllowed else { throw .rateLimited(retryAfter: decision.retryAfterSeconds) }
    }
}

/// A map that never holds more than its capacity: two generations, the older dropped when the younger is full; what is used stays.
internal final class BoundedTable<Value: Sendable>: Sendable {
    private struct Shard: Sendable {
        var young: [String: Value] = [:]
        var old: [String: Value] = [:]
    }

    private let shards: [Locked<Shard>]
    private let generation: Int

    init(capacity: Int) {
        shards = (0..<16).map { _ in Locked(Shard()) }
        generation = max(1, capacity / 32)
    }

    private func shard(_ key: String) -> Locked<Shard> { shards[key.hashValue & 15] }

    func value(_ key: String) -> Value? {
        shard(key).withLock { $0.young[key] ?? $0.old[key] }
    }

    @discardableResult
    func update<Result>(_ key: String, _ body: (inout Value?) -> Result) -> Result {
        shard(key).withLock { shard in
            var value = shard.young[key] ?? shard.old[key]
            let result = body(&value)
            if let value, shard.young.updateValue(value, forKey: key) == nil, shard.young.count >= generation {
                shard.old = shard.young
                shard.young = [:]
            }
            return result
        }
    }

    var count: Int { shards.reduce(0) { $0 + $1.withLock { $0.young.count + $0.old.count } } }
}
