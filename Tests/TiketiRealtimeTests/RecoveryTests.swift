// Clients that come back: what they missed comes at the pace at which they read, once, and counts when it has arrived.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiRealtime

@Suite(.timeLimit(.minutes(5))) struct RecoveryTests {
    private func hub(_ adapter: MemoryAdapter, _ configure: (inout SocketIOConfiguration) -> Void = { _ in }) async throws -> TestHub {
        try await TestHub.start(adapter: adapter, namespaces: ["/": Quiet()]) {
            $0.recovery = .on
            configure(&$0)
        }
    }

    /// A client's first connection, which is gone when this returns.
    private func firstConnection(_ hub: TestHub) async throws -> Answer {
        let answer = try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40")
            return await connection.next()
        }
        try await eventually { hub.server.statistics.current.load(ordering: .relaxed) == 0 }
        return try Answer(answer)
    }

    /// What the server says about a session.
    private struct Answer {
        let sid: String
        let pid: String

        init(_ text: String) throws {
            let found = try #require(text.firstMatch(of: /"sid":"([^"]+)","pid":"([^"]+)"/), "\(text)")
            (sid, pid) = (String(found.1), String(found.2))
        }

        func claim(_ offset: Int64) -> String { "40{\"pid\":\"\(pid)\",\"offset\":\"\(offset)\"}" }
    }

    /// Reads until the answer to CONNECT, which is the last; pings are answered as clients do.
    private func resume<Value: Sendable>(
        _ hub: TestHub, _ claim: String, maximum: Int = .max, answersPings: Bool = true,
        _ body: @escaping @Sendable ([String], WebSocketConnection) async throws -> Value
    ) async throws -> Value {
        try await hub.websocket("EIO=4&transport=websocket") { connection in
            func next() async -> String {
                if answersPings { return await connection.next() }
                return (try? await connection.receive())?.text ?? "closed"
            }
            _ = await next()
            connection.send(text: claim)
            var seen: [String] = []
            while seen.count < maximum, seen.last?.hasPrefix("40") != true, seen.last != "closed" { seen.append(await next()) }
            return try await body(seen, connection)
        }
    }

    private func numbers(_ seen: [String]) -> [Int] {
        seen.compactMap { $0.firstMatch(of: /^42\["seat",(\d+)/).flatMap { Int($0.1) } }
    }

    /// 4,500 events of about 218 bytes are a million bytes: as many as may wait for one client.
    @Test(arguments: [(4_500, 190), (12, 90_000)]) func whatWasMissedArrivesHoweverMuchItIs(count: Int, bytes: Int) async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter) { $0.engine.maximumQueuedBytes = 262_144 }
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        let padding = String(repeating: "p", count: bytes)
        for number in 0..<count { hub.server.emit("seat", SocketArguments(json: "\(number),\"\(padding)\"")) }
        let statistics = hub.server.recoveryStatistics
        let before = (statistics.byOutcome[.recovered], statistics.replayed.load(ordering: .relaxed))
        #expect(before == (nil, 0))
        try await resume(hub, first.claim(offset)) { seen, connection in
            #expect(numbers(seen) == Array(0..<count))
            let answer = try Answer(seen.last ?? "")
            #expect(answer.sid == first.sid && answer.pid == first.pid)
            // It counts when the client has answered the ping behind it.
            hub.server.emit("after")
            #expect(await connection.next().hasPrefix("42[\"after\""))
            try await eventually { statistics.byOutcome[.recovered] == 1 }
        }
        #expect(statistics.replayed.load(ordering: .relaxed) == count)
        #expect(hub.server.statistics.closedByReason[.slowClient] == nil)
        #expect(adapter.store.state.withLock { $0.reads } >= (count + 49) / 50)
    }

    @Test func aReplayThatDidNotArriveIsNotRepeated() async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter)
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        for number in 0..<500 { hub.server.emit("seat", SocketArguments(json: "\(number)")) }
        // The connection breaks on the way.
        try await resume(hub, first.claim(offset), maximum: 10) { seen, _ in #expect(numbers(seen) == Array(0..<10)) }
        let statistics = hub.server.recoveryStatistics
        try await eventually { statistics.byOutcome[.abandoned] == 1 }
        try await resume(hub, first.claim(offset)) { seen, _ in
            #expect(seen.count == 1)
            let answer = try Answer(seen[0])
            #expect(answer.sid != first.sid && answer.pid != first.pid)
        }
        #expect(statistics.byOutcome == [.abandoned: 1, .repeated: 1] && statistics.replayed.load(ordering: .relaxed) == 0)
        // The session is gone altogether.
        try await resume(hub, first.claim(offset)) { seen, _ in #expect(seen.count == 1) }
        #expect(statistics.byOutcome[.unknown] == 1)
    }

    /// The kernel takes a lot for a client that is long gone; only its own answer says that it was there.
    @Test func aReplayWithoutAnAnswerDoesNotCount() async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter)
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        hub.server.emit("seat", SocketArguments(json: "0"))
        let statistics = hub.server.recoveryStatistics
        try await resume(hub, first.claim(offset), answersPings: false) { seen, connection in
            #expect(seen.count == 2)
            #expect((try? await connection.receive())?.text == "2")
            #expect(statistics.byOutcome == [:])
        }
        try await eventually { statistics.byOutcome == [.abandoned: 1] }
    }

    @Test func whoMissedNothingIsRecoveredAsOftenAsItLikes() async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter)
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        for _ in 0..<3 {
            try await resume(hub, first.claim(offset), answersPings: false) { seen, _ in
                let answer = try Answer(seen[0])
                #expect(answer.sid == first.sid)
            }
            try await eventually { hub.server.statistics.current.load(ordering: .relaxed) == 0 }
        }
        #expect(hub.server.recoveryStatistics.byOutcome == [.recovered: 3])
    }

    /// More comes during the replay than is kept for later: the log has it, and nothing is lost, doubled or out of order.
    @Test func whatComesDuringAReplayFollowsIt() async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter) { $0.engine.maximumQueuedBytes = 65_536 }
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        let padding = String(repeating: "p", count: 20_000)
        for number in 0..<300 { hub.server.emit("seat", SocketArguments(json: "\(number),\"\(padding)\"")) }
        let seen = try await resume(hub, first.claim(offset), maximum: 5) { seen, connection in
            for number in 300..<600 { hub.server.emit("seat", SocketArguments(json: "\(number),\"\(padding)\"")) }
            hub.server.emit("end")
            var seen = seen
            // The end is in the log as well, so it may come before the answer to CONNECT.
            func isThere(_ prefix: String) -> Bool { seen.contains { $0.hasPrefix(prefix) } }
            while !isThere("42[\"end\"") || !isThere("40"), seen.last != "closed" { seen.append(await connection.next()) }
            // On the way the ping is answered.
            hub.server.emit("after")
            #expect(await connection.next().hasPrefix("42[\"after\""))
            return seen
        }
        #expect(numbers(seen) == Array(0..<600))
        #expect(seen.count { $0.hasPrefix("40") } == 1)
        try await eventually { hub.server.recoveryStatistics.byOutcome == [.recovered: 1] }
    }

    @Test func whatWasNotMeantForAClientIsNotRepeatedToIt() async throws {
        let adapter = MemoryAdapter(portion: 3)
        let hub = try await hub(adapter)
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        for number in 0..<20 {
            let except = number % 4 == 0 ? [] : [first.sid]
            hub.server.emit("seat", SocketArguments(json: "\(number)"), to: BroadcastTarget(except: except))
        }
        hub.server.emit("seat", SocketArguments(json: "20"), to: BroadcastTarget(rooms: ["elsewhere"]))
        hub.server.emit("seat", SocketArguments(json: "21"), to: BroadcastTarget(rooms: [first.sid]))
        try await resume(hub, first.claim(offset)) { seen, _ in #expect(numbers(seen) == [0, 4, 8, 12, 16, 21]) }
    }

    @Test func aLogThatDoesNotReachBackBeginsAnew() async throws {
        let adapter = MemoryAdapter()
        let hub = try await hub(adapter)
        let first = try await firstConnection(hub)
        let offset = adapter.store.state.withLock { $0.offset }
        hub.server.emit("seat", SocketArguments(json: "0"))
        adapter.store.state.withLock { $0.begin = $0.offset }
        try await resume(hub, first.claim(offset)) { seen, _ in
            let answer = try Answer(seen[0])
            #expect(answer.sid != first.sid)
        }
        #expect(hub.server.recoveryStatistics.byOutcome == [.gap: 1])
    }
}

/// Says nothing by itself.
private struct Quiet: SocketNamespace {
    func received(_ event: SocketEvent, from socket: Socket) async {}
}
