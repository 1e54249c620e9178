// The web app as browsers get it: files, codings, the page, its policy and its cards.
import Glibc
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import GatewayService

@Suite struct WebTests {
    private static let page = """
        <!doctype html><html lang="ko"><head><meta charset="utf-8"><meta name="description" content="as built"><title>Tiketi</title>\
        <script type="module" src="/assets/main-ABCD1234.js"></script></head><body><div id="root"></div></body></html>
        """

    /// A built app in a folder of its own.
    private static func app() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory("tiketi-dist")
        mkdir(root.path + "/assets", 0o700)
        for (name, text) in [
            ("index.html", page), ("assets/main-ABCD1234.js", "plain"), ("assets/main-ABCD1234.js.gz", "gzipped"),
            ("assets/main-ABCD1234.js.br", "brotli"), ("assets/logo-12345678.svg", "<svg/>"), ("robots.txt", "User-agent: *"),
        ] { put(root.path + "/" + name, text) }
        return root
    }

    private static func put(_ path: String, _ text: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = write(file, text, text.utf8.count)
        close(file)
    }

    @Test func assetsComeInTheBestCodingThatIsTaken() async throws {
        let root = try Self.app()
        let gateway = try await GatewayFixture.make(["WEB_ROOT": root.path])
        func ask(_ coding: String?, _ path: String = "/assets/main-ABCD1234.js") async throws -> TestResponse {
            try await gateway.send(.get, path, headers: coding.map { ["Accept-Encoding": $0] } ?? HTTPHeaders())
        }
        for (accepted, body, coding) in [
            (nil, "plain", nil), ("gzip, deflate, br", "brotli", "br"), ("gzip", "gzipped", "gzip"), ("br;q=0, gzip", "gzipped", "gzip"),
            ("identity", "plain", nil), ("*", "brotli", "br"), ("*;q=0", "plain", nil), ("BR", "brotli", "br"),
        ] as [(String?, String, String?)] {
            let answer = try await ask(accepted)
            #expect(answer.text == body, "\(accepted ?? "nothing")")
            #expect(answer.headers["content-encoding"] == coding)
            #expect(answer.headers["vary"] == "Accept-Encoding")
            #expect(answer.headers["cache-control"] == "public, max-age=31536000, immutable")
            #expect(answer.headers["content-type"] == "text/javascript; charset=utf-8")
        }
        // Each form has a tag of its own (RFC 9110 §8.8.3.3).
        let (plain, packed) = (try await ask(nil).headers["etag"], try await ask("br").headers["etag"])
        #expect(plain != packed)
        let again = try await gateway.send(
            .get, "/assets/main-ABCD1234.js", headers: ["Accept-Encoding": "br", "If-None-Match": packed ?? ""])
        #expect(again.status == 304)
        #expect(again.headers["content-encoding"] == nil)
        #expect(try await ask(nil, "/assets/logo-12345678.svg").headers["cache-control"]?.contains("immutable") == true)
        #expect(try await ask(nil, "/robots.txt").headers["cache-control"] == "no-cache")
        // The copies are no files of their own.
        #expect(try await ask(nil, "/assets/main-ABCD1234.js.br").status == 404)
        try await gateway.close()
    }

    @Test func aNewBuildShowsInDevelopment() async throws {
        let root = try Self.app()
        let gateway = try await GatewayFixture.make(["WEB_ROOT": root.path])
        #expect(try await gateway.get("/login").text.contains("ABCD1234"))
        Self.put(root.path + "/assets/main-NEWBUILD.js", "new")
        Self.put(root.path + "/next.html", Self.page.split(separator: "ABCD1234").joined(separator: "NEWBUILD"))
        rename(root.path + "/next.html", root.path + "/index.html")
        try await eventually { try await gateway.get("/login").text.contains("NEWBUILD") }
        #expect(try await gateway.get("/assets/main-NEWBUILD.js").text == "new")
        try await gateway.close()
    }

    @Test func everyAnswerIsProtected() async throws {
        let root = try Self.app()
        let upstream = try await Upstreams.start { _ in Upstreams.ok("x") }
        let gateway = try await GatewayFixture.make(upstream: upstream.port, ["WEB_ROOT": root.path])
        for path in ["/", "/assets/main-ABCD1234.js", "/api/events", "/api/none", "/api/config", "/health", "/../x", "/api/admin/users"] {
            let headers = try await gateway.get(path).headers
            let policy = headers["content-security-policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'self'; "), "\(path)")
            #expect(policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'") && policy.contains("base-uri 'self'"))
            #expect(!policy.contains("unsafe") && !policy.contains("toss") && !policy.contains("google"))
            #expect(headers.values("x-content-type-options") == ["nosniff"], "\(path)")
            #expect(headers["referrer-policy"] == "strict-origin-when-cross-origin")
            #expect(headers["strict-transport-security"] == nil)
        }
        // Refused at the edge itself, and by another method.
        #expect(try await gateway.send(.post, "/login").headers["content-security-policy"] != nil)
        try await gateway.close()
        await upstream.stop()
    }

    /// The answers that the HTTP layer gives before a route is known, and the refusals of the edge's limits.
    @Test func refusalsBelowTheRouterAreProtected() async throws {
        let gateway = try await GatewayFixture.make(["MAX_CONNECTIONS": "6"])
        let port = gateway.port
        let requests = [
            400: "BROKEN\r\n\r\n", 414: "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            413: "POST /api/news HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
            431: "GET / HTTP/1.1\r\nHost: a\r\n\((0..<120).map { "X-\($0): 1\r\n" }.joined())\r\n",
        ]
        try await EventLoopGroup.shared.next().run {
            func isProtected(_ head: String, _ status: Int) {
                #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(head)")
                for field in [
                    "Content-Security-Policy: default-src 'self'; ", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff\r\n",
                    "Referrer-Policy: strict-origin-when-cross-origin\r\n", "X-Frame-Options: DENY\r\n", "Cache-Control: no-store\r\n",
                ] { #expect(head.contains(field), "\(status): \(field)") }
                #expect(head.split(separator: "\r\n").filter { $0.hasPrefix("X-Content-Type-Options:") }.count == 1, "\(status)")
            }
            for (status, request) in requests {
                let connection = try await RawConnection.connect(port)
                try await connection.send(request)
                isProtected(try await connection.head(), status)
                _ = try await connection.toEnd()
                connection.stream.close()
            }
            // More than may be open, those that linger from above included.
            var held: [RawConnection] = []
            for _ in 0..<7 { held.append(try await RawConnection.connect(port)) }
            isProtected(try await held[6].head(), 503)
            for connection in held { connection.stream.close() }
        }
        try await gateway.close()
    }

    @Test func hostsOfOthersAreAllowedWhereConfigured() {
        let policy = ContentSources(usesToss: true, usesGoogle: true, socketOrigin: "wss://tickets.example").policy
        let directives = Dictionary(
            uniqueKeysWithValues: policy.split(separator: ";").map { directive in
                let words = directive.split(separator: " ")
                return (String(words[0]), words.dropFirst().map { String($0) })
            })
        #expect(directives["script-src"] == ["'self'", "https://js.tosspayments.com", "https://accounts.google.com/gsi/client"])
        #expect(directives["connect-src"]?.contains("wss://tickets.example") == true)
        #expect(directives["frame-src"] == ["https://*.tosspayments.com", "https://accounts.google.com/gsi/"])
        #expect(ContentSources().policy.contains("frame-src 'none'"))
        let production = SecurityHeaders(ContentSources(), isProduction: true)
        var response = HTTPResponse(status: .ok)
        production.apply(
            to: &response,
            of: HTTPRequest(target: "/", peer: SocketAddress(literal: "127.0.0.1", port: 1)!, loop: EventLoopGroup.shared.next()))
        #expect(response.headers["strict-transport-security"] == "max-age=31536000")
    }

    @Test func personalAnswersAreNotStored() async throws {
        let upstream = try await Upstreams.start { request in
            var response = Upstreams.ok("x")
            if request.path == "/api/events/public" { response.headers.add("Cache-Control", "public, max-age=5") }
            return response
        }
        let gateway = try await GatewayFixture.make(upstream: upstream.port)
        let token = GatewayFixture.token(.user)
        func control(_ method: HTTPMethod, _ path: String, token: String? = nil) async throws -> String? {
            try await gateway.send(method, path, token: token).headers["cache-control"]
        }
        #expect(try await control(.get, "/api/reservations/my", token: token) == "no-store")
        #expect(try await control(.post, "/api/auth/login") == "no-store")
        #expect(try await control(.get, "/api/auth/me") == "no-store")
        #expect(try await control(.get, "/api/admin/users") == "no-store")
        #expect(try await control(.get, "/api/config") == "no-store")
        #expect(try await control(.get, "/api/events") == nil)
        #expect(try await control(.get, "/api/events/public", token: token) == "public, max-age=5")
        try await gateway.close()
        await upstream.stop()
    }

    @Test func theAppIsToldItsSettings() async throws {
        let gateway = try await GatewayFixture.make(["TOSS_CLIENT_KEY": "test_ck_1", "MAX_SEATS_PER_USER": "6", "HOLD_SECONDS": "600"])
        let json = try await gateway.get("/api/config").json
        #expect(json["success"] == .bool(true))
        #expect(json["tossClientKey"]?.stringValue == "test_ck_1")
        #expect(json["googleClientId"] == .null)
        #expect(json["maxSeatsPerUser"]?.intValue == 6)
        #expect(json["holdSeconds"]?.intValue == 600)
        #expect(json["languages"]?.arrayValue?.map { $0.stringValue } == ["ko", "en"])
        let time = try #require(json["serverTime"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
        #expect(abs(time.seconds - Timestamp.now().seconds) < 60)
        try await gateway.close()
    }

    @Test func sharedLinksShowTheEvent() async throws {
        let root = try Self.app()
        let id = UUID()
        let upstream = try await Upstreams.start { request in
            guard request.path == "/api/events/\(id)" else { return HTTPResponse(status: .notFound) }
            let event = #"""
                {"success":true,"event":{"title":"</title><script>alert(1)</script> & \"봄\"","venue":"홀 </script><!--","address":"서울",
                "description":"첫 줄\n둘째 줄","eventDate":"2026-03-15T19:00:00Z","status":"on_sale","posterImageUrl":"/uploads/a.png",
                "artistName":"아이유","ticketTypes":[{"price":90000},{"price":150000}]}}
                """#
            return .json(bytes: Array(event.utf8))
        }
        let gateway = try await GatewayFixture.make(
            upstream: upstream.port, ["WEB_ROOT": root.path, "PUBLIC_URL": "https://tickets.example"])
        let page = try await gateway.get("/events/\(id)").text
        #expect(page.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;봄&quot;</title>"))
        #expect(page.contains(#"<meta property="og:description" content="첫 줄 둘째 줄">"#))
        #expect(page.contains(#"<meta property="og:url" content="https://tickets.example/events/\#(id)">"#))
        #expect(page.contains(#"<meta property="og:image" content="https://tickets.example/uploads/a.png">"#))
        #expect(!page.contains("<script>") && !page.contains("as built"))
        let data = try #require(page.split(separator: #"<script type="application/ld+json">"#).last?.split(separator: "</script>").first)
        let json = try JSONValue.parse(Array(data.utf8))
        #expect(json["@type"]?.stringValue == "Event")
        #expect(json["location"]?["name"]?.stringValue == "홀 </script><!--")
        #expect(json["offers"]?["lowPrice"]?.intValue == 90_000 && json["offers"]?["highPrice"]?.intValue == 150_000)
        // An event that nobody knows, and every other page, are as they were built.
        #expect(try await gateway.get("/events/\(UUID())").text == Self.page)
        #expect(try await gateway.get("/login").text.contains("as built"))
        #expect(try await gateway.get("/").text.contains(#"<meta property="og:url" content="https://tickets.example/">"#))
        // Asked once for both readers.
        _ = try await gateway.get("/events/\(id)")
        #expect(upstream.seen.filter { $0.target == "/api/events/\(id)" }.count == 1)
        try await gateway.close()
        await upstream.stop()
    }
}
