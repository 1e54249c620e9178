// What never gets through the edge, who is let in, and what the web app answers.
import Glibc
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct EdgeTests {
    static let internalPaths = [
        "/internal", "/internal/", "/internal/users", "/internal?x", "/Internal/users", "/INTERNAL", "/%69nternal/users",
        "/%49nternal", "/intern%61l/users", "//internal/users", "///internal", "/./internal", "/api/../internal/users",
        "/api/%2e%2e/internal/users", "/api/.%2E/internal", "/api/auth/../../internal/users", "/api/auth/..%2f..%2finternal/users",
        "/api/auth/..%5c..%5cinternal", "/api/auth/%252e%252e/internal", "/api/auth/%2e%2e%2finternal", "/api/events/..;/internal",
        "/api//internal/users", "/api/auth//internal", "/api/auth/./me", "/socket.io/../internal", "/socket.io/%2e%2e/internal/users",
        "/internal;x=1/users", "/internal%2fusers", "/internal%00", "/api/events/%00", "/api/events/%zz", "/internal%5cusers",
        "/%2finternal",
        "/a/../internal", "/uploads/../internal/users", "/internal#x",
    ]

    /// Sent as they are: an ordinary client would tidy them up.
    @Test func internalIsNowhere() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("reached") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let port = gateway.port
        try await EventLoopGroup.shared.next().run {
            for path in Self.internalPaths {
                for method in ["GET", "POST"] {
                    let connection = try await RawConnection.connect(port)
                    try await connection.send(
                        "\(method) \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tiketi-development-internal-token\r\n"
                            + "Content-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    let answer = String(decoding: try await connection.toEnd(), as: UTF8.self)
                    connection.stream.close()
                    let status = answer.split(separator: " ").dropFirst().first ?? ""
                    #expect(["404", "400", "405"].contains(status), "\(method) \(path): \(answer)")
                    #expect(!answer.contains("reached"), "\(method) \(path)")
                }
            }
            // The absolute form names a server, not another route.
            let connection = try await RawConnection.connect(port)
            try await connection.send("GET http://ticket:3002/internal/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(String(decoding: try await connection.toEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 404 "))
            connection.stream.close()
        }
        // Only paths that no reader could lead elsewhere may have been asked for.
        for seen in upstream.seen { #expect(seen.target.hasPrefix("/api/events/..;/") == false, "\(seen.target)") }
        #expect(upstream.seen.isEmpty)
        try await gateway.close()
        await upstream.stop()
    }

    @Test(arguments: [
        "/api", "/api/", "/api/unknown", "/api/eventsx", "/internal/x", "/health/x", "/metrics/x", "/socket.iox/none.txt", "/socket.io/x",
        "/uploads/none.png",
    ])
    func unknownPathsAreJSON(path: String) async throws {
        let gateway = try await GatewayFixture.make()
        let answer = try await gateway.get(path)
        #expect(answer.status == 404)
        #expect(answer.code == "NOT_FOUND")
        #expect(answer.json["requestId"]?.stringValue == answer.headers["x-request-id"])
        try await gateway.close()
    }

    @Test func servesTheWebApp() async throws {
        let root = try TemporaryDirectory("tiketi-web")
        func put(_ name: String, _ text: String) {
            let file = open(root.path + "/" + name, O_WRONLY | O_CREAT, 0o600)
            _ = write(file, text, text.utf8.count)
            close(file)
        }
        put("index.html", "<!doctype html><title>page</title>")
        mkdir(root.path + "/assets", 0o700)
        put("assets/app-1234.js", "export {}")
        mkdir(root.path + "/socket.io", 0o700)
        put("socket.io/socket.io.js", "var io")
        put("socket.io/other.js", "no")
        put(".hidden", "secret")
        symlink("/etc/passwd", root.path + "/passwd")
        let gateway = try await GatewayFixture.make(["WEB_ROOT": root.path])
        let page = try await gateway.get("/")
        #expect(page.text.contains("page"))
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        #expect(page.headers["cache-control"] == "no-cache")
        for path in ["/login", "/events/42/seats", "/my-reservations?page=2", "/%ED%95%9C%EA%B8%80"] {
            #expect(try await gateway.get(path).text == page.text, "\(path)")
        }
        let tag = try #require(page.headers["etag"])
        for value in [tag, "\"other\", \(tag)", "W/\(tag)", "*"] {
            let again = try await gateway.send(.get, "/", headers: ["If-None-Match": value])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
        }
        let script = try await gateway.get("/assets/app-1234.js")
        #expect(script.headers["content-type"] == "text/javascript; charset=utf-8")
        #expect(script.headers["cache-control"]?.contains("immutable") == true)
        // The stock Socket.IO client, if the build has it; the rest of that prefix is the hubs'.
        let client = try await gateway.get("/socket.io/socket.io.js")
        #expect(client.text == "var io" && client.headers["content-type"] == "text/javascript; charset=utf-8")
        #expect(client.headers["etag"] != nil && client.headers["cache-control"] == "no-cache")
        for path in ["/socket.io/socket.io.min.js", "/socket.io/other.js"] {
            #expect(try await gateway.get(path).code == "NOT_FOUND", "\(path)")
        }
        for path in ["/.hidden", "/passwd", "/assets/none.js", "/../etc/passwd", "/assets/..%2f..%2fetc/passwd"] {
            let answer = try await gateway.get(path)
            #expect(!answer.text.contains("secret") && !answer.text.contains("root:"), "\(path)")
        }
        #expect(try await gateway.get("/assets/none.js").status == 404)
        #expect(try await gateway.send(.post, "/login").status == 405)
        try await gateway.close()
    }

    @Test func operationsPagesAreNoBusinessOfStrangers() async throws {
        let secret = String(repeating: "o", count: 32)
        let settings = [
            "NODE_ENV": "staging", "OPERATIONS_TOKEN": secret, "DB_PASSWORD": "not-the-published-one", "DB_SSLMODE": "verify-full",
            "JWT_SECRET": CommonConfig.developmentJWTSecret + "-of-this-test",
            "INTERNAL_API_TOKEN": CommonConfig.developmentInternalToken + "-of-this-test",
        ]
        let gateway = try await GatewayFixture.make(settings)
        for path in ["/metrics", "/health/db", "/health/redis", "/health/all"] {
            #expect(try await gateway.get(path).code == "NOT_FOUND", "\(path)")
            #expect(try await gateway.get(path, token: secret + "x").code == "NOT_FOUND", "\(path)")
            #expect(try await gateway.get(path, token: GatewayFixture.token()).code == "NOT_FOUND", "\(path)")
            #expect([200, 503].contains(try await gateway.get(path, token: secret).status), "\(path)")
        }
        #expect(try await gateway.get("/health").status == 200)
        try await gateway.close()
    }

    /// The operator's own port asks for no token; nothing of the product is there.
    @Test func operationsHaveAPortOfTheirOwn() async throws {
        let port = try TestPostgres.freePort()
        let gateway = try await GatewayFixture.make(["OPERATIONS_PORT": "\(port)"])
        let operations = TestClient(port: port)
        for path in ["/metrics", "/health", "/health/db", "/health/redis", "/health/all", "/ready"] {
            #expect([200, 503].contains(try await operations.get(path).status), "\(path)")
        }
        #expect(try await operations.get("/metrics").text.contains("process_start_time_seconds"))
        for path in ["/api/events", "/api/config", "/", "/uploads/a.png"] {
            #expect(try await operations.get(path).status == 404, "\(path)")
        }
        try await gateway.close()
    }

    @Test func packedBodiesAreRefused() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("reached") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        for coding in ["gzip", "br", "deflate, gzip", "X"] {
            let headers: HTTPHeaders = ["Content-Encoding": coding, "Content-Type": "application/json"]
            for path in ["/api/auth/login", "/api/news"] {
                let answer = try await gateway.send(.post, path, headers: headers, body: .bytes([0x1F, 0x8B, 8]))
                #expect(answer.status == 415, "\(coding) \(path)")
                #expect(answer.code == "UNSUPPORTED_MEDIA_TYPE")
                #expect(answer.headers["accept-encoding"] == "identity")
            }
        }
        let plain = try await gateway.send(.post, "/api/auth/login", headers: ["Content-Encoding": "identity"], body: .bytes([1]))
        #expect(plain.text == "reached")
        #expect(upstream.seen.count == 1)
        try await gateway.close()
        await upstream.stop()
    }

    /// How proxies spell a client's address: with a port, in brackets, IPv4 inside of IPv6.
    @Test func everyClientIsCountedByItsOwnAddress() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(
            upstream: upstream.port,
            [
                "RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_REQUESTS": "1", "RATE_LIMIT_WINDOW_SECONDS": "600",
                "TRUSTED_PROXIES": "127.0.0.1/32, 10.0.0.0/8",
            ])
        func ask(_ forwarded: String) async throws -> Int {
            try await gateway.send(.get, "/api/events", headers: ["X-Forwarded-For": forwarded]).status
        }
        for (number, form) in [
            "198.51.100.%:40001", "::ffff:192.0.2.%", "[2001:db8:%::1]:443", "[2001:db8:a%::1]", "\"[2001:db8:b%::1]:9\"",
        ].enumerated() {
            for client in 1...9 {
                let address = form.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\(client)")
                #expect(try await ask(address) == 200, "\(number) \(address)")
            }
        }
        // One client, however it is spelled, and behind whichever trusted proxy.
        #expect(try await ask("198.51.100.1") == 429)
        #expect(try await ask("::ffff:198.51.100.2") == 429)
        #expect(try await ask("[::ffff:198.51.100.3]:1, 10.1.2.3:5000, [::ffff:10.9.9.9]:80") == 429)
        #expect(upstream.seen.last?.headers["x-forwarded-for"] == "2001:db8:b9::1")
        try await gateway.close()
        await upstream.stop()
    }

    /// An empty or made-up session id opens no way around the limit.
    @Test func handshakesAreCounted() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(
            upstream: upstream.port,
            ["RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_REQUESTS": "5", "RATE_LIMIT_WINDOW_SECONDS": "600"])
        var statuses: [Int] = []
        for query in ["sid=", "sid=&x=1", "x&sid=", "sid=made-up", "sid", "sid=", "transport=polling"] {
            statuses.append(try await gateway.get("/socket.io/?EIO=4&\(query)").status)
        }
        #expect(statuses == [200, 200, 200, 200, 200, 429, 429])
        try await gateway.close()
        await upstream.stop()
    }

    @Test func originsAreChecked() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(
            upstream: upstream.port, ["SOCKET_IO_CORS_ORIGIN": "https://shop.example, http://localhost:3000"])
        func ask(_ origin: String, _ method: HTTPMethod = .get, _ more: HTTPHeaders = HTTPHeaders()) async throws -> TestResponse {
            var headers = more
            headers.add("Origin", origin)
            return try await gateway.send(method, "/api/events", headers: headers)
        }
        let welcome = try await ask("https://shop.example")
        #expect(welcome.headers["access-control-allow-origin"] == "https://shop.example")
        #expect(welcome.headers["access-control-allow-credentials"] == "true")
        #expect(welcome.headers["vary"] == "Origin")
        #expect(try await ask("http://127.0.0.1:\(gateway.port)").headers["access-control-allow-origin"] != nil)
        for stranger in ["https://evil.example", "null", "https://shop.example.evil", "http://shop.example"] {
            let answer = try await ask(stranger)
            #expect(answer.status == 200)
            #expect(answer.headers["access-control-allow-origin"] == nil, "\(stranger)")
        }
        let preflight = try await ask("https://shop.example", .options, ["Access-Control-Request-Method": "PUT"])
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-methods"]?.contains("PUT") == true)
        #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
        #expect(
            try await ask("https://evil.example", .options, ["Access-Control-Request-Method": "PUT"]).headers["access-control-allow-origin"]
                == nil)
        // An error is readable for the page as well.
        let missing = try await gateway.send(.get, "/api/none", headers: ["Origin": "https://shop.example"])
        #expect(missing.status == 404)
        #expect(missing.headers["access-control-allow-origin"] == "https://shop.example")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func floodsAreStopped() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(
            upstream: upstream.port,
            [
                "RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_REQUESTS": "20", "RATE_LIMIT_WRITES": "3", "RATE_LIMIT_WINDOW_SECONDS": "600",
                "TRUSTED_PROXIES": "127.0.0.1/32",
            ])
        func ask(_ address: String, _ method: HTTPMethod = .get, token: String? = nil) async throws -> TestResponse {
            try await gateway.send(method, "/api/events", headers: ["X-Forwarded-For": address], token: token)
        }
        for _ in 0..<20 { #expect(try await ask("203.0.113.1").status == 200) }
        let refused = try await ask("203.0.113.1")
        #expect(refused.status == 429)
        #expect(refused.code == "RATE_LIMITED")
        #expect((Int(refused.headers["retry-after"] ?? "") ?? 0) >= 1)
        #expect(try await ask("203.0.113.2").status == 200)
        // A /64 of IPv6 is one customer.
        for index in 0..<20 { #expect(try await ask("2001:db8::\(index)").status == 200) }
        #expect(try await ask("2001:db8::ffff").status == 429)
        #expect(try await ask("2001:db8:0:1::1").status == 200)
        // Writes count for the user, wherever they come from.
        let token = GatewayFixture.token(.user)
        for index in 0..<3 { #expect(try await ask("198.51.100.\(index)", .post, token: token).status == 200) }
        #expect(try await ask("198.51.100.9", .post, token: token).status == 429)
        #expect(try await ask("198.51.100.9", .get, token: token).status == 200)
        #expect(try await ask("198.51.100.9", .post, token: GatewayFixture.token(.user)).status == 200)
        // Probes are never refused.
        for _ in 0..<40 { #expect(try await gateway.get("/health").status == 200) }
        try await gateway.close()
        await upstream.stop()
    }

    @Test func healthTellsWhatIsDown() async throws {
        let upstream = try await Upstreams.start { _ in Upstreams.ok(#"{"success":true}"#) }
        let redis = try await TestRedis()
        let gateway = try await GatewayFixture.make(upstream: upstream.port, redis: redis)
        #expect(try await gateway.get("/health").status == 200)
        #expect(try await gateway.get("/health/db").status == 200)
        #expect(try await gateway.get("/health/redis").status == 200)
        let all = try await gateway.get("/health/all")
        #expect(all.status == 200)
        for name in ["postgres", "redis", "auth", "ticket", "payment", "stats", "realtime"] {
            #expect(all.json["checks"]?[name]?["status"]?.stringValue == "ok", "\(name)")
            #expect(all.json["checks"]?[name]?["latencyMs"]?.doubleValue != nil)
        }
        await upstream.stop()
        redis.kill()
        let down = try await gateway.get("/health/all")
        #expect(down.status == 503)
        #expect(down.json["checks"]?["redis"]?["status"]?.stringValue == "unavailable")
        #expect(down.json["checks"]?["ticket"]?["status"]?.stringValue == "unavailable")
        #expect(down.json["checks"]?["postgres"]?["status"]?.stringValue == "ok")
        #expect(try await gateway.get("/health/redis").status == 503)
        try await gateway.close()
    }
}
