// The gateway's own metrics together with those of the services: counters and histograms of one name and labels are summed, gauges are
// taken over where the gateway has none of the name. What is about one process stays with it.
import TiketiCore
import TiketiNet

final class MetricsRollup: Sendable {
    private let own: MetricsRegistry
    private let scraped = Locked<[String: [UInt8]]>([:])

    init(_ own: MetricsRegistry) { self.own = own }

    /// Keeps a service's latest exposition; nil when it did not answer.
    func update(_ service: String, _ text: [UInt8]?) { scraped.withLock { $0[service] = text } }

    func exposition() -> [UInt8] {
        let services = scraped.withLock { $0 }
        guard !services.isEmpty else { return own.exposition() }
        var merged = MetricsFamilies()
        merged.add(own.exposition(), from: .own)
        for name in services.keys.sorted() { merged.add(services[name]!, from: .service) }
        return merged.text()
    }
}

/// Families of the Prometheus text format, in order of appearance.
struct MetricsFamilies {
    enum Source { case own, service }

    private struct Family {
        var head: [Substring] = []
        var type: Substring = ""
        var isOwn = false
        var order: [Substring] = []
        var values: [Substring: Double] = [:]
        /// As it was written, until something is added to it.
        var texts: [Substring: Substring] = [:]
    }

    private var families: [Substring: Family] = [:]
    private var order: [Substring] = []

    mutating func add(_ exposition: [UInt8], from source: Source) {
        var name: Substring = ""
        var isTaken = false
        for line in String(decoding: exposition, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("# ") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count >= 3, words[1] == "HELP" || words[1] == "TYPE" else { continue }
                if words[2] != name {
                    name = words[2]
                    isTaken = source == .own || !name.hasPrefix("process_")
                }
                guard isTaken else { continue }
                if families[name] == nil {
                    families[name] = Family(isOwn: source == .own)
                    order.append(name)
                }
                if words[1] == "TYPE" {
                    let type = words.count > 3 ? words[3] : ""
                    if families[name]!.type.isEmpty { families[name]!.type = type }
                    // Two processes' loops or pools are not one: a gauge that the gateway has is its own.
                    if source == .service, type == "gauge", families[name]!.isOwn { isTaken = false }
                }
                if !families[name]!.head.contains(where: { $0.hasPrefix("# \(words[1]) ") }) { families[name]!.head.append(line) }
            } else if isTaken, let split = line.lastIndex(of: " "), let value = Double(line[line.index(after: split)...]) {
                add(line[..<split], value, line[line.index(after: split)...], to: name)
            }
        }
    }

    private mutating func add(_ key: Substring, _ value: Double, _ text: Substring, to name: Substring) {
        if let known = families[name]!.values[key] {
            families[name]!.values[key] = known + value
            families[name]!.texts[key] = nil
        } else {
            families[name]!.order.append(key)
            families[name]!.values[key] = value
            families[name]!.texts[key] = text
        }
    }

    func text() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(64 * 1024)
        for name in order {
            guard let family = families[name] else { continue }
            for line in family.head {
                out.append(contentsOf: line.utf8)
                out.append(UInt8(ascii: "\n"))
            }
            for key in family.order {
                out.append(contentsOf: key.utf8)
                out.append(UInt8(ascii: " "))
                if let text = family.texts[key] {
                    out.append(contentsOf: text.utf8)
                } else {
                    out.append(contentsOf: Self.number(family.values[key] ?? 0).utf8)
                }
                out.append(UInt8(ascii: "\n"))
            }
        }
        return out
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }
}
