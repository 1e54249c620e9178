// The parts that need no socket: path inspection, layouts, merged metrics.
import Testing
import TiketiCore
import TiketiJSON

@testable import GatewayService

@Suite struct UnitTests {
    @Test(arguments: [
        ("/", SafePath.plain), ("/api/events?x=../internal", .plain), ("/api/events/42", .plain), ("/a.b/c-d_e~f", .plain),
        ("/a..b", .plain),
        ("/internals", .plain), ("/api/internal", .plain), ("/internal", .refused), ("/internal/x", .refused), ("/a/../internal", .refused),
        ("/..", .refused), ("/%2e%2e/x", .refused), ("/a/%2E/b", .decoded("/a/b")), ("/a//b/", .decoded("/a/b/")),
        ("/%ED%95%9C", .decoded("/한")), ("/%ff", .refused), ("/%2f", .refused), ("/%", .refused), ("/%4", .refused), ("*", .refused),
        ("", .refused),
        ("/a%20b", .decoded("/a b")), ("/a%00b", .refused), ("/a\\b", .refused), ("/.hidden", .decoded("/.hidden")),
    ])
    func paths(target: String, expected: SafePath) {
        #expect(SafePath.inspect(target) == expected)
    }

    @Test func metricsAreSummedByNameAndLabels() {
        var families = MetricsFamilies()
        families.add(
            Array(
                """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{route="/a b",status="200"} 2
                # HELP loops Loops.
                # TYPE loops gauge
                loops 2
                # HELP process_cpu Own.
                # TYPE process_cpu counter
                process_cpu 1.5

                """.utf8), from: .own)
        families.add(
            Array(
                """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{route="/a b",status="200"} 3
                requests_total{route="/c",status="500"} 1
                # HELP loops Loops.
                # TYPE loops gauge
                loops 4
                # HELP process_cpu Own.
                # TYPE process_cpu counter
                process_cpu 9
                # HELP queue Waiting.
                # TYPE queue gauge
                queue{event="1"} 7

                """.utf8), from: .service)
        #expect(
            String(decoding: families.text(), as: UTF8.self) == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{route="/a b",status="200"} 5
                requests_total{route="/c",status="500"} 1
                # HELP loops Loops.
                # TYPE loops gauge
                loops 2
                # HELP process_cpu Own.
                # TYPE process_cpu counter
                process_cpu 1.5
                # HELP queue Waiting.
                # TYPE queue gauge
                queue{event="1"} 7

                """)
    }
}
