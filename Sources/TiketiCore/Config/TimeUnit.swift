// How spans of time are written in settings.

/// A unit of time.
internal struct TimeUnit: Sendable {
    let name: String
    let length: Duration

    static let milliseconds = TimeUnit(name: "milliseconds", length: .milliseconds(1))
    static let seconds = TimeUnit(name: "seconds", length: .seconds(1))
    static let days = TimeUnit(name: "days", length: .seconds(86_400))

    private static let lengths: [(suffix: String, length: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)), ("d", .seconds(86_400)),
    ]
    /// More than any setting may say, and few enough that no product overflows.
    private static let most = 10_000_000_000

    /// What a plain number counts under a variable's name.
    static func of(_ variable: String) -> TimeUnit {
        if variable.hasSuffix("_MS") { return .milliseconds }
        return variable.hasSuffix("_DAYS") ? .days : .seconds
    }

    /// How many whole units a time has; in integers, because a message repeats what somebody wrote.
    func count(_ time: Duration) -> Int64 {
        let (seconds, attoseconds) = time.components
        let whole = length.components.seconds
        return whole > 0 ? seconds / whole : seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// A number with a unit, or one of `plain`; nil for anything else.
    static func parse(_ text: String, plain: TimeUnit) -> Duration? {
        let named = lengths.first { text.hasSuffix($0.suffix) }
        let digits = text.dropLast(named?.suffix.count ?? 0)
        guard let number = Int(digits), number.magnitude <= most else { return nil }
        return (named?.length ?? plain.length) * number
    }
}
