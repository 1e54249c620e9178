// What a metric is called, and what it says: declared once, as a constant of the module that counts it.

/// A family of metrics: all series of one name. docs/metrics.md lists every one.
///
/// Every module has one file `MetricFamily+<Module>.swift` with the families that it counts:
///
///     extension MetricFamily {
///         static let seatsReserved = MetricFamily("tiketi_seats_reserved_total", "Seats taken by holds and reservations.")
///     }
public struct MetricFamily: Sendable, Hashable {
    /// The rule for names: this product's begin with `tiketi_`; `http_` and `process_` are what every program of any maker calls the same
    /// things.
    private static let prefixes = ["tiketi_", "http_", "process_"]

    /// What Prometheus calls it.
    public let name: String
    /// One sentence.
    public let help: String

    /// A name that breaks the rule is a programming error.
    public init(_ name: String, _ help: String) {
        precondition(Self.isRight(name), "\(name) is no name for a metric")
        self.name = name
        self.help = help
    }

    /// Lower case, digits and underscores behind one of the prefixes (the Prometheus naming practices).
    static func isRight(_ name: String) -> Bool {
        prefixes.contains { name.hasPrefix($0) && name.utf8.count > $0.utf8.count }
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 0x5F }
    }
}
