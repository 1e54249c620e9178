// The part of a job's round that is due less often than the round itself.
import TiketiNet

/// Says when a duration has passed since the last time it said so.
public struct Cadence: Sendable {
    private let interval: Duration
    /// On the loops' monotonic clock; nil before the first question.
    private var next: UInt64?
    private let first: Duration

    /// - Parameters:
    ///   - interval: At least this long between two times.
    ///   - first: How long after the first question it is due for the first time.
    public init(every interval: Duration, first: Duration = .zero) {
        self.interval = interval
        self.first = first
    }

    /// Whether it is due, and if so, it is not again before the interval has passed.
    public mutating func isDue(at now: UInt64 = MonotonicClock.now) -> Bool {
        let due = next ?? now + first.nanoseconds
        next = due
        guard now >= due else { return false }
        next = now + interval.nanoseconds
        return true
    }
}
