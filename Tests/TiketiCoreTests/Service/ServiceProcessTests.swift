// A service's life over real sockets: ready only when its parts are, drained in order, calls between services with their ids.

import Testing
import TiketiJSON
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TiketiCore

@Suite struct ServiceProcessTests {
    private final class Part: Service {
        let name: String
        let log: Locked<[String]>
        let failures: Locked<Int>

        init(_ name: String, _ log: Locked<[String]>, failures: Int = 0) {
            self.name = name
            self.log = log
            self.failures = Locked(failures)
        }

        func start() async throws {
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            log.withLock { $0.append(fails ? "fail \(name)" : "start \(name)") }
            if fails { throw PostgresError(.unavailable, "not yet") }
        }

        func drain() async { log.withLock { $0.append("drain \(name)") } }
        func stop() async { log.withLock { $0.append("stop \(name)") } }
    }

    private func runtime(uses: ServiceDependencies = []) -> ServiceRuntime {
        var reader = EnvironmentReader([
            "HOST": "127.0.0.1", "PORT": "0", "ACCESS_LOG": "off", "LOG_LEVEL": "critical", "DB_PORT": "1", "REDIS_PORT": "1",
        ])
        let config = CommonConfig(&reader, service: .ticket, uses: uses)
        return ServiceRuntime(.ticket, config: config, uses: uses, group: .shared)
    }

    /// One exchange over a socket, on a loop.
    private func get(_ port: Int, _ path: String) async throws -> TestResponse {
        try await EventLoopGroup.shared.next().run {
            let http = HTTPClient()
            defer { http.close() }
            let response = try await http.execute(HTTPClientRequest(url: URLParts(host: "127.0.0.1", port: port, target: path)))
            return TestResponse(
                status: response.status.code, headers: response.headers, body: try await response.body.collect(upTo: 1 << 20))
        }
    }

