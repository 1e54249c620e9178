// Instruments and the text format of Prometheus.

import Testing

@testable import TiketiCore

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry) -> String { String(decoding: registry.exposition(), as: UTF8.self) }

    @Test func exposition() {
        let registry = MetricsRegistry()
        registry.counter(MetricFamily("tiketi_a_total", "Counts\nthings \\ here."), labels: [("x", "1")]).increment()
        registry.counter(MetricFamily("tiketi_a_total", "ignored"), labels: [("x", "qu\"ote\\\n")]).increment(by: 41)
        registry.gauge(MetricFamily("tiketi_b", "A gauge.")).set(2.5)
        registry.gauge(MetricFamily("tiketi_c", "Computed."), labels: [("k", "v")]) { -3 }
        _ = registry.counter(MetricFamily("tiketi_hidden_total", "Hidden."), hiddenWhileZero: true)
        #expect(
            text(registry) == """
                # HELP tiketi_a_total Counts\\nthings \\\\ here.
                # TYPE tiketi_a_total counter
                tiketi_a_total{x="1"} 1
                tiketi_a_total{x="qu\\"ote\\\\\\n"} 41
                # HELP tiketi_b A gauge.
                # TYPE tiketi_b gauge
                tiketi_b 2.5
                # HELP tiketi_c Computed.
                # TYPE tiketi_c gauge
                tiketi_c{k="v"} -3

                """)
    }

    @Test func histogramBuckets() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram(MetricFamily("tiketi_h_seconds", "Times."), labels: [("r", "x")], buckets: [0.1, 1])
        histogram.observe(0.1)
        histogram.observe(nanoseconds: 500_000_000)
        histogram.observe(nanoseconds: 1_000_000_001)
        histogram.observe(7)
        #expect(
            text(registry) == """
                # HELP tiketi_h_seconds Times.
                # TYPE tiketi_h_seconds histogram
                tiketi_h_seconds_bucket{r="x",le="0.1"} 1
                tiketi_h_seconds_bucket{r="x",le="1"} 2
                tiketi_h_seconds_bucket{r="x",le="+Inf"} 4
                tiketi_h_seconds_sum{r="x"} 8.600000001
                tiketi_h_seconds_count{r="x"} 4

                """)
    }

    @Test func sameSeriesIsSameInstrument() {
        let registry = MetricsRegistry(seriesLimit: 2)
        #expect(
            registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", "1")])
                === registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", "1")]))
        _ = registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", "2")])
        // Labels from outside cannot grow the registry without end.
        for number in 3..<100 { registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", String(number))]).increment() }
        #expect(text(registry).contains("tiketi_a_total{x=\"overflow\"} 97\n"))
    }

    /// Where one page shows several processes' series, those of this one say so; a series that names that label itself keeps its value.
    @Test func commonLabels() {
        let registry = MetricsRegistry(common: [("service", "gateway")], seriesLimit: 2)
        registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", "1")]).increment()
        registry.gauge(MetricFamily("tiketi_b", "")).set(2)
        registry.gauge(MetricFamily("tiketi_up", ""), labels: [("service", "auth")]).set(1)
        registry.histogram(MetricFamily("tiketi_h", ""), buckets: [1]).observe(0.5)
        registry.gauge(MetricFamily("tiketi_come_and_go", ""), series: { [(labels: [("event", "e")], value: 3)] })
        for number in 2..<9 { registry.counter(MetricFamily("tiketi_a_total", ""), labels: [("x", String(number))]).increment() }
        let lines = Set(text(registry).split(separator: "\n").map { String($0) })
        for line in [
            "tiketi_a_total{x=\"1\",service=\"gateway\"} 1", "tiketi_b{service=\"gateway\"} 2", "tiketi_up{service=\"auth\"} 1",
            "tiketi_h_bucket{service=\"gateway\",le=\"1\"} 1", "tiketi_h_count{service=\"gateway\"} 1",
            "tiketi_come_and_go{event=\"e\",service=\"gateway\"} 3",
            "tiketi_a_total{x=\"overflow\",service=\"gateway\"} 6",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    /// One rule for names; a series' family is refused before anybody can count it.
    @Test(arguments: [
        ("tiketi_seats_reserved_total", true), ("http_requests_total", true), ("process_threads", true), ("tiketi_", false),
        ("seats_total", false), ("tiketi_Seats_total", false), ("tiketi_seats-total", false), ("go_threads", false),
    ])
    func names(name: String, isRight: Bool) {
        #expect(MetricFamily.isRight(name) == isRight)
    }

    /// What is made ahead of need, one handle for each route and state, takes nobody's room and shares no series.
    @Test func handlesMadeAheadAreNotLimited() {
        let registry = MetricsRegistry(seriesLimit: 2)
        let family = MetricFamily("tiketi_ahead_total", "")
        let handles = (0..<10).map { registry.counter(family, labels: [("x", String($0))], hiddenWhileZero: true) }
        handles[9].increment()
        for number in 10..<20 { registry.counter(family, labels: [("x", String(number))]).increment() }
        #expect(text(registry).contains("tiketi_ahead_total{x=\"9\"} 1\n"))
        #expect(text(registry).contains("tiketi_ahead_total{x=\"11\"} 1\n"))
        #expect(text(registry).contains("tiketi_ahead_total{x=\"overflow\"} 8\n"))
    }

    @Test func gaugeAdds() async {
        let gauge = MetricsRegistry().gauge(MetricFamily("tiketi_g", ""))
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
