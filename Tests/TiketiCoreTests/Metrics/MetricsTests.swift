/// Instruments and the text format of Prometheus.

import Testing

@testable import TiketiCore

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry) -> String { String(decoding: registry.exposition(), as: UTF8.self) }

    @Test func exposition() {
        let registry = MetricsRegistry()
        registry.counter("a_total", "Counts\nthings \\ here.", labels: [("x", "1")]).increment()
        registry.counter("a_total", "ignored", labels: [("x", "qu\"ote\\\n")]).increment(by: 41)
        registry.gauge("b", "A gauge.").set(2.5)
        registry.gauge("c", "Computed.", labels: [("k", "v")]) { -3 }
        _ = registry.counter("hidden_total", "Hidden.", hiddenWhileZero: true)
        #expect(
            text(registry) == """
                # HELP a_total Counts\\nthings \\\\ here.
                # TYPE a_total counter
                a_total{x="1"} 1
                a_total{x="qu\\"ote\\\\\\n"} 41
                # HELP b A gauge.
                # TYPE b gauge
                b 2.5
                # HELP c Computed.
                # TYPE c gauge
                c{k="v"} -3

                """)
    }

    @Test func histogramBuckets() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("h_seconds", "Times.", labels: [("r", "x")], buckets: [0.1, 1])
        histogram.observe(0.1)
        histogram.observe(nanoseconds: 500_000_000)
        histogram.observe(nanoseconds: 1_000_000_001)
        histogram.observe(7)
        #expect(
            text(registry) == """
                # HELP h_seconds Times.
                # TYPE h_seconds histogram
                h_seconds_bucket{r="x",le="0.1"} 1
                h_seconds_bucket{r="x",le="1"} 2
                h_seconds_bucket{r="x",le="+Inf"} 4
                h_seconds_sum{r="x"} 8.600000001
                h_seconds_count{r="x"} 4

                """)
    }

    @Test func sameSeriesIsSameInstrument() {
        let registry = MetricsRegistry(seriesLimit: 2)
        #expect(registry.counter("a", "", labels: [("x", "1")]) === registry.counter("a", "", labels: [("x", "1")]))
        _ = registry.counter("a", "", labels: [("x", "2")])
        // Labels from outside cannot grow the registry without end.
        for number in 3..<100 { registry.counter("a", "", labels: [("x", String(number))]).increment() }
        #expect(text(registry).contains("a{x=\"overflow\"} 97\n"))
    }

    /// Where one page shows several processes' series, those of this one say so; a series that names that label itself keeps its value.
    @Test func commonLabels() {
        let registry = MetricsRegistry(common: [("service", "gateway")], seriesLimit: 2)
        registry.counter("a_total", "", labels: [("x", "1")]).increment()
        registry.gauge("b", "").set(2)
        registry.gauge("up", "", labels: [("service", "auth")]).set(1)
        registry.histogram("h", "", buckets: [1]).observe(0.5)
        registry.collect { $0.sample("c", 3) }
        for number in 2..<9 { registry.counter("a_total", "", labels: [("x", String(number))]).increment() }
        let lines = Set(text(registry).split(separator: "\n").map { String($0) })
        for line in [
            "a_total{x=\"1\",service=\"gateway\"} 1", "b{service=\"gateway\"} 2", "up{service=\"auth\"} 1",
            "h_bucket{service=\"gateway\",le=\"1\"} 1", "h_count{service=\"gateway\"} 1", "c{service=\"gateway\"} 3",
            "a_total{x=\"overflow\",service=\"gateway\"} 6",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func gaugeAdds() async {
        let gauge = MetricsRegistry().gauge("g", "")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { gauge.increment() } } }
        }
        #expect(gauge.value == 8000)
    }

    @Test func processMetrics() {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry)
        func value(_ name: String) -> Double {
            text(registry).split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) } ?? -1
        }
        #expect(value("process_cpu_seconds_total") > 0)
        #expect(value("process_resident_memory_bytes") > 1_000_000)
        #expect(value("process_open_fds") >= 3)
        #expect(value("process_max_fds") >= 256)
        #expect(value("process_threads") >= 1)
        #expect(value("process_start_time_seconds") > 1_600_000_000)
    }
}
