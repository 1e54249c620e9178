// How long to wait after one failure more: doubled each time between two bounds.

/// The pauses of a part that tries again until it works.
public struct Backoff: Sendable {
    private let bounds: ClosedRange<Duration>
    private var pause: Duration

    /// - Parameter bounds: The pause after the first failure, and the longest.
    public init(_ bounds: ClosedRange<Duration>) {
        self.bounds = bounds
        pause = bounds.lowerBound
    }

    /// The pause after one more failure.
    public mutating func next() -> Duration {
        defer { pause = min(pause * 2, bounds.upperBound) }
        return pause
    }

    /// It worked: the next failure is a first one again.
    mutating func reset() { pause = bounds.lowerBound }
}
