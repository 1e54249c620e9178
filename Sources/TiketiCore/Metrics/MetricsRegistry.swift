// All metrics of one process: families by name, series by labels; asking again for the same series gives the same instrument.

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
        /// Series whose labels were not known at the start.
        var openSeries = 0
    }

    private struct State: Sendable {
        var families: [Family] = []
        var positions: [String: Int] = [:]
        var changing: [(family: MetricFamily, read: @Sendable () -> [(labels: Labels, value: Double)])] = []
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

    /// A counter; the same name and labels give the same one. A name registered as another kind gives one that is never shown.
    public func counter(_ family: MetricFamily, labels: Labels = [], hiddenWhileZero: Bool = false) -> Counter {
        let found = resolve(family, .counter, labels, hiddenWhileZero) { .counter(Counter()) }
        guard case .counter(let counter) = found else { return Counter() }
        return counter
    }

    /// A gauge, as with ``counter(_:_:labels:hiddenWhileZero:)``.
    public func gauge(_ family: MetricFamily, labels: Labels = []) -> Gauge {
        guard case .gauge(let gauge) = resolve(family, .gauge, labels, false, { .gauge(Gauge()) }) else { return Gauge() }
        return gauge
    }

    /// A gauge whose value is asked for at each scrape; cheap and non-blocking, please.
    public func gauge(_ family: MetricFamily, labels: Labels = [], _ read: @escaping @Sendable () -> Double) {
        _ = resolve(family, .gauge, labels, false) { .computed(read) }
    }

    /// A gauge whose series come and go: all that there are now are asked for at each scrape, and no others are shown.
    public func gauge(_ family: MetricFamily, series read: @escaping @Sendable () -> [(labels: Labels, value: Double)]) {
        state.withLock { $0.changing.append((family, read)) }
    }

    /// A counter whose value somebody else keeps.
    public func counter(_ family: MetricFamily, labels: Labels = [], reading read: @escaping @Sendable () -> Double) {
        _ = resolve(family, .counter, labels, false) { .computed(read) }
    }

    /// A histogram over `buckets`, which must ascend and are in the metric's unit.
    public func histogram(
        _ family: MetricFamily, labels: Labels = [], buckets: [Double] = Histogram.defaultBuckets, hiddenWhileZero: Bool = false
    ) -> Histogram {
        let found = resolve(family, .histogram, labels, hiddenWhileZero) { .histogram(Histogram(bounds: buckets)) }
        guard case .histogram(let histogram) = found else { return Histogram(bounds: buckets) }
        return histogram
    }

    private func resolve(
        _ described: MetricFamily, _ kind: Kind, _ labels: Labels, _ hidden: Bool, _ make: () -> Instrument
    ) -> Instrument {
        precondition(kind != .counter || described.name.hasSuffix("_total"), "the counter \(described.name) does not end in _total")
        var key = MetricsText.labels(MetricsText.adding(common, to: labels))
        return state.withLock { state in
            let index: Int
            if let known = state.positions[described.name] {
                index = known
                precondition(state.families[index].kind == kind, "metric \(described.name) is registered as another kind")
            } else {
                index = state.families.count
                state.positions[described.name] = index
                state.families.append(Family(name: described.name, help: described.help, kind: kind))
            }
            if let position = state.families[index].positions[key] { return state.families[index].series[position].instrument }
            // Handles made ahead of need are of a closed set, and are more than the limit at the gateway alone: routes times states.
            if !hidden, state.families[index].openSeries >= seriesLimit {
                key = MetricsText.labels(MetricsText.adding(common, to: labels.map { ($0.name, "overflow") }))
                if let position = state.families[index].positions[key] { return state.families[index].series[position].instrument }
            }
            let instrument = make()
            state.families[index].positions[key] = state.families[index].series.count
            if !hidden { state.families[index].openSeries += 1 }
            state.families[index].series.append(Series(labels: key, instrument: instrument, hiddenWhileZero: hidden))
            return instrument
        }
    }

    /// Everything in the Prometheus text format 0.0.4.
    public func exposition() -> [UInt8] {
        let (families, changing) = state.withLock { ($0.families, $0.changing) }
        var text = MetricsText()
        for family in families { text.append(family) }
        for (family, read) in changing {
            text.append(family, read().map { (MetricsText.adding(common, to: $0.labels), $0.value) })
        }
        return text.finish()
    }
}
