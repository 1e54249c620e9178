// Two hubs on one Redis, in every format: events reach each member once, in order, and outlive a lost connection.
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TiketiRealtime

@Suite(.timeLimit(.minutes(5))) struct HubAdapterTests {
    /// Hubs, their Redis, and a client for what others publish.
    private struct Pair {
        let redis: TestRedis
        let client: RedisClient
        let adapters: [RedisHubAdapter]
        let hubs: [TestHub]

        init(_ wire: HubWire, recovery: SocketRecoveryMode = .off) async throws {
            let redis = try await TestRedis()
            let client = RedisClient(redis.configuration, group: .shared)
            adapters = (0..<2).map { _ in
                RedisHubAdapter(redis.configuration, client: client, group: .shared, wire: wire, logsMessages: recovery != .off)
            }
            var hubs: [TestHub] = []
            for adapter in adapters { hubs.append(try await TestHub.start(adapter: adapter) { $0.recovery = recovery }) }
            self.redis = redis
            self.client = client
            self.hubs = hubs
            // Both hear the namespace.
            let probe = [wire.isSharded ? "SHARDNUMSUB" : "NUMSUB", wire.channel("/", rooms: [])]
            try await eventually {
                guard let answer = try? await client.send(["PUBSUB", .string(probe[0]), .string(probe[1])]) else { return false }
                return answer.array?.last?.int == 2
            }
        }

        func stop() async {
            for hub in hubs { await hub.server.drain(over: .zero) }
            client.close()
        }

        /// Runs `body` with a client on each hub, both in the room, and the sids of both.
        func members<Value: Sendable>(
            of room: String?, _ body: @escaping @Sendable ([WebSocketConnection], [String]) async throws -> Value
        ) async throws -> Value {
            let (one, two) = (hubs[0], hubs[1])
            return try await one.websocket("EIO=4&transport=websocket") { first in
                try await two.websocket("EIO=4&transport=websocket") { second in
                    var sids: [String] = []
                    for connection in [first, second] {
                        _ = await connection.next()
                        connection.send(text: "40")
                        let answer = await connection.next()
                        sids.append(String(try #require(answer.firstMatch(of: /"sid":"([^"]+)"/)).1))
                        _ = await connection.next()
                        if let room {
                            connection.send(text: "420[\"join\",\"\(room)\"]")
                            #expect(await connection.next() == "430[]")
                        }
                    }
                    return try await body([first, second], sids)
                }
            }
        }
    }

    @Test(arguments: HubWire.allCases) func eventsReachEveryHubOnceAndInOrder(wire: HubWire) async throws {
        let pair = try await Pair(wire)
        try await pair.members(of: "hall") { clients, sids in
            let server = pair.hubs[0].server
            for number in 0..<50 { server.emit("n", SocketArguments(json: "\(number)"), to: BroadcastTarget(rooms: ["hall"])) }
            server.emit("bytes", SocketArguments(json: Array("{\"_placeholder\":true,\"num\":0}".utf8), attachments: [[0, 255]]))
            server.emit("nobody", to: BroadcastTarget(rooms: ["elsewhere"]))
            server.emit("two rooms", to: BroadcastTarget(rooms: ["hall", "elsewhere"]))
            server.emit("but one", to: BroadcastTarget(rooms: ["hall"], except: [sids[0]]))
            // Own rooms of sockets on either hub.
            for sid in sids { server.emit("own", SocketArguments(json: "\"\(sid)\""), to: BroadcastTarget(rooms: [sid])) }
            server.emit("end", to: BroadcastTarget(isVolatile: true))
            for (index, client) in clients.enumerated() {
                for number in 0..<50 { #expect(await client.next() == "42[\"n\",\(number)]") }
                var rest = ["451-[\"bytes\",{\"_placeholder\":true,\"num\":0}]", "b[0, 255]", "42[\"two rooms\"]"]
                if index == 1 { rest.append("42[\"but one\"]") }
                rest += ["42[\"own\",\"\(sids[index])\"]", "42[\"end\"]"]
                // Channels of their own may overtake each other.
                var seen: [String] = []
                for _ in rest { seen.append(await client.next()) }
                #expect(seen.sorted() == rest.sorted(), "\(wire)")
            }
        }
        await pair.stop()
    }

    /// The pattern of a hub's own sockets and the room's name would bring everything twice.
    @Test(arguments: HubWire.allCases) func aRoomNamedLikeASocketReachesEachOnce(wire: HubWire) async throws {
        let pair = try await Pair(wire)
        try await pair.members(of: nil) { clients, sids in
            for (index, client) in clients.enumerated() {
                client.send(text: "420[\"join\",\"\(sids[0])\"]")
                #expect(await client.next() == "430[]", "\(index)")
            }
            for hub in pair.hubs {
                hub.server.emit("once", to: BroadcastTarget(rooms: [sids[0]]))
                for client in clients { #expect(await client.next() == "42[\"once\"]") }
            }
            for client in clients {
                client.send(text: "42[\"message\",\"end\"]")
                #expect(await client.next() == "42[\"message-back\",\"end\"]")
            }
        }
        await pair.stop()
    }

    /// A text cut in the middle of a character is no valid Unicode; JavaScript has such texts, and Node's hubs pass them on. In names of
    /// members, which are this product's own, a half is replaced.
    @Test(arguments: HubWire.allCases) func halfASurrogatePairPassesAsItCame(wire: HubWire) async throws {
        for recovery in [SocketRecoveryMode.off, .asked] {
            let pair = try await Pair(wire, recovery: recovery)
            try await pair.members(of: "halves") { clients, _ in
                let json = "\"a\\ud83d\",{\"k\":\"\\ude00b\"},\"\\ud83c\\udfab\""
                pair.hubs[0].server.emit("cut", SocketArguments(json: json), to: BroadcastTarget(rooms: ["halves"]))
                for client in clients {
                    let text = await client.next()
                    #expect(
                        text == "42[\"cut\",\"a\\ud83d\",{\"k\":\"\\ude00b\"},\"🎫\"]" || text == "42[\"cut\",\(json)]",
                        "\(wire): \(text)")
                }
            }
            await pair.stop()
        }
    }

    /// An emitter in a service logs its events, and a client that was away gets them from the other hub.
    @Test(arguments: HubWire.allCases) func aLostClientContinuesOnTheOtherHub(wire: HubWire) async throws {
        let pair = try await Pair(wire, recovery: .on)
        let emitter = SocketEmitter(pair.client, wire: wire)
        let (pid, offset) = try await pair.hubs[0].websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40")
            let answer = await connection.next()
            _ = await connection.next()
            connection.send(text: "420[\"join\",\"hall\"]")
            _ = await connection.next()
            try await emitter.emit(SocketMessage("seat", Array("0".utf8), rooms: ["hall"]))
            let event = await connection.next()
            return (
                String(try #require(answer.firstMatch(of: /"pid":"([^"]+)"/)).1),
                String(try #require(event.wholeMatch(of: /42\["seat",0,"(\d+)"\]/), "\(event)").1)
            )
        }
        try await emitter.emit(
            SocketMessage("seat", Array("1".utf8), rooms: ["hall"]), SocketMessage("seat", Array("9".utf8), rooms: ["elsewhere"]),
            SocketMessage("seat", Array("2".utf8), rooms: ["hall"]))
        // A server that knows nothing of the log.
        let foreign = HubMessage(uid: "peer01", namespace: "/", data: [.string("seat"), .int(3)], target: BroadcastTarget(rooms: ["hall"]))
        try await pair.members(of: "hall") { watchers, _ in
            _ = try await pair.client.send(wire.command(foreign))
            for watcher in watchers { #expect(await watcher.next().hasPrefix("42[\"seat\",3,")) }
        }
        try await pair.hubs[1].websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40{\"pid\":\"\(pid)\",\"offset\":\"\(offset)\"}")
            for number in 1...3 { #expect(await connection.next().hasPrefix("42[\"seat\",\(number),"), "\(wire)") }
            #expect(await connection.next().contains("\"pid\":\"\(pid)\""))
            // In the room again, without having joined.
            try await emitter.emit(SocketMessage("seat", Array("4".utf8), rooms: ["hall"]))
            var event = await connection.next()
            if event.hasPrefix("42[\"auth\"") { event = await connection.next() }
            #expect(event.hasPrefix("42[\"seat\",4,"))
            try await eventually { pair.hubs[1].server.recoveryStatistics.byOutcome == [.recovered: 1] }
        }
        // What did not arrive is not tried again, whichever hub the client comes to.
        try await emitter.emit(SocketMessage("seat", Array("5".utf8), rooms: ["hall"]))
        _ = try await pair.client.send(["HSET", "tiketi:live:session:\(pid)", "p", "1"])
        try await pair.hubs[0].websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            connection.send(text: "40{\"pid\":\"\(pid)\",\"offset\":\"\(offset)\"}")
            let answer = await connection.next()
            #expect(answer.hasPrefix("40{") && !answer.contains(pid), "\(answer)")
        }
        #expect(pair.hubs[0].server.recoveryStatistics.byOutcome == [.repeated: 1])
        await pair.stop()
    }
}
