// The sum of the services' metrics under names of its own (`services_…`), so that nothing a service counts stands under the gateway's
// name too.

/// Families of the Prometheus text format, added up over services.
///
/// A counter never falls: when a service has begun anew, what it had counted before stays in the sum, and what does not answer keeps its
/// last word. Of a gauge the greatest is shown. What is about one process alone (`process_…`) is left out.
struct MetricsSum: Sendable {
    static let prefix = "services_"

    private struct Count: Sendable {
        /// Of the lives before this one.
        var before = 0.0
        var last = 0.0

        var total: Double { before + last }

        mutating func see(_ value: Double) {
            if value < last { before += last }
            last = value
        }
    }

    private struct Family: Sendable {
        var help = ""
        var type = ""
        /// Series in order of appearance: labels and the name's ending.
        var series: [String] = []
        var isGauge: Bool { type == "gauge" || type == "untyped" || type.isEmpty }
    }

    private var families: [String: Family] = [:]
    private var order: [String] = []
    private var known: Set<String> = []
    private var counts: [String: [String: Count]] = [:]
    private var gauges: [String: [String: Double]] = [:]

    /// Takes a service's latest exposition; nil when it did not answer, which leaves its counters as they are.
    mutating func take(_ exposition: [UInt8]?, from source: String) {
        gauges[source] = [:]
        guard let exposition else { return }
        var name = ""
        for line in String(decoding: exposition, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("# ") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count >= 3, words[1] == "HELP" || words[1] == "TYPE" else { continue }
                name = String(words[2])
                guard !name.hasPrefix("process_") else { continue }
                if families[name] == nil {
                    families[name] = Family()
                    order.append(name)
                }
                let text = words.count > 3 ? String(words[3]) : ""
                if words[1] == "HELP" { families[name]?.help = text } else { families[name]?.type = text }
            } else if let family = families[name], let split = line.lastIndex(of: " "), line.hasPrefix(name),
                let value = Double(line[line.index(after: split)...])
            {
                let series = String(line[..<split])
                if known.insert(series).inserted { families[name]?.series.append(series) }
                if family.isGauge {
                    gauges[source, default: [:]][series] = value
                } else {
                    counts[source, default: [:]][series, default: Count()].see(value)
                }
            }
        }
    }

    /// The sum in the text format.
    func text() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(64 * 1024)
        for name in order {
            guard let family = families[name] else { continue }
            let values = family.series.compactMap { series in value(series, family).map { (series, $0) } }
            guard !values.isEmpty else { continue }
            out += "# HELP \(Self.prefix)\(name) \(family.help)\n# TYPE \(Self.prefix)\(name) \(family.type)\n".utf8
            for (series, value) in values { out += "\(Self.prefix)\(series) \(Self.number(value))\n".utf8 }
        }
        return out
    }

    private func value(_ series: String, _ family: Family) -> Double? {
        if family.isGauge { return gauges.values.compactMap { $0[series] }.max() }
        let totals = counts.values.compactMap { $0[series]?.total }
        return totals.isEmpty ? nil : totals.reduce(0, +)
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }
}
