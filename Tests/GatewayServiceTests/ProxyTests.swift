// The proxy over live sockets: what crosses it, what stays, and what happens when an upstream does not play along.
import Synchronization
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct ProxyTests {
    @Test func passesRequestsAndAnswersOn() async throws {
        let upstream = try await Upstreams.start { request in
            var response = Upstreams.ok("answer")
            response.status = .conflict
            response.headers.add("Content-Type", "text/plain")
            response.headers.add("Set-Cookie", "a=1")
            response.headers.add("Set-Cookie", "b=2")
            response.headers.add("X-Request-Id", "made-by-upstream")
            return response
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let answer = try await gateway.send(
            .post, "/api/seats/reserve?x=%EA%B0%80&y=1",
            headers: ["X-Request-Id": "request-12345", "Authorization": "Bearer t", "Cookie": "c=1", "X-Custom": "kept"],
            json: #"{"seatIds":["좌석"]}"#)
        #expect(answer.status == 409)
        #expect(answer.text == "answer")
        #expect(answer.headers.values("set-cookie") == ["a=1", "b=2"])
        #expect(answer.headers.values("x-request-id") == ["request-12345"])
        let seen = try #require(upstream.seen.first)
        #expect(seen.method == "POST")
        #expect(seen.target == "/api/seats/reserve?x=%EA%B0%80&y=1")
        #expect(String(decoding: seen.body, as: UTF8.self) == #"{"seatIds":["좌석"]}"#)
        #expect(seen.headers["x-custom"] == "kept")
        #expect(seen.headers["authorization"] == "Bearer t")
        #expect(seen.headers.values("x-request-id") == ["request-12345"])
        #expect(seen.headers["traceparent"] != nil)
        #expect(seen.headers["host"] == "127.0.0.1:\(upstream.port)")
        #expect(seen.headers["x-forwarded-host"] == "127.0.0.1:\(gateway.port)")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func fieldsOfOneConnectionStayOnIt() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        let fields = [
            "Host: 127.0.0.1:\(port)", "Connection: close, X-Secret, Authorization", "X-Secret: hop", "Keep-Alive: timeout=5",
            "TE: trailers", "Proxy-Authorization: Basic x", "Proxy-Connection: close", "Upgrade: h2c", "Authorization: Bearer kept",
            "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6",
            "X-Forwarded-Host: evil",
        ]
        // An ordinary client would not send these.
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            try await connection.send("GET /api/events HTTP/1.1\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n")
            #expect(String(decoding: try await connection.toEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            connection.stream.close()
        }
        let headers = try #require(upstream.seen.first).headers
        for name in ["x-secret", "keep-alive", "te", "proxy-authorization", "proxy-connection", "upgrade", "x-real-ip", "forwarded"] {
            #expect(headers[name] == nil, "\(name)")
        }
        #expect(headers["authorization"] == "Bearer kept")
        #expect(headers.values("x-forwarded-for") == ["127.0.0.1"])
        #expect(headers.values("x-forwarded-proto") == ["http"])
        #expect(headers.values("x-forwarded-host") == ["127.0.0.1:\(gateway.port)"])
        try await gateway.close()
        await upstream.stop()
    }

    @Test func aTrustedProxyIsBelieved() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8"])
        _ = try await gateway.send(
            .get, "/api/events", headers: ["X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.2.3", "X-Forwarded-Proto": "https"])
        let headers = try #require(upstream.seen.first).headers
        #expect(headers.values("x-forwarded-for") == ["203.0.113.9"])
        #expect(headers["x-forwarded-proto"] == "https")
        try await gateway.close()
        await upstream.stop()
    }

    @Test(arguments: [
        ("/api/auth/me", "auth"), ("/api/events", "ticket"), ("/api/tickets/event/1", "ticket"), ("/api/seats/1", "ticket"),
        ("/api/reservations/my", "ticket"), ("/api/queue/position/1", "ticket"), ("/api/payments/1", "payment"), ("/api/stats", "stats"),
        ("/socket.io/?EIO=4&transport=polling", "realtime"),
    ])
    func everyPrefixHasItsService(path: String, service: String) async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok(service) }
        let gateway = try await GatewayFixture.make(["\(service.uppercased())_SERVICE_URL": "http://127.0.0.1:\(upstream.port)"])
        let answer = try await gateway.get(path)
        #expect(answer.text == service)
        #expect(upstream.seen.first?.target == path)
        try await gateway.close()
        await upstream.stop()
    }

    @Test func answersWithoutBodies() async throws {
        let upstream = try await Upstreams.start { request in
            switch request.path {
            case "/api/events/204": HTTPResponse(status: .noContent)
            case "/api/events/304": HTTPResponse(status: .notModified, headers: ["ETag": "\"x\""])
            case "/api/events/empty": HTTPResponse(status: .ok, body: .bytes([]))
            default: Upstreams.ok("12345")
            }
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        #expect(try await gateway.get("/api/events/204").status == 204)
        let unchanged = try await gateway.get("/api/events/304")
        #expect(unchanged.status == 304)
        #expect(unchanged.headers["etag"] == "\"x\"")
        #expect(try await gateway.get("/api/events/empty").headers["content-length"] == "0")
        let head = try await gateway.send(.head, "/api/events/1")
        #expect(head.headers["content-length"] == "5")
        #expect(head.body.isEmpty)
        #expect(upstream.seen.last?.method == "HEAD")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func largeBodiesArriveWholeBothWays() async throws {
        let upstream = try await Upstreams.start { request in
            let size = Int(request.query) ?? 0
            return HTTPResponse(
                status: .ok,
                body: .stream(length: request.path.hasSuffix("chunked") ? nil : size) { writer in
                    var sent = 0
                    while sent < size {
                        let count = min(100_000, size - sent)
                        try await writer.write((sent..<(sent + count)).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                        sent += count
                    }
                })
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        var size = 5_000_000
        var expected = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await gateway.get("/api/events/sized?\(size)").body == expected)
        #expect(try await gateway.get("/api/events/chunked?\(size)").body == expected)

        // What a route takes (1 MB) arrives to its last byte.
        size = 1 << 20
        expected = Array(expected.prefix(size))
        _ = try await gateway.send(.post, "/api/events/sized?0", body: .bytes(expected))
        #expect(upstream.seen.last?.body == expected)
        let pieces = Locked(expected[...])
        _ = try await gateway.send(
            .post, "/api/events/sized?0",
            body: .stream(length: nil) {
                pieces.withLock { rest in
                    let piece = Array(rest.prefix(70_001))
                    rest = rest.dropFirst(70_001)
                    return piece.isEmpty ? nil : piece
                }
            })
        #expect(upstream.seen.last?.body == expected)
        #expect(upstream.seen.last?.headers["transfer-encoding"] == "chunked")
        try await gateway.close()
        await upstream.stop()
    }

    /// 413 as soon as the limit is passed: for what says its length before anything else, for what does not when the limit is reached,
    /// finished or not.
    @Test func longBodiesAreRefusedWhileTheyCome() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("whole") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        @Sendable nonisolated(nonsending) func refusal(_ fields: String, _ body: [UInt8]) async throws {
            let connection = try await RawConnection.connect(port)
            defer { connection.stream.close() }
            try await connection.send(Array("POST /api/seats/reserve HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n".utf8))
            // The gateway may have answered before all of it is sent.
            _ = try? await connection.send(body)
            let began = connection.stream.loop.now
            #expect(try await connection.head().hasPrefix("HTTP/1.1 413 "), "\(fields)")
            #expect(connection.stream.loop.now - began < 20_000_000_000)
        }
        try await EventLoopGroup.shared.next().run {
            try await refusal("Content-Length: 1048577", [])
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 32, count: 65_536) + Array("\r\n".utf8)
            let long = (0..<17).flatMap { _ in chunk }
            // Unfinished, and finished far beyond what is thrown away.
            try await refusal("Transfer-Encoding: chunked", long)
            try await refusal("Transfer-Encoding: chunked", long + long + Array("0\r\n\r\n".utf8))
        }
        #expect(!upstream.seen.contains { $0.body.count > 1 << 20 })
        // A body of exactly the limit is no long one.
        let most = [UInt8](repeating: 32, count: 1 << 20)
        #expect(try await gateway.send(.post, "/api/seats/reserve", body: .bytes(most)).text == "whole")
        try await gateway.close()
        await upstream.stop()
    }

    /// The gateway takes a hundred fields, and what it adds to them is not counted against the client by the service behind it.
    @Test func aHundredFieldsPass() async throws {
        let group = EventLoopGroup.shared
        var reader = EnvironmentReader(["HOST": "127.0.0.1", "PORT": "0", "ACCESS_LOG": "off"])
        let config = CommonConfig(&reader, service: .ticket, uses: [])
        let router = Router()
        router.get("/api/events") { context in
            .success { $0.member("fields", context.request.headers.count) }
        }
        let runtime = ServiceRuntime(.ticket, config: config, uses: [], group: group)
        let ticket = ServiceProcess(runtime: runtime, app: ServiceApp(router: router))
        let gateway = try await GatewayFixture.make(upstream: try await ticket.start())
        let port = gateway.port
        try await group.next().run {
            for (count, status) in [(100, "200"), (101, "431")] {
                let connection = try await RawConnection.connect(port)
                // One more: Host.
                let fields = (1..<count).map { "X-Field-\($0): value\r\n" }.joined()
                try await connection.send("GET /api/events HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
                #expect(try await connection.head().hasPrefix("HTTP/1.1 \(status) "), "\(count)")
                connection.stream.close()
            }
        }
        try await gateway.close()
        await ticket.stop(grace: .seconds(0))
    }

    /// The upstream could send for ever; as the client reads nothing, it gets to send only what fits into the buffers between them.
    @Test func aSlowReaderSlowsTheUpstream() async throws {
        let written = Atomic<Int>(0)
        let upstream = try await Upstreams.start { request in
            HTTPResponse(
                status: .ok,
                body: .stream(length: nil) { writer in
                    let piece = [UInt8](repeating: 7, count: 64 * 1024)
                    for _ in 0..<4096 {
                        try await writer.write(piece)
                        written.add(piece.count, ordering: .relaxed)
                    }
                })
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            let connection = try await RawConnection.connect(port)
            try await connection.send("GET /api/events/flood HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await connection.head()
            // When nothing moves any more, the pressure has reached the upstream.
            let kept = try await settled { written.load(ordering: .relaxed) }
            // 256 MB were to be sent; the kernel's socket buffers on two connections take some megabytes.
            #expect(kept > 0 && kept < 48 << 20)
            connection.stream.close()
        }
        try await gateway.close()
        await upstream.stop()
    }

    @Test func whoDoesNotAnswerIsNamedSo() async throws {
        let started = Atomic<Int>(0)
        let upstream = try await Upstreams.start { request in
            started.add(1, ordering: .relaxed)
            try? await request.loop.sleep(nanoseconds: 3_000_000_000)
            return Upstreams.ok("late")
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["UPSTREAM_TIMEOUT_SECONDS": "1"])
        let slow = try await gateway.send(.post, "/api/payments/confirm", json: "{}")
        #expect(slow.status == 504)
        #expect(slow.code == "UPSTREAM_TIMEOUT")
        #expect(started.load(ordering: .relaxed) == 1)
        try await gateway.close()
        await upstream.stop()

        let down = try await GatewayFixture.make(upstream: 1)
        let refused = try await down.get("/api/events")
        #expect(refused.status == 502)
        #expect(refused.code == "UPSTREAM_FAILED")
        #expect(refused.headers["x-request-id"] != nil)
        try await down.close()
    }

    @Test func instancesShareTheRequests() async throws {
        let first = try await Upstreams.start { _ in Upstreams.ok("first") }
        let second = try await Upstreams.start { _ in Upstreams.ok("second") }
        let urls = [first.port, 1, second.port].map { "http://127.0.0.1:\($0)" }.joined(separator: ",")
        let gateway = try await GatewayFixture.make(upstream: 1, ["TICKET_SERVICE_URL": urls])
        for _ in 0..<20 { #expect(try await gateway.send(.post, "/api/seats/reserve", json: "{}").status == 200) }
        #expect(first.seen.count + second.seen.count == 20)
        #expect(first.seen.count >= 5 && second.seen.count >= 5)
        let health = try await gateway.get("/health/all")
        #expect(health.status == 503)
        for (name, status) in [("ticket-1", "ok"), ("ticket-2", "unavailable"), ("ticket-3", "ok"), ("payment", "unavailable")] {
            #expect(health.json["checks"]?[name]?["status"] == .string(status), "\(name)")
        }
        try await gateway.close()
        await first.stop()
        await second.stop()
    }

    /// An upstream that dies in mid-answer: the client must not take the half for the whole.
    @Test func aBrokenAnswerIsBrokenForTheClientToo() async throws {
        let upstream = try await Upstreams.start { _ in
            HTTPResponse(
                status: .ok,
                body: .stream(length: 1_000_000) { writer in
                    try await writer.write([UInt8](repeating: 1, count: 100_000))
                    throw HTTPBodyError.closed
                })
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        await #expect(throws: (any Error).self) { _ = try await gateway.get("/api/events/broken") }
        try await gateway.close()
        await upstream.stop()
    }
}
