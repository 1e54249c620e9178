/// All metrics of one process: families by name, series by labels; asking again for the same series gives the same instrument.

import TiketiNet

/// The registry. Resolve instruments once at start and keep them; the look-up takes a lock.
public final class MetricsRegistry: Sendable {
    /// Label names and values, in the order they are printed.
    public typealias Labels = [(name: String, value: String)]

    internal enum Kind: String, Sendable { case counter, gauge, histogram }

    internal enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        /// Read when scraped.
        case computed(@Sendable () -> Double)
    }

    internal struct Series: Sendable {
        /// `{a="b",c="d"}` without the braces, escaped.
        var labels: String
        var instrument: Instrument
        /// Not printed while it stands at zero: handles made ahead of need.
        var hiddenWhileZero: Bool
    }

    internal struct Family: Sendable {
        var name: String
        var help: String
        var kind: Kind
        var series: [Series] = []
        var positions: [String: Int] = [:]
    }

    private struct State: Sendable {
        var families: [Family] = []
        var positions: [String: Int] = [:]
        var collectors: [@Sendable (inout MetricsText) -> Void] = []
    }

    private let state = Locked(State())
    /// More series than this in one family are not kept apart: the rest shares one series labelled `overflow`.
    private let seriesLimit: Int

    /// Labels that every series carries behind its own, unless it has one of that name.
    private let common: Labels

    /// - Parameters:
    ///   - common: Labels of every series, where one page shows what several processes count.
    ///   - seriesLimit: Most series of one family.
    public init(common: Labels = [], seriesLimit: Int = 2000) {
        self.common = common
        self.seriesLimit = seriesLimit
    }

    public func counter(_ name: String, _ help: String, labels: Labels = [], hiddenWhileZero: Bool = false) -> Counter {
        let found = resolve(name, help, .counter, labels, hiddenWhileZero) { .counter(Counter()) }
        guard case .counter(let counter) = found else { return Counter() }
        return counter
    }

    public func gauge(_ name: String, _ help: String, labels: Labels = []) -> Gauge {
        guard case .gauge(let gauge) = resolve(name, help, .gauge, labels, false, { .gauge(Gauge()) }) else { return Gauge() }
        return gauge
    }

    /// A gauge whose value is asked for at each scrape; cheap and non-blocking, please.
    public func gauge(_ name: String, _ help: String, labels: Labels = [], _ read: @escaping @Sendable () -> Double) {
        _ = resolve(name, help, .gauge, labels, false) { .computed(read) }
    }

    /// A counter whose value somebody else keeps.
    public func counter(_ name: String, _ help: String, labels: Labels = [], reading read: @escaping @Sendable () -> Double) {
        _ = resolve(name, help, .counter, labels, false) { .computed(read) }
    }

    public func histogram(
        _ name: String, _ help: String, labels: Labels = [], buckets: [Double] = Histogram.defaultBuckets, hiddenWhileZero: Bool = false
    ) -> Histogram {
        let found = resolve(name, help, .histogram, labels, hiddenWhileZero) { .histogram(Histogram(bounds: buckets)) }
        guard case .histogram(let histogram) = found else { return Histogram(bounds: buckets) }
        return histogram
    }

    /// Adds a source that writes whole families at each scrape (gauges whose labels come and go).
    public func collect(_ collector: @escaping @Sendable (inout MetricsText) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    private func resolve(
        _ name: String, _ help: String, _ kind: Kind, _ labels: Labels, _ hidden: Bool, _ make: () -> Instrument
    ) -> Instrument {
        var key = MetricsText.labels(MetricsText.adding(common, to: labels))
        return state.withLock { state in
            let index: Int
            if let known = state.positions[name] {
                index = known
                precondition(state.families[index].kind == kind, "metric \(name) is registered as another kind")
            } else {
                index = state.families.count
                state.positions[name] = index
                state.families.append(Family(name: name, help: help, kind: kind))
            }
            if let position = state.families[index].positions[key] { return state.families[index].series[position].instrument }
            if state.families[index].series.count >= seriesLimit {
                key = MetricsText.labels(MetricsText.adding(common, to: labels.map { ($0.name, "overflow") }))
                if let position = state.families[index].positions[key] { return state.families[index].series[position].instrument }
            }
            let instrument = make()
            state.families[index].positions[key] = state.families[index].series.count
            state.families[index].series.append(Series(labels: key, instrument: instrument, hiddenWhileZero: hidden))
            return instrument
        }
    }

    /// Everything in the Prometheus text format 0.0.4.
    public func exposition() -> [UInt8] {
        let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
        var text = MetricsText(common: common)
        for family in families { text.append(family) }
        for collector in collectors { collector(&text) }
        return text.finish()
    }
}
