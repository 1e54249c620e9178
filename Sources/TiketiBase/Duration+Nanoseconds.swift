// Durations above the sockets, whole nanoseconds at them: the two meet here.

extension Duration {
    /// Whole nanoseconds: 0 for what is negative, and the largest number for what is longer than 584 years.
    public var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflows) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return .max }
        let (sum, carries) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return carries ? .max : sum
    }

    /// Whole milliseconds, rounded up, so that the shortest time is not none: 0 for what is negative.
    public var wholeMilliseconds: Int { Int(nanoseconds / 1_000_000) + (nanoseconds % 1_000_000 == 0 ? 0 : 1) }

    /// Whole seconds, rounded up: 0 for what is negative.
    public var wholeSeconds: Int { Int(nanoseconds / 1_000_000_000) + (nanoseconds % 1_000_000_000 == 0 ? 0 : 1) }

    /// Seconds with their fraction, for metrics, SQL intervals and logs.
    public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
