import Testing
import TiketiNet

@testable import TiketiRealtime

/// What the official engine.io-protocol suite checks, and the items of the compatibility list it does not.
@Suite(.timeLimit(.minutes(5))) struct EngineServerTests {
    @Test func pollingHandshake() async throws {
        let hub = try await TestHub.start {
            $0.engine.pingInterval = .milliseconds(300)
            $0.engine.pingTimeout = .milliseconds(200)
        }
        let answer = try await hub.request("GET", "EIO=4&transport=polling&t=abc&b64=1&unknown=x", headers: ["Origin: https://x.example"])
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/plain; charset=UTF-8")
        #expect(answer.headers["cache-control"] == "no-store")
        #expect(answer.headers["access-control-allow-origin"] == nil)
        let pattern = /0\{"sid":"[A-Za-z0-9_\-]{20}","upgrades":\["websocket"\],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000\}/
        #expect(answer.body.wholeMatch(of: pattern) != nil, "\(answer.body)")
        #expect(try await hub.request("GET", "EIO=4&transport=polling", path: "/socket.io/anything").status == 200)
        #expect(try await hub.request("GET", "EIO=4&transport=polling", path: "/socket.io").status == 404)
    }

    @Test func refusals() async throws {
        let hub = try await TestHub.start()
        let cases: [(String, String, Int, String)] = [
            ("GET", "EIO=4", 0, "Transport unknown"), ("GET", "EIO=4&transport=abc", 0, "Transport unknown"),
            ("GET", "EIO=3&transport=abc", 0, "Transport unknown"), ("GET", "EIO=4&transport=polling&sid=nope", 1, "Session ID unknown"),
            ("POST", "EIO=4&transport=polling&sid=__proto__", 1, "Session ID unknown"),
            ("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", 1, "Session ID unknown"),
            ("POST", "EIO=4&transport=polling", 2, "Bad handshake method"), ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"),
            ("GET", "EIO=4&transport=websocket", 3, "Bad request"), ("GET", "transport=polling", 5, "Unsupported protocol version"),
            ("GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version"),
            ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"),
            ("GET", "EIO=5&transport=polling", 5, "Unsupported protocol version"),
        ]
        for (method, query, code, message) in cases {
            let answer = try await hub.request(method, query)
            #expect(answer.status == 400 && answer.headers["content-type"] == "application/json", "\(query)")
            #expect(answer.body == "{\"code\":\(code),\"message\":\"\(message)\"}", "\(method) \(query)")
        }
        let upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        let answer = try await hub.request("GET", "EIO=3&transport=websocket", headers: upgrade)
        #expect(answer.status == 400 && answer.headers["content-type"] == "text/html" && answer.body == "Unsupported protocol version")
    }

    @Test func corsEchoesTheOriginAlsoOnErrors() async throws {
        let hub = try await TestHub.start { $0.engine.origins = EngineOrigins("https://a.example, https://b.example") }
        for query in ["EIO=4&transport=polling", "EIO=4&transport=polling&sid=x"] {
            let answer = try await hub.request("GET", query, headers: ["Origin: https://b.example"])
            #expect(answer.headers["access-control-allow-origin"] == "https://b.example")
            #expect(answer.headers["access-control-allow-credentials"] == "true")
            #expect(answer.headers["vary"] == "Origin")
            #expect(
                try await hub.request("GET", query, headers: ["Origin: https://evil.example"]).headers["access-control-allow-origin"] == nil
            )
        }
        let preflight = try await hub.request(
            "OPTIONS", "EIO=4&transport=polling", headers: ["Origin: https://a.example", "Access-Control-Request-Headers: authorization"])
        #expect(preflight.status == 204 && preflight.headers["access-control-allow-headers"] == "authorization")
        #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
        // CORS does not protect WebSockets.
        await #expect(throws: WebSocketError.self) {
            try await hub.websocket("EIO=4&transport=websocket", headers: [("Origin", "https://evil.example")]) { _ in }
        }
        let opened = try await hub.websocket("EIO=4&transport=websocket", headers: [("Origin", "https://a.example")]) { await $0.next() }
        #expect(opened.hasPrefix("0{"))
    }

    @Test func pollingCarriesMessages() async throws {
        let hub = try await TestHub.start()
        let sid = try await hub.openPolling()
        let query = "EIO=4&transport=polling&sid=\(sid)"
        let post = try await hub.request("POST", query, body: "40")
        #expect(post.status == 200 && post.body == "ok" && post.headers["content-type"] == "text/html")
        let connected = try await hub.request("GET", query)
        #expect(connected.body.hasPrefix("40{\"sid\":\""))
        #expect(connected.body.contains(sid) == false)
        let rest = connected.body.contains("auth") ? "" : try await hub.request("GET", query).body
        #expect((connected.body + rest).hasSuffix("42[\"auth\",{}]"))
        // Several packets, with an attachment, chunked.
        let several = "42[\"message\",1,\"é\"]\u{1E}451-[\"message\",{\"_placeholder\":true,\"num\":0}]\u{1E}bAQIDBA=="
        #expect(try await hub.request("POST", query, body: several).body == "ok")
        let echoed = try await hub.request("GET", query)
        #expect(echoed.body == "42[\"message-back\",1,\"é\"]\u{1E}451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\u{1E}bAQIDBA==")
        #expect(echoed.headers["content-length"] == "\(echoed.body.utf8.count)")
    }

    @Test func invalidPacketsEndTheSession() async throws {
        let hub = try await TestHub.start()
        for body in ["abc", "2", "", "4\u{1E}", "b!"] {
            let sid = try await hub.openPolling()
            #expect(try await hub.request("POST", "EIO=4&transport=polling&sid=\(sid)", body: body).status == 400, "\(body)")
            #expect(try await hub.request("GET", "EIO=4&transport=polling&sid=\(sid)").status == 400, "\(body)")
        }
        let sid = try await hub.openPolling()
        let relic = ["Content-Type: application/octet-stream"]
        #expect(try await hub.request("POST", "EIO=4&transport=polling&sid=\(sid)", body: "40", headers: relic).status == 400)
        #expect(try await hub.request("GET", "EIO=4&transport=polling&sid=\(sid)").status == 400)
    }

    @Test func tooLargePostIsRefusedAndTheSessionLives() async throws {
        let hub = try await TestHub.start { $0.engine.maxPayload = 1000 }
        let sid = try await hub.openPolling()
        let query = "EIO=4&transport=polling&sid=\(sid)"
        #expect(try await hub.request("POST", query, body: String(repeating: "4", count: 1001)).status == 413)
        #expect(try await hub.request("POST", query, body: "40").status == 200)
    }

    @Test func duplicatePollsEndTheSession() async throws {
        let hub = try await TestHub.start()
        let sid = try await hub.openPolling()
        let query = "EIO=4&transport=polling&sid=\(sid)"
        async let first = hub.request("GET", query)
        async let second = hub.request("GET", query)
        let answers = try await [first, second].sorted { $0.status < $1.status }
        #expect(answers[0].status == 200 && answers[0].body == "1")
        #expect(answers[1].status == 400)
        #expect(try await hub.request("GET", query).body == "{\"code\":1,\"message\":\"Session ID unknown\"}")
    }

    /// Quick pings, and patience with the answers of a busy machine.
    private static let quickHeartbeat: @Sendable (inout SocketIOConfiguration) -> Void = {
        $0.engine.pingInterval = .milliseconds(50)
        $0.engine.pingTimeout = .milliseconds(1500)
    }

    @Test func heartbeatOverPolling() async throws {
        let hub = try await TestHub.start(Self.quickHeartbeat)
        let sid = try await hub.openPolling()
        let query = "EIO=4&transport=polling&sid=\(sid)"
        for _ in 0..<3 {
            #expect(try await hub.request("GET", query).body == "2")
            #expect(try await hub.request("POST", query, body: "3").body == "ok")
        }
        #expect(try await hub.request("GET", query).body == "2")
        // No pong: the poll ends with the session.
        #expect(try await hub.request("GET", query).body == "1")
        #expect(try await hub.request("GET", query).status == 400)
    }

    @Test func heartbeatOverWebSocket() async throws {
        let hub = try await TestHub.start(Self.quickHeartbeat)
        let messages = try await hub.websocket("EIO=4&transport=websocket") { connection in
            var seen: [String] = []
            while let message = try? await connection.receive() {
                seen.append(message.text)
                if message.text == "2" && seen.count < 4 { connection.send(text: "3") }
            }
            return seen
        }
        #expect(messages.first?.contains("\"upgrades\":[]") == true)
        #expect(messages.dropFirst() == ["2", "2", "2"])
    }

    @Test func closing() async throws {
        let hub = try await TestHub.start()
        // A poll that comes after the close finds no session; then the two have to race again.
        var end = ""
        while end != "6" {
            let query = "EIO=4&transport=polling&sid=\(try await hub.openPolling())"
            async let poll = hub.request("GET", query)
            let loop = EventLoopGroup.shared.loops[0]
            try await loop.run { try await loop.sleep(nanoseconds: 20_000_000) }
            #expect(try await hub.request("POST", query, body: "1").body == "ok")
            end = try await poll.body
            #expect(end == "6" || end.contains("Session ID unknown"), "\(end)")
            #expect(try await hub.request("GET", query).status == 400)
        }
        #expect(
            try await hub.websocket("EIO=4&transport=websocket") { connection in
                _ = await connection.next()
                connection.send(text: "1")
                return await connection.next()
            } == "closed")
        for bad in ["abc", "2", ""] {
            #expect(
                try await hub.websocket("EIO=4&transport=websocket") { connection in
                    _ = await connection.next()
                    connection.send(text: bad)
                    return await connection.next()
                } == "closed")
        }
    }

    @Test func abortedPollEndsTheSession() async throws {
        let hub = try await TestHub.start()
        for round in 0..<4 {
            let sid = try await hub.openPolling()
            let port = hub.port
            try await EventLoopGroup.shared.next().run {
                let stream = try await Stream.connect(
                    to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 1_000_000_000)
                stream.write(Array("GET /socket.io/?EIO=4&transport=polling&sid=\(sid) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                try await stream.flush()
                try await stream.loop.sleep(nanoseconds: 20_000_000)
                stream.close()
                while hub.server.statistics.closedByReason[.transportError, default: 0] <= round {
                    try await stream.loop.sleep(nanoseconds: 5_000_000)
                }
            }
            #expect(try await hub.request("POST", "EIO=4&transport=polling&sid=\(sid)", body: "40").status == 400)
        }
    }

    @Test func upgradeKeepsOrder() async throws {
        let hub = try await TestHub.start()
        // Several times, so that the WebSocket also arrives on another loop than the session's.
        for _ in 0..<8 {
            let sid = try await hub.openPolling()
            let query = "EIO=4&transport=polling&sid=\(sid)"
            _ = try await hub.request("POST", query, body: "40")
            async let held = hub.request("GET", query)
            let result = try await hub.websocket("EIO=4&transport=websocket&sid=\(sid)") { connection in
                connection.send(text: "2probe")
                guard await connection.next() == "3probe" else { return ["no probe answer"] }
                for _ in 0..<3 { _ = try await hub.request("GET", query) }
                _ = try await hub.request("POST", query, body: "42[\"message\",1]\u{1E}42[\"message\",2]")
                connection.send(text: "5")
                connection.send(text: "42[\"message\",3]")
                var seen: [String] = []
                while seen.last != "42[\"message-back\",3]" && seen.last != "closed" { seen.append(await connection.next()) }
                let poll = try await hub.request("GET", query)
                let post = try await hub.request("POST", query, body: "40")
                seen.append("\(poll.status) \(post.status) \(poll.body)")
                return seen
            }
            _ = try await held
            #expect(result.suffix(4).first == "42[\"message-back\",1]", "\(result)")
            #expect(result.last == "400 400 {\"code\":3,\"message\":\"Bad request\"}", "\(result)")
        }
    }

    @Test func secondWebSocketGoesAndTheFirstStays() async throws {
        let hub = try await TestHub.start()
        let sid = try await hub.openPolling()
        let result = try await hub.websocket("EIO=4&transport=websocket&sid=\(sid)") { first in
            first.send(text: "2probe")
            first.send(text: "5")
            _ = await first.next()
            let second = try await hub.websocket("EIO=4&transport=websocket&sid=\(sid)") { await $0.next() }
            first.send(text: "40")
            return [second, String(await first.next().prefix(2))]
        }
        #expect(result == ["closed", "40"])
    }

    @Test func wrongProbeIsClosedAndPollingGoesOn() async throws {
        let hub = try await TestHub.start()
        let sid = try await hub.openPolling()
        for wrong in ["4hello", "2", "5", "abc"] {
            #expect(
                try await hub.websocket("EIO=4&transport=websocket&sid=\(sid)") { connection in
                    connection.send(text: wrong)
                    return await connection.next()
                } == "closed")
        }
        #expect(try await hub.request("POST", "EIO=4&transport=polling&sid=\(sid)", body: "40").status == 200)
    }

    @Test func violationsOfTheWebSocketProtocol() async throws {
        let hub = try await TestHub.start { $0.engine.maxPayload = 1000 }
        let code = try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "4" + String(repeating: "x", count: 1000))
            _ = await connection.next()
            return connection.closeCode
        }
        #expect(code == .tooBig)
        let utf8 = try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(.text, [0x34, 0xFF])
            _ = await connection.next()
            return connection.closeCode
        }
        #expect(utf8 == .invalidPayload)
    }
}
