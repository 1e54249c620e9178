// The Prometheus text format 0.0.4: `# HELP`, `# TYPE`, then one line a series; labels and help escaped.

/// A text under construction.
public struct MetricsText: Sendable {
    /// What an answer with this text says it is.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(16 * 1024) }

    consuming func finish() -> [UInt8] { bytes }

    /// The two lines before a family's series; `type` is `counter`, `gauge` or `histogram`.
    private mutating func family(_ name: String, _ help: String, type: String) {
        append("# HELP \(name) \(Self.escape(help, quotes: false))\n# TYPE \(name) \(type)\n")
    }

    /// What a series says for itself goes before what is said of all.
    static func adding(_ common: MetricsRegistry.Labels, to labels: MetricsRegistry.Labels) -> MetricsRegistry.Labels {
        labels + common.filter { added in !labels.contains { $0.name == added.name } }
    }

    /// A gauge with these series.
    mutating func append(_ family: MetricFamily, _ series: [(labels: MetricsRegistry.Labels, value: Double)]) {
        self.family(family.name, family.help, type: MetricsRegistry.Kind.gauge.rawValue)
        for (labels, value) in series { line(family.name, Self.labels(labels), Self.number(value)) }
    }

    mutating func append(_ family: MetricsRegistry.Family) {
        let visible = family.series.filter { !$0.hiddenWhileZero || !Self.isZero($0.instrument) }
        guard !visible.isEmpty else { return }
        self.family(family.name, family.help, type: family.kind.rawValue)
        for series in visible {
            switch series.instrument {
            case .counter(let counter): line(family.name, series.labels, String(counter.value))
            case .gauge(let gauge): line(family.name, series.labels, Self.number(gauge.value))
            case .computed(let read): line(family.name, series.labels, Self.number(read()))
            case .histogram(let histogram): append(family.name, series.labels, histogram)
            }
        }
    }

    private mutating func append(_ name: String, _ labels: String, _ histogram: Histogram) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var running: UInt64 = 0
        let counts = histogram.counts
        for (index, count) in counts.enumerated() {
            running += count
            let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
            line(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(running))
        }
        line(name + "_sum", labels, Self.number(histogram.sum))
        line(name + "_count", labels, String(running))
    }

    private mutating func line(_ name: String, _ labels: String, _ value: String) {
        append(name)
        if !labels.isEmpty {
            append("{")
            append(labels)
            append("}")
        }
        append(" ")
        append(value)
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func isZero(_ instrument: MetricsRegistry.Instrument) -> Bool {
        switch instrument {
        case .counter(let counter): counter.value == 0
        case .gauge(let gauge): gauge.value == 0
        case .histogram(let histogram): histogram.counts.allSatisfy { $0 == 0 }
        case .computed: false
        }
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    static func labels(_ labels: MetricsRegistry.Labels) -> String {
        labels.map { "\($0.name)=\"\(escape($0.value, quotes: true))\"" }.joined(separator: ",")
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
