// What one user may have of a hub, over all tabs and devices.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import RealtimeService

@Suite struct UserLimitsTests {
    private let user = UUID()

    @Test func connectionsAreCountedUntilTheyEnd() {
        let limits = UserLimits(UserBounds(connections: 2, rooms: 0, joinRate: 0))
        #expect(limits.connect(user, at: 0) && limits.connect(user, at: 0))
        #expect(!limits.connect(user, at: 0))
        #expect(limits.connect(UUID(), at: 0))
        limits.disconnect(user)
        #expect(limits.connect(user, at: 0))
    }

    @Test func aUserWithoutConnectionsIsForgotten() {
        let limits = UserLimits(UserBounds())
        _ = limits.connect(user, at: 0)
        _ = limits.enter("a", user)
        #expect(limits.count == 1)
        limits.disconnect(user)
        limits.disconnect(user)
        #expect(limits.count == 0)
        #expect(!limits.enter("a", user) && !limits.takeJoin(user, at: 0))
    }

    @Test func roomsAreCountedOnceForAllTabs() {
        let limits = UserLimits(UserBounds(connections: 0, rooms: 2, joinRate: 0))
        _ = limits.connect(user, at: 0)
        #expect(limits.enter("a", user) && limits.enter("a", user) && limits.enter("b", user))
        #expect(!limits.enter("c", user))
        // The other tab is still in it.
        limits.leave("a", user)
        #expect(!limits.enter("c", user))
        limits.leave("a", user)
        #expect(limits.enter("c", user))
        limits.leave("never", user)
    }

    @Test func joinsFollowTheRateAfterABurst() {
        let limits = UserLimits(UserBounds(connections: 0, rooms: 0, joinRate: 10))
        _ = limits.connect(user, at: 0)
        #expect((0..<100).count { _ in limits.takeJoin(user, at: 0) } == 60)
        #expect((0..<100).count { _ in limits.takeJoin(user, at: 1_000_000_000) } == 10)
        // Time that goes back gives nothing.
        #expect(!limits.takeJoin(user, at: 500_000_000))
        // Another connection does not fill it again.
        _ = limits.connect(user, at: 1_000_000_000)
        #expect(!limits.takeJoin(user, at: 1_000_000_000))
    }

    @Test func zeroMeansNoLimit() {
        let limits = UserLimits(UserBounds(connections: 0, rooms: 0, joinRate: 0))
        #expect((0..<200).allSatisfy { _ in limits.connect(user, at: 0) })
        #expect((0..<200).allSatisfy { limits.enter("\($0)", user) && limits.takeJoin(user, at: 0) })
    }
}

/// The same over real connections.
@Suite(.timeLimit(.minutes(5))) struct UserLimitsOverSocketsTests {
    private func auth(_ user: UUID) -> String { "{\"token\":\"\(RealtimeFixture.token(user))\"}" }

    @Test func aUserHasSoManyConnectionsAndOthersHaveTheirs() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis(), environment: ["SOCKET_IO_USER_CONNECTIONS": "2"])
        let user = UUID()
        try await fixture.client(as: user) { _ in
            try await fixture.client(as: user) { _ in
                let refused = try await fixture.client(auth: auth(user)) { answer, _ in answer }
                #expect(refused == "44{\"message\":\"Too many connections\",\"data\":{\"code\":\"CONNECTION_LIMIT\"}}")
                #expect(try await fixture.client(auth: auth(UUID())) { answer, _ in answer }.hasPrefix("40"))
            }
            // The place is free when the hub has noticed.
            try await eventually { try await fixture.client(auth: auth(user)) { answer, _ in answer }.hasPrefix("40") }
        }
        await fixture.stop()
    }

    @Test func roomsAreCountedOverAllConnections() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis(), environment: ["SOCKET_IO_USER_ROOMS": "3"])
        let (user, events) = (UUID(), (0..<4).map { _ in UUID() })
        fixture.tickets.events.withLock { versions in for event in events { versions[event] = 1 } }
        let joined = "{\"success\":true,\"version\":1}"
        try await fixture.client(as: user) { one in
            try await fixture.client(as: user) { other in
                #expect(await one.call("join-event", "\"\(events[0])\"") == joined)
                #expect(await one.call("join-event", "\"\(events[1])\"") == joined)
                #expect(await other.call("join-event", "\"\(events[0])\"") == joined)
                #expect(await other.call("join-event", "\"\(events[2])\"") == joined)
                #expect(await other.call("join-event", "\"\(events[3])\"").contains("\"code\":\"ROOM_LIMIT\""))
                // Entered again it is no other room; a refused join leaves nothing behind.
                #expect(await other.call("join-event", "\"\(events[2])\"") == joined)
                #expect(await other.call("join-event", "\"\(UUID())\"").contains("\"code\":\"ROOM_LIMIT\""))
                #expect(await one.call("leave-event", "\"\(events[1])\"") == "{\"success\":true}")
                #expect(await other.call("join-event", "\"\(UUID())\"").contains("\"code\":\"NOT_FOUND\""))
                #expect(await other.call("join-event", "\"\(events[3])\"") == joined)
            }
        }
        await fixture.stop()
    }

    /// Each join asks ticket something: a thousand in a moment are not a thousand questions.
    @Test func joinsOfRandomEventsAreAnsweredAtABoundedRate() async throws {
        let fixture = try await RealtimeFixture.start(TestRedis())
        let codes = try await fixture.client(as: UUID()) { client in
            for index in 0..<1_000 { client.connection.send(text: "42\(index)[\"join-event\",\"\(UUID())\"]") }
            var limited = 0
            for _ in 0..<1_000 where await client.next().contains("\"code\":\"RATE_LIMITED\"") { limited += 1 }
            return limited
        }
        // 60 at once, 10 a second, and 20 ms for each that is asked.
        #expect(codes >= 900 && fixture.tickets.calls.withLock { $0 } <= 100)
        await fixture.stop()
    }
}
