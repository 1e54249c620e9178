import Testing
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiTesting

@testable import RealtimeService

private func payload(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite(.timeLimit(.minutes(5))) struct RealtimeServiceTests {
    @Test func authentication() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis())
        let user = UUID()
        func answer(_ auth: String, _ headers: [(String, String)] = []) async throws -> String {
            try await fixture.client(auth: auth, headers: headers) { answer, _ in answer }
        }
        #expect(try await answer("") == "44{\"message\":\"Authentication error\"}")
        #expect(try await answer("{}") == "44{\"message\":\"Authentication error\"}")
        #expect(try await answer("{\"token\":\"\"}") == "44{\"message\":\"Authentication error\"}")
        #expect(try await answer("{\"token\":\"junk\"}") == "44{\"message\":\"Invalid token\"}")
        let past = Timestamp(seconds: Timestamp.now().seconds - 7200)
        #expect(try await answer("{\"token\":\"\(RealtimeFixture.token(user, now: past))\"}") == "44{\"message\":\"Invalid token\"}")
        #expect(
            try await answer("{\"token\":\"\(RealtimeFixture.token(user, secret: "another-secret"))\"}")
                == "44{\"message\":\"Invalid token\"}")
        #expect(try await answer("{\"token\":\"\(RealtimeFixture.token(user))\"}").hasPrefix("40{\"sid\":\""))
        #expect(try await answer("", [("Authorization", "Bearer \(RealtimeFixture.token(user))")]).hasPrefix("40{\"sid\":\""))
        await fixture.stop()
    }

    @Test func joinsAreAcknowledged() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis())
        let (event, user, entry, foreign) = (UUID(), UUID(), UUID(), UUID())
        fixture.tickets.events.withLock { $0[event] = 7 }
        fixture.tickets.queue.withLock {
            $0 = [
                entry: .waiting(user, event, UUID(), sequence: 1, position: 1),
                foreign: .waiting(UUID(), event, UUID(), sequence: 2, position: 2),
            ]
        }
        try await fixture.client(as: user) { client in
            #expect(await client.call("join-seat-selection", "\"\(event)\"") == "{\"success\":true,\"version\":7}")
            #expect(await client.call("join-event", "{\"eventId\":\"\(event)\"}") == "{\"success\":true,\"version\":7}")
            #expect(await client.call("leave-event", "\"\(event)\"") == "{\"success\":true}")
            #expect(await client.call("leave-seat-selection", "{\"eventId\":\"\(event)\"}") == "{\"success\":true}")
            let unknown = "{\"success\":false,\"error\":\"Not found\",\"code\":\"NOT_FOUND\"}"
            #expect(await client.call("join-event", "\"\(UUID())\"") == unknown)
            #expect(await client.call("join-queue", "\"\(entry)\"") == "{\"success\":true}")
            #expect(await client.call("join-queue", "{\"queueId\":\"\(foreign)\"}") == unknown)
            #expect(await client.call("join-queue", "\"\(UUID())\"") == unknown)
            #expect(await client.call("leave-queue", "\"\(entry)\"") == "{\"success\":true}")
            for bad in ["null", "\"x\"", "5", "{}", "[]", "{\"eventId\":5}", "\"\(event)x\""] {
                let answer = await client.call("join-event", bad)
                #expect(answer.contains("\"code\":\"VALIDATION_FAILED\""), "\(bad): \(answer)")
            }
            fixture.tickets.isDown.withLock { $0 = true }
            #expect(await client.call("join-event", "\"\(event)\"").contains("\"code\":\"UNAVAILABLE\""))
            // An event that is not ours is ignored; the connection lives on.
            client.connection.send(text: "42[\"something\"]")
            #expect(await client.call("leave-event", "\"\(event)\"") == "{\"success\":true}")
        }
        await fixture.stop()
    }

    /// Two hubs on one Redis: who is in the room gets the event, the holder alone is told who holds.
    @Test func seatEventsReachTheRoomAndNameTheHolderToTheHolderOnly() async throws {
        let redis = try await TestRedis()
        let tickets = FakeTickets()
        let hubs = [try await RealtimeFixture.start(redis, tickets: tickets), try await RealtimeFixture.start(redis, tickets: tickets)]
        let (event, holder, watcher) = (UUID(), UUID(), UUID())
        tickets.events.withLock { $0[event] = 1 }
        let seat = UUID()
        let seen = try await withThrowingTaskGroup(of: (String, [String]).self) { group in
            let ready = Countdown(5)
            for (name, user, hub, joins) in [
                ("holder", holder, 0, true), ("holder elsewhere", holder, 1, false), ("watcher 0", watcher, 0, true),
                ("watcher 1", watcher, 1, true),
                ("stranger", UUID(), 1, false),
            ] {
                group.addTask {
                    try await hubs[hub].client(as: user) { client in
                        if joins {
                            let answer = await client.call("join-seat-selection", "\"\(event)\"")
                            #expect(answer == "{\"success\":true,\"version\":1}")
                        }
                        if await ready.arrive() {
                            let room = LiveRoom.seats(event)
                            let own = LiveRoom.user(holder)
                            func message(_ named: UUID?) -> [UInt8] {
                                LiveEvent.seatReserved(seatID: seat, userID: named, eventID: event, status: "locked", version: 2, count: 1)
                            }
                            let emitter = hubs[0].emitter()
                            try await emitter.emit(
                                SocketMessage("seat-reserved", message(nil), rooms: [room], except: [own]),
                                SocketMessage("seat-reserved", message(holder), rooms: [own]),
                                SocketMessage("end", payload("{}"), rooms: []))
                        }
                        var seen: [String] = []
                        while seen.last != "42[\"end\",{}]" && seen.last != "closed" { seen.append(await client.next()) }
                        return (name, seen.dropLast())
                    }
                }
            }
            return try await group.reduce(into: [String: [String]]()) { $0[$1.0] = $1.1 }
        }
        func expected(_ user: String) -> [String] {
            [
                "42[\"seat-reserved\",{\"seatId\":\"\(seat)\",\"userId\":\(user),"
                    + "\"eventId\":\"\(event)\",\"status\":\"locked\",\"version\":2,\"count\":1}]"
            ]
        }
        #expect(seen["holder"] == expected("\"\(holder)\""))
        #expect(seen["holder elsewhere"] == expected("\"\(holder)\""))
        #expect(seen["watcher 0"] == expected("null"))
        #expect(seen["watcher 1"] == expected("null"))
        #expect(seen["stranger"] == [])
        for hub in hubs { await hub.stop() }
    }

    @Test func simultaneousJoinsShareCallsThatBeganAfterThem() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis())
        let event = UUID()
        fixture.tickets.events.withLock { $0[event] = 3 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await fixture.client(as: UUID()) { client in
                        #expect(await client.call("join-event", "\"\(event)\"") == "{\"success\":true,\"version\":3}")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(fixture.tickets.calls.withLock { $0 } < 40)
        await fixture.stop()
    }

    @Test func clientsAreToldToLoadAgainAfterAnInterruption() async throws {
        let redis = try await TestRedis()
        let fixture = try await RealtimeFixture.start(redis)
        let event = UUID()
        fixture.tickets.events.withLock { $0[event] = 1 }
        try await fixture.client(as: UUID()) { client in
            _ = await client.call("join-event", "\"\(event)\"")
            redis.kill()
            try await redis.start()
            #expect(await client.next() == "42[\"resync\",{\"reason\":\"feed-interrupted\"}]")
            // The rooms are subscribed again. The publishing connection comes back by itself; commands before that fail.
            while (try? await fixture.runtime.redis.send(["PING"])) == nil {
                try await client.connection.loop.sleep(nanoseconds: 10_000_000)
            }
            try await fixture.emitter().emit(
                SocketMessage("event-status-changed", payload("{\"status\":\"ended\"}"), rooms: [LiveRoom.event(event)]))
            #expect(await client.next() == "42[\"event-status-changed\",{\"status\":\"ended\"}]")
        }
        await fixture.stop()
    }

    @Test func aJoinWhileRedisIsAwayIsRefusedAndWorksLater() async throws {
        let redis = try await TestRedis()
        let fixture = try await RealtimeFixture.start(redis)
        let event = UUID()
        fixture.tickets.events.withLock { $0[event] = 1 }
        try await fixture.client(as: UUID()) { client in
            redis.kill()
            #expect(await client.call("join-event", "\"\(event)\"").contains("\"code\":\"UNAVAILABLE\""))
            try await redis.start()
            #expect(await client.next().contains("resync"))
            #expect(await client.call("join-event", "\"\(event)\"") == "{\"success\":true,\"version\":1}")
        }
        await fixture.stop()
    }

    @Test func metricsAndUnknownPaths() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis())
        let port = fixture.port
        @Sendable func get(_ path: String) async throws -> (Int, String) {
            try await EventLoopGroup.shared.next().run {
                let response = try await HTTPClient().execute(
                    HTTPClientRequest(url: URLParts(host: "127.0.0.1", port: port, target: path)))
                return (response.status.code, String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self))
            }
        }
        try await fixture.client(as: UUID()) { _ in
            let (status, text) = try await get("/metrics")
            #expect(status == 200 && text.contains("tiketi_socket_connections 1\n"), "\(text)")
        }
        #expect(try await get("/socket.io?EIO=4&transport=polling").0 == 404)
        #expect(try await get("/socket.io/?EIO=4&transport=abc").1 == "{\"code\":0,\"message\":\"Transport unknown\"}")
        #expect(try await get("/ready").0 == 200)
        await fixture.stop()
    }
}

actor Countdown {
    private var left: Int
    init(_ count: Int) { left = count }
    func arrive() -> Bool {
        left -= 1
        return left == 0
    }
}
