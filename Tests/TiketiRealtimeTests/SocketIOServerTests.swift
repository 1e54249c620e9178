import Testing
import TiketiNet

@testable import TiketiRealtime

/// What the official socket.io-protocol suite checks, and rooms, broadcasts and acknowledgements.
@Suite(.timeLimit(.minutes(5))) struct SocketIOServerTests {
    /// Opens a WebSocket, joins `/` and swallows the greeting.
    private func session<Value: Sendable>(
        _ hub: TestHub, configuration: WebSocketConfiguration = .init(),
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

    @Test func connect() async throws {
        let hub = try await TestHub.start()
        let seen = try await hub.websocket("EIO=4&transport=websocket") { connection in
            var seen = [await connection.next()]
            for text in ["40{\"token\":\"123\"}", "40/custom,", "40/random", "40/custom?x=1,"] {
                connection.send(text: text)
                seen.append(await connection.next())
                if text.contains("\"token\"") || text == "40/custom," { seen.append(await connection.next()) }
            }
            return seen
        }
        #expect(seen[1].wholeMatch(of: /40\{"sid":"[A-Za-z0-9_\-]{20}"\}/) != nil)
        #expect(seen[2] == "42[\"auth\",{\"token\":\"123\"}]")
        #expect(seen[3].hasPrefix("40/custom,{\"sid\":\""))
        #expect(seen[4] == "42/custom,[\"auth\",{}]")
        #expect(seen[5] == "44/random,{\"message\":\"Invalid namespace\"}")
        #expect(seen[6] == "44/custom?x=1,{\"message\":\"Invalid namespace\"}")
        #expect(seen[1].contains(String(seen[0].dropFirst(8).prefix(20))) == false, "the session id is a secret")
    }

    @Test func connectTimeout() async throws {
        let hub = try await TestHub.start { $0.connectTimeout = .milliseconds(100) }
        #expect(
            try await hub.websocket("EIO=4&transport=websocket") { connection in
                _ = await connection.next()
                return await connection.next()
            } == "closed")
    }

    @Test func messages() async throws {
        let hub = try await TestHub.start()
        let seen = try await session(hub) { connection in
            var seen: [String] = []
            connection.send(text: "42[\"message\",1,\"2\",{\"3\":[true]}]")
            seen.append(await connection.next())
            connection.send(text: "452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]")
            connection.send(binary: [1, 2, 3])
            connection.send(binary: [4, 5, 6])
            for _ in 0..<3 { seen.append(await connection.next()) }
            connection.send(text: "42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]")
            seen.append(await connection.next())
            connection.send(text: "452-0[\"message-with-ack\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]")
            connection.send(binary: [1])
            connection.send(binary: [2])
            for _ in 0..<3 { seen.append(await connection.next()) }
            connection.send(text: "42[\"ask-me\"]")
            seen.append(await connection.next())
            connection.send(text: "4399[1]")  // unknown id
            connection.send(text: "430[\"yes\",2]")
            seen.append(await connection.next())
            return seen
        }
        #expect(
            seen == [
                "42[\"message-back\",1,\"2\",{\"3\":[true]}]",
                "452-[\"message-back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "b[1, 2, 3]", "b[4, 5, 6]",
                "43456[1,\"2\",{\"3\":[false]}]", "462-0[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "b[1]",
                "b[2]",
                "420[\"question\"]", "42[\"answered\",\"yes\",2]",
            ])
    }

    @Test func violationsEndTheConnection() async throws {
        let hub = try await TestHub.start()
        let violations = [
            "4abc", "42{}", "42[]", "42[{}]", "42abc", "40", "42/custom,[\"x\"]", "43/custom,1[]", "44{\"message\":\"x\"}", "41{}",
            "42[\"connect\"]",
            "49", "4", "41/custom,",
        ]
        for text in violations {
            let answer = try await session(hub) { connection in
                connection.send(text: text)
                return await connection.next()
            }
            #expect(answer == "closed", "\(text)")
        }
        let binary = try await session(hub) { connection in
            connection.send(binary: [1])
            return await connection.next()
        }
        #expect(binary == "closed")
    }

    @Test func disconnect() async throws {
        let hub = try await TestHub.start()
        let seen = try await session(hub) { connection in
            var seen: [String] = []
            connection.send(text: "40/custom")
            _ = await connection.next()
            _ = await connection.next()
            connection.send(text: "41/custom")
            connection.send(text: "42[\"message\",\"main\"]")
            seen.append(await connection.next())
            connection.send(text: "40/custom")
            seen.append(String(await connection.next().prefix(18)))
            _ = await connection.next()
            connection.send(text: "42/custom,[\"kick\",false]")
            seen.append(await connection.next())
            connection.send(text: "42[\"message\",\"still\"]")
            seen.append(await connection.next())
            connection.send(text: "42[\"kick\",true]")
            for _ in 0..<2 { seen.append(await connection.next()) }
            return seen
        }
        // The packet comes first, or the client would come back.
        #expect(
            seen == [
                "42[\"message-back\",\"main\"]", "40/custom,{\"sid\":\"", "41/custom,", "42[\"message-back\",\"still\"]", "41", "closed",
            ])
    }

    @Test func roomsAndExcept() async throws {
        let hub = try await TestHub.start()
        let names = ["a", "b", "ab", "none"]
        let seen = try await withThrowingTaskGroup(of: (String, [String]).self) { group in
            let gate = Gate(names.count)
            for name in names {
                group.addTask {
                    try await self.session(hub) { connection in
                        for room in name where name != "none" {
                            connection.send(text: "421[\"join\",\"\(room)\"]")
                            _ = await connection.next()
                        }
                        connection.send(text: "422[\"join\",\"left\"]")
                        _ = await connection.next()
                        connection.send(text: "423[\"leave\",\"left\"]")
                        _ = await connection.next()
                        if await gate.arrive() {
                            let emit: (String, [String], [String]) -> Void = { event, rooms, except in
                                hub.server.emit(event, SocketArguments(json: "1"), to: BroadcastTarget(rooms: rooms, except: except))
                            }
                            emit("a", ["a"], [])
                            emit("a-or-b", ["a", "b"], [])
                            emit("a-not-b", ["a"], ["b"])
                            emit("left", ["left"], [])
                            emit("all-not-a", [], ["a"])
                            emit("end", [], [])
                        }
                        var seen: [String] = []
                        while seen.last != "42[\"end\",1]" && seen.last != "closed" { seen.append(await connection.next()) }
                        return (name, seen.map { String($0.dropFirst(4).dropLast(4)) })
                    }
                }
            }
            return try await group.reduce(into: [String: [String]]()) { $0[$1.0] = $1.1 }
        }
        #expect(seen["a"] == ["a", "a-or-b", "a-not-b", "end"])
        #expect(seen["b"] == ["a-or-b", "all-not-a", "end"])
        #expect(seen["ab"] == ["a", "a-or-b", "end"])
        #expect(seen["none"] == ["all-not-a", "end"])
    }

    /// More members than one tick serves, some of whom want frames of their own: everybody gets every broadcast once and in order, also
    /// over two rooms.
    @Test(arguments: [["hall"], ["hall", "hall"], []]) func largeRooms(rooms: [String]) async throws {
        let hub = try await TestHub.start {
            $0.deliveriesPerTick = 7
            $0.engine.deflate = WebSocketDeflateOptions()
        }
        let count = 60
        let (plain, compressing) = (WebSocketConfiguration(), compression())
        let wrong = try await withThrowingTaskGroup(of: [String].self) { group in
            let gate = Gate(count)
            for index in 0..<count {
                group.addTask {
                    try await self.session(hub, configuration: index % 3 == 0 ? compressing : plain) { connection in
                        connection.send(text: "421[\"join\",\"hall\"]")
                        _ = await connection.next()
                        if await gate.arrive() {
                            for number in 0..<5 {
                                hub.server.emit("n", SocketArguments(json: "\(number)"), to: BroadcastTarget(rooms: rooms))
                            }
                            hub.server.emit("end")
                        }
                        var seen: [String] = []
                        while seen.last != "42[\"end\"]" && seen.last != "closed" { seen.append(await connection.next()) }
                        return seen
                    }
                }
            }
            let expected = (0..<5).map { "42[\"n\",\($0)]" } + ["42[\"end\"]"]
            return try await group.reduce(into: 0) { $0 += $1 == expected ? 0 : 1 }
        }
        #expect(wrong == 0)
    }

    /// Members come and go while broadcasts are under way: who stays gets all of them, who does not gets none twice.
    @Test func comingAndGoingDuringBroadcasts() async throws {
        let hub = try await TestHub.start { $0.deliveriesPerTick = 7 }
        let (staying, restless, last) = (30, 30, 400)
        let seen = try await withThrowingTaskGroup(of: (Bool, [Int]).self) { group in
            let gate = Gate(staying + restless)
            for index in 0..<staying + restless {
                group.addTask {
                    try await self.session(hub) { connection in
                        connection.send(text: "421[\"join\",\"hall\"]")
                        _ = await connection.next()
                        if await gate.arrive() {
                            Task {
                                for number in 1...last {
                                    hub.server.emit("n", SocketArguments(json: "\(number)"), to: BroadcastTarget(rooms: ["hall"]))
                                    await Task.yield()
                                }
                                hub.server.emit("end")
                            }
                        }
                        var numbers: [Int] = []
                        while true {
                            let text = await connection.next()
                            if text == "42[\"end\"]" || text == "closed" { return (index < staying, numbers) }
                            guard let number = Int(text.dropFirst(7).dropLast()), text.hasPrefix("42[") else { continue }
                            numbers.append(number)
                            if index >= staying, number % 5 == index % 5 {
                                connection.send(text: "422[\"leave\",\"hall\"]")
                                connection.send(text: "423[\"join\",\"hall\"]")
                            }
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(seen.filter(\.0).map(\.1) == [[Int]](repeating: Array(1...last), count: staying))
        for (_, numbers) in seen { #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }) }
    }

    /// Broadcasts of one tick wait for its end, to be sent together; what a socket is sent or joins in between keeps its place.
    @Test func orderWithinATick() async throws {
        let namespace = TickNamespace()
        let hub = try await TestHub.start(group: EventLoopGroup(count: 1), namespaces: ["/": namespace])
        namespace.server.withLock { $0 = hub.server }
        let seen = try await session(hub) { connection in
            connection.send(text: "42[\"go\"]")
            var seen: [String] = []
            while seen.last != "42[\"end\"]" && seen.last != "closed" { seen.append(await connection.next()) }
            return seen
        }
        #expect(seen == ["a", "b", "direct", "after", "joined", "end"].map { "42[\"\($0)\"]" })
    }

    private func compression() -> WebSocketConfiguration {
        var configuration = WebSocketConfiguration()
        configuration.deflate = WebSocketDeflateOptions()
        return configuration
    }

    @Test func compressedBroadcast() async throws {
        let hub = try await TestHub.start { $0.engine.deflate = WebSocketDeflateOptions() }
        let configuration = compression()
        let text = String(repeating: "좌석 ", count: 2000)
        let back = try await session(hub, configuration: configuration) { connection in
            guard connection.compresses else { return "not negotiated" }
            connection.send(text: "42[\"message\",\"\(text)\"]")
            return await connection.next()
        }
        #expect(back == "42[\"message-back\",\"\(text)\"]")
    }

    @Test func slowClientsAreCut() async throws {
        let hub = try await TestHub.start {
            $0.engine.maximumQueuedBytes = 200_000
            $0.engine.stallTimeout = .milliseconds(200)
        }
        // Not reading while the hub sends far more than kernel buffers and queue hold.
        let big = SocketArguments(json: "\"" + String(repeating: "x", count: 100_000) + "\"")
        try await session(hub) { connection in
            for _ in 0..<200 {
                hub.server.emit("big", big)
                try await connection.loop.sleep(nanoseconds: 1_000_000)
                if hub.server.statistics.closedByReason[.slowClient] != nil { return }
            }
            Issue.record("the slow client is still connected")
        }
    }

    @Test func drainEndsEveryConnection() async throws {
        let hub = try await TestHub.start()
        let ends = try await withThrowingTaskGroup(of: String.self) { group in
            let gate = Gate(5)
            for _ in 0..<5 {
                group.addTask {
                    try await self.session(hub) { connection in
                        if await gate.arrive() { await hub.server.drain(over: .milliseconds(50)) }
                        return await connection.next()
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends == [String](repeating: "closed", count: 5))
        #expect(hub.server.statistics.current.load(ordering: .relaxed) == 0)
        #expect(try await hub.request("GET", "EIO=4&transport=polling").status == 503)
    }
}

/// Lets the last of `count` tasks go on with true as soon as all have arrived; the others get false at once.
actor Gate {
    private var left: Int
    init(_ count: Int) { left = count }
    func arrive() -> Bool {
        left -= 1
        return left == 0
    }
}

/// Broadcasts, emits, joins and leaves within one tick.
private final class TickNamespace: SocketNamespace {
    let server = Locked<SocketIOServer?>(nil)

    func authorize(_ request: SocketConnectRequest) async -> SocketDecision { .accept() }

    func connected(_ socket: Socket) async { socket.emit("hello") }

    func received(_ event: SocketEvent, from socket: Socket) async {
        guard let server = server.withLock({ $0 }) else { return }
        server.emit("a")
        server.emit("b")
        socket.emit("direct")
        server.emit("after")
        server.emit("before joining", to: BroadcastTarget(rooms: ["hall"]))
        await socket.join("hall")
        server.emit("joined", to: BroadcastTarget(rooms: ["hall"]))
        socket.leave("hall")
        server.emit("after leaving", to: BroadcastTarget(rooms: ["hall"]))
        socket.emit("end")
    }
}