    @Test func startsRetriesDrainsInOrder() async throws {
        let log = Locked<[String]>([])
        let router = Router()
        router.get("/api/hello") { _ in .success() }
        let process = ServiceProcess(
            runtime: runtime(),
            app: ServiceApp(router: router, services: [Part("one", log), Part("two", log, failures: 2)], readiness: [("extra", { true })]))
        let port = try await process.start()
        #expect(try await get(port, "/health").status == 200)
        #expect(try await get(port, "/health").json["status"] == .string("ok"))
        try await eventually { try await get(port, "/ready").status == 200 }
        #expect(try await get(port, "/ready").json["checks"] == .object([.init("startup", .string("ok")), .init("extra", .string("ok"))]))
        #expect(try await get(port, "/api/hello").json["success"] == .bool(true))
        let metrics = try await get(port, "/metrics")
        #expect(metrics.headers["Content-Type"] == MetricsText.contentType)
        for name in [
            "process_cpu_seconds_total", "tiketi_event_loop_ticks_total{loop=\"0\"}",
            "http_requests_total{method=\"GET\",route=\"/api/hello\",status=\"200\"} 1",
        ] {
            #expect(metrics.text.contains(name))
        }
        await process.stop(grace: .seconds(5))
        #expect(
            log.withLock { $0 } == ["start one", "fail two", "fail two", "start two", "drain two", "drain one", "stop two", "stop one"])
        await #expect(throws: HTTPClientError.self) { try await get(port, "/health") }
    }

    /// Probes and scrapers have a listener of their own, which says what the service's says and nothing that is for clients.
    @Test func operationsPort() async throws {
        var reader = EnvironmentReader(["HOST": "127.0.0.1", "PORT": "0", "ACCESS_LOG": "off", "LOG_LEVEL": "critical"])
        var config = CommonConfig(&reader, service: .ticket, uses: [])
        #expect(config.operationsPort == nil)
        config.operationsPort = OperationsPort(number: 0, isChosen: true)
        let router = Router()
        router.get("/api/hello") { _ in .success() }
        let operations = Router()
        operations.get("/health/all") { _ in .success { $0.member("all", "ok") } }
        let process = ServiceProcess(
            runtime: ServiceRuntime(.ticket, config: config, uses: [], group: .shared),
            app: ServiceApp(router: router, operations: operations))
        try await process.start()
        let port = try #require(process.operationsPort)
        #expect(try await get(port, "/health").status == 200)
        try await eventually { try await get(port, "/ready").status == 200 }
        #expect(try await get(port, "/metrics").text.contains("process_cpu_seconds_total"))
        #expect(try await get(port, "/health/all").json["all"] == .string("ok"))
        #expect(try await get(port, "/api/hello").status == 404)
        await process.stop(grace: .seconds(1))
        await #expect(throws: HTTPClientError.self) { try await get(port, "/health") }
    }

    @Test func operationsPortFollowsThePort() {
        func number(_ environment: [String: String]) -> OperationsPort? {
            var reader = EnvironmentReader(environment)
            return CommonConfig(&reader, service: .ticket, uses: []).operationsPort
        }
        #expect(number([:]) == OperationsPort(number: 13_002, isChosen: false))
        #expect(number(["PORT": "4000"]) == OperationsPort(number: 14_000, isChosen: false))
        #expect(number(["OPERATIONS_PORT": "9100"]) == OperationsPort(number: 9100, isChosen: true))
        #expect(number(["OPERATIONS_PORT": "0"]) == nil)
        #expect(number(["PORT": "60000"]) == nil)
    }

    @Test func notReadyWithoutItsDependencies() async throws {
        let process = ServiceProcess(runtime: runtime(uses: .stores), app: ServiceApp(router: Router()))
        let port = try await process.start()
        #expect(try await get(port, "/health").status == 200)
        let ready = try await get(port, "/ready")
        #expect(ready.status == 503)
        #expect(ready.code == "UNAVAILABLE")
        #expect(ready.headers["Retry-After"] == "1")
        #expect(ready.json["checks"]?["postgres"] == .string("unavailable"))
        #expect(ready.json["checks"]?["redis"] == .string("unavailable"))
        await process.stop(grace: .seconds(1))
    }

    @Test func stopsWhileStillStarting() async throws {
        let log = Locked<[String]>([])
        let process = ServiceProcess(
            runtime: runtime(), app: ServiceApp(router: Router(), services: [Part("never", log, failures: .max)]))
        let port = try await process.start()
        #expect(try await get(port, "/ready").status == 503)
        await process.stop(grace: .seconds(1))
        #expect(!log.withLock { $0.contains("stop never") })
    }

    @Test func internalCalls() async throws {
        let router = Router()
        router.group("/internal", use: InternalAuth(token: "shared-token")) { group in
            group.post("/echo") { context in
                let value = try await context.json()
                return .success(.created) {
                    $0.key("body")
                    $0.value(value)
                    $0.member("requestId", context.requestID)
                    $0.member("traceparent", context.traceparent)
                }
            }
            group.get("/refuse") { _ in throw APIError.conflict("TAKEN", "Taken") }
            group.get("/text") { _ in .text(.ok, "not json") }
            group.get("/slow") { context in
                try await context.loop.sleep(nanoseconds: 5_000_000_000)
                return .success()
            }
        }
        let process = ServiceProcess(runtime: runtime(), app: ServiceApp(router: router))
        let port = try await process.start()
        let base = ServiceURL(host: "127.0.0.1", port: port)
        let http = HTTPClient()
        let client = InternalClient(base: base, token: "shared-token", http: http)
        let stranger = InternalClient(base: base, token: "other-token", http: http)
        let nobody = InternalClient(base: ServiceURL(host: "127.0.0.1", port: 1), token: "x", http: http)
        try await EventLoopGroup.shared.next().run {
            let answer = try await client.call(.post, "/internal/echo", json: JSONValue.object([.init("a", .integer(1))]))
            #expect(answer.status == .created)
            #expect(answer.body["body"]?["a"] == .integer(1))
            #expect(answer.body["requestId"]?.stringValue?.count == 15)
            #expect(answer.body["traceparent"]?.stringValue?.hasPrefix("00-") == true)
            let refused = try await client.call(.get, "/internal/refuse")
            #expect(refused.status == .conflict && refused.body["code"] == .string("TAKEN"))
            #expect(try await stranger.call(.get, "/internal/refuse").body["code"] == .string("INVALID_TOKEN"))
            #expect(try await client.call(.get, "/internal/none").status == .notFound)
            await #expect { try await client.call(.get, "/internal/text") } throws: { ($0 as? APIError)?.code == "UPSTREAM_FAILED" }
            await #expect { try await client.call(.get, "/internal/slow", timeout: .milliseconds(100)) } throws: {
                ($0 as? APIError)?.code == "UPSTREAM_TIMEOUT"
            }
            await #expect { try await nobody.call(.get, "/") } throws: { ($0 as? APIError)?.code == "UNAVAILABLE" }
        }
        http.close()
        await process.stop(grace: .seconds(0))
    }
}
