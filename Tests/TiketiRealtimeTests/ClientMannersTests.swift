// What clients of other makers do that a server has to bear: deep values, early goodbyes, subprotocols, compressed polls.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiRealtime

@Suite(.timeLimit(.minutes(5))) struct ClientMannersTests {
    private func session<Value: Sendable>(
        _ hub: TestHub, _ configuration: WebSocketConfiguration = .init(),
        _ body: @escaping @Sendable (WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        try await hub.websocket("EIO=4&transport=websocket", configuration: configuration) { connection in
            _ = await connection.next()
            connection.send(text: "40")
            _ = await connection.next()
            _ = await connection.next()
            return try await body(connection)
        }
    }

    // MARK: Messages

    @Test func oneMessageNestedTooDeeplyIsPassedOver() async throws {
        let hub = try await TestHub.start()
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        let seen = try await session(hub) { connection in
            connection.send(text: "42[\"message\",\(deep)]")
            connection.send(text: "451-[\"message\",\(deep),{\"_placeholder\":true,\"num\":0}]")
            connection.send(binary: [1])
            connection.send(text: "42[\"message\",1]")
            var seen = [await connection.next()]
            connection.send(text: "40/custom,{\"a\":\(deep)}")
            seen.append(await connection.next())
            connection.send(text: "42[\"message\",2]")
            seen.append(await connection.next())
            return seen
        }
        #expect(
            seen == [
                "42[\"message-back\",1]", "44/custom,{\"message\":\"Payload is nested too deeply\"}", "42[\"message-back\",2]",
            ])
        #expect(hub.server.statistics.refusedMessages.load(ordering: .relaxed) == 2)
    }

    @Test func whatAClientSentBeforeItLeftIsHandled() async throws {
        let recorder = Recorder()
        let hub = try await TestHub.start(namespaces: ["/": recorder])
        try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40")
            _ = await connection.next()
            for index in 0..<5 { connection.send(text: "42[\"last\",\(index)]") }
            connection.send(text: "41")
            connection.close()
            while await connection.next() != "closed" {}
        }
        try await eventually { recorder.seen.withLock { $0.count } == 6 }
        #expect(recorder.seen.withLock { $0 } == (0..<5).map { "last \($0)" } + ["client namespace disconnect"])
    }

    @Test func theSameOverPolling() async throws {
        let recorder = Recorder()
        let hub = try await TestHub.start(namespaces: ["/": recorder])
        let query = "EIO=4&transport=polling&sid=\(try await hub.openPolling())"
        _ = try await hub.request("POST", query, body: "40")
        _ = try await hub.request("GET", query)
        let answer = try await hub.request("POST", query, body: "42[\"last\",1]\u{1E}42[\"last\",2]\u{1E}41\u{1E}1")
        #expect(answer.status == 200)
        try await eventually { recorder.seen.withLock { $0.count } == 3 }
        #expect(recorder.seen.withLock { $0 } == ["last 1", "last 2", "client namespace disconnect"])
    }

    /// A session that the hub ended and whose farewell waits to be fetched has finished: what comes later does not finish it again.
    @Test func aBodyAfterTheFarewellEndsNothing() async throws {
        let hub = try await TestHub.start { $0.connectTimeout = .milliseconds(500) }
        let query = "EIO=4&transport=polling&sid=\(try await hub.openPolling())"
        let port = hub.port
        try await EventLoopGroup.shared.next().run {
            let stream = try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: port)!, timeoutNanoseconds: 5_000_000_000)
            defer { stream.close() }
            let head = "POST /socket.io/?\(query) HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"
            stream.write(Array(head.utf8))
            try await eventually { hub.server.statistics.closedByReason[.forcedServerClose] == 1 }
            stream.write([0xFF])
            let buffer = ByteBuffer()
            while try await stream.read(into: buffer) > 0 {}
            #expect(String(decoding: buffer.readable, as: UTF8.self).hasPrefix("HTTP/1.1 400"))
        }
        #expect(hub.server.statistics.closedByReason.values.reduce(0, +) == 1)
        #expect(try await hub.openPolling().utf8.count == 20)
    }

    @Test func whoIsSentAwayIsToldInEveryNamespace() async throws {
        let hub = try await TestHub.start()
        let seen = try await session(hub) { connection in
            connection.send(text: "40/custom,")
            var seen: Set<String> = []
            for _ in 0..<2 { _ = await connection.next() }
            connection.send(text: "42[\"kick\",true]")
            for _ in 0..<3 { seen.insert(await connection.next()) }
            return seen
        }
        #expect(seen == ["41", "41/custom,", "closed"])
    }

    // MARK: Transport

    @Test func theFirstSubprotocolOfferedIsTaken() async throws {
        let hub = try await TestHub.start()
        let answer = try await hub.request(
            "GET", "EIO=4&transport=websocket",
            headers: [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Protocol: graphql-ws, chat",
            ], readsToEnd: false)
        #expect(answer.status == 101)
        #expect(answer.headers["sec-websocket-protocol"] == "graphql-ws")
    }

    @Test func largePollsAreCompressedForWhoAcceptsIt() async throws {
        let hub = try await TestHub.start()
        let query = "EIO=4&transport=polling&sid=\(try await hub.openPolling())"
        _ = try await hub.request("POST", query, body: "40")
        _ = try await hub.request("GET", query)
        func poll(_ text: String, _ headers: [String]) async throws -> TestHub.Answer {
            hub.server.emit("text", SocketArguments(json: "\"\(text)\""))
            return try await hub.request("GET", query, headers: headers)
        }
        let long = String(repeating: "seat ", count: 1_000)
        let packed = try await poll(long, ["Accept-Encoding: gzip, deflate"])
        #expect(packed.headers["content-encoding"] == "gzip" && packed.headers["content-length"].flatMap { Int($0) } ?? 9_999 < 500)
        // Too large for the loop: on another thread.
        let huge = try await poll(String(repeating: "seat ", count: 40_000), ["Accept-Encoding: br;q=1.0, gzip;q=0.5"])
        #expect(huge.headers["content-encoding"] == "gzip" && huge.headers["vary"] == "Accept-Encoding")
        let refused = try await poll(long, ["Accept-Encoding: gzip;q=0"])
        #expect(refused.headers["content-encoding"] == nil && refused.body.utf8.count > 5_000)
        let plain = try await poll(long, [])
        #expect(plain.headers["content-encoding"] == nil && plain.body == "42[\"text\",\"\(long)\"]")
        let short = try await poll("short", ["Accept-Encoding: gzip"])
        #expect(short.headers["content-encoding"] == nil && short.body == "42[\"text\",\"short\"]")
    }

    // MARK: Rooms

    @Test func aRoomNamedLikeASocketIsThatSocketsToo() async throws {
        let hub = try await TestHub.start()
        let seen = try await hub.websocket("EIO=4&transport=websocket") { owner in
            _ = await owner.next()
            owner.send(text: "40")
            let greeting = await owner.next()
            let id = String(greeting.dropFirst("40{\"sid\":\"".count).prefix(20))
            _ = await owner.next()
            return try await hub.websocket("EIO=4&transport=websocket") { guest in
                _ = await guest.next()
                guest.send(text: "40")
                for _ in 0..<2 { _ = await guest.next() }
                guest.send(text: "420[\"join\",\"\(id)\"]")
                var seen = [await guest.next()]
                hub.server.emit("both", to: BroadcastTarget(rooms: [id]))
                hub.server.emit("end")
                for connection in [owner, guest] { for _ in 0..<2 { seen.append(await connection.next()) } }
                guest.send(text: "421[\"leave\",\"\(id)\"]")
                seen.append(await guest.next())
                hub.server.emit("owner", to: BroadcastTarget(rooms: [id]))
                hub.server.emit("end")
                for connection in [owner, guest] { seen.append(await connection.next()) }
                return seen
            }
        }
        #expect(
            seen == [
                "430[]", "42[\"both\"]", "42[\"end\"]", "42[\"both\"]", "42[\"end\"]", "431[]", "42[\"owner\"]", "42[\"end\"]",
            ])
    }
}

/// Notes what it hears.
private final class Recorder: SocketNamespace {
    let seen = Locked<[String]>([])

    func received(_ event: SocketEvent, from socket: Socket) async {
        // The goodbye comes while events are still waiting.
        try? await eventually { !socket.isConnected }
        seen.withLock { $0.append("\(event.name) \(String(decoding: event.argument(0) ?? [], as: UTF8.self))") }
    }

    func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason) { seen.withLock { $0.append(reason.description) } }
}
