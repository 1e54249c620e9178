// The roll-up of the services' metrics: names of its own, counters that never fall, one sum a scrape.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct MetricsTests {
    private static func exposition(requests: Int, more: String = "") -> [UInt8] {
        Array(
            """
            # HELP requests_total Requests.
            # TYPE requests_total counter
            requests_total{route="/a b",status="200"} \(requests)
            # HELP loops Loops.
            # TYPE loops gauge
            loops 4
            # HELP process_cpu Own.
            # TYPE process_cpu counter
            process_cpu 9
            \(more)
            """.utf8)
    }

    private static func text(_ sum: MetricsSum) -> String { String(decoding: sum.text(), as: UTF8.self) }

    @Test func servicesAreSummedUnderNamesOfTheirOwn() {
        var sum = MetricsSum()
        sum.take(Self.exposition(requests: 2), from: "ticket")
        sum.take(Self.exposition(requests: 3, more: "# HELP queue Waiting.\n# TYPE queue gauge\nqueue{event=\"1\"} 7\n"), from: "auth")
        #expect(
            Self.text(sum) == """
                # HELP services_requests_total Requests.
                # TYPE services_requests_total counter
                services_requests_total{route="/a b",status="200"} 5
                # HELP services_loops Loops.
                # TYPE services_loops gauge
                services_loops 4
                # HELP services_queue Waiting.
                # TYPE services_queue gauge
                services_queue{event="1"} 7

                """)
    }

    @Test func countersNeverFall() {
        var sum = MetricsSum()
        func requests() -> String? { Self.text(sum).split(separator: "\n").first { $0.hasPrefix("services_requests") }.map { String($0) } }
        sum.take(Self.exposition(requests: 100), from: "stats")
        // Down: what it counted stays. Its gauges say nothing any more.
        sum.take(nil, from: "stats")
        #expect(requests()?.hasSuffix(" 100") == true)
        #expect(!Self.text(sum).contains("services_loops"))
        // Begun anew: it counts from zero, the sum goes on.
        sum.take(Self.exposition(requests: 7), from: "stats")
        #expect(requests()?.hasSuffix(" 107") == true)
        sum.take(Self.exposition(requests: 9), from: "stats")
        #expect(requests()?.hasSuffix(" 109") == true)
    }

    /// Histograms have series that go beyond the family's name.
    @Test func histogramsAreSummed() {
        var sum = MetricsSum()
        let text = "# HELP d Time.\n# TYPE d histogram\nd_bucket{le=\"1\"} 2\nd_bucket{le=\"+Inf\"} 3\nd_sum 4.5\nd_count 3\n"
        sum.take(Array(text.utf8), from: "a")
        sum.take(Array(text.utf8), from: "b")
        for line in ["services_d_bucket{le=\"1\"} 4", "services_d_bucket{le=\"+Inf\"} 6", "services_d_sum 9", "services_d_count 6"] {
            #expect(Self.text(sum).contains(line + "\n"))
        }
    }

    /// What every process counts for itself (requests, loops, pools) is the gateway's own on the gateway's page, and says so.
    @Test func ownSeriesSayWhoseTheyAre() async throws {
        let gateway = try await GatewayFixture.make()
        _ = try await gateway.get("/api/config")
        let lines = try await gateway.get("/metrics").text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.contains { $0.hasPrefix("http_requests_total{") })
        #expect(lines.contains { $0.hasPrefix("tiketi_postgres_statements_total{") })
        for line in lines where !line.hasPrefix("services_") { #expect(line.contains("service=\""), "\(line)") }
        #expect(lines.contains { $0.hasPrefix("tiketi_service_up{service=\"ticket\"}") })
        try await gateway.close()
    }

    /// Nothing that a service counts stands under the gateway's name: no series of a service is one of the gateway's.
    @Test func noSeriesIsRepeated() async throws {
        let service = MetricsRegistry()
        service.counter(
            MetricFamily("http_requests_total", "Requests answered."), labels: [("method", "GET"), ("route", "/api/seats/:eventId")]
        )
        .increment()
        let rollup = MetricsRollup(MetricsRegistry())
        rollup.update([("ticket", service.exposition())])
        let gateway = String(decoding: rollup.exposition(now: 1), as: UTF8.self)
        let theirs = String(decoding: service.exposition(), as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(!theirs.isEmpty)
        for series in theirs { #expect(!gateway.split(separator: "\n").contains(series)) }
        #expect(gateway.contains("services_http_requests_total"))
    }

    /// However many ask: the gateway's own part is worked out once a second, the sum once a scrape, and no question reaches a service.
    @Test func manyScrapesAreOneScrape() async throws {
        let own = MetricsRegistry()
        let readings = Locked(0)
        own.gauge(MetricFamily("tiketi_x", "Read.")) {
            readings.withLock { $0 += 1 }; return 1
        }
        let rollup = MetricsRollup(own)
        rollup.update([("ticket", Self.exposition(requests: 1))])
        let second: UInt64 = 1_000_000_000
        let texts = await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<50 { group.addTask { rollup.exposition(now: 5 * second) } }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(texts.count == 1)
        _ = rollup.exposition(now: 6 * second - 1)
        #expect(readings.withLock { $0 } == 1)
        _ = rollup.exposition(now: 6 * second)
        #expect(readings.withLock { $0 } == 2)
        // A scrape's result shows at once.
        rollup.update([("ticket", Self.exposition(requests: 2))])
        #expect(String(decoding: rollup.exposition(now: 6 * second), as: UTF8.self).contains("status=\"200\"} 2"))
    }

    @Test func scrapesOfTheGatewayAskNoService() async throws {
        let services = try await ScriptedServer.start([ScriptedServer.text(200, "# TYPE a counter\na 1\n")])
        let gateway = try await GatewayFixture.make(upstream: services.port)
        try await eventually { try await gateway.get("/metrics").text.contains("services_a 5") }
        for _ in 0..<20 { #expect(try await gateway.get("/metrics").status == 200) }
        #expect(services.seen.filter { $0.target == "/metrics" }.count == 5)
        try await gateway.close()
        await services.stop()
    }
}
