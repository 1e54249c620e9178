// The queue when a process dies or an event ends: nobody is admitted twice, lost or let in by accident, and waiting costs no SQL.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct QueueFailureTests {
    private struct Waiter {
        var user: UUID
        var queue: UUID
    }

    private func join(_ fixture: TicketFixture, _ event: UUID, _ count: Int) async throws -> [Waiter] {
        var waiters: [Waiter] = []
        for _ in 0..<count {
            let user = UUID()
            let answer = try await fixture.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
            waiters.append(
                Waiter(user: user, queue: try #require(answer.json["queueId"]?.stringValue.flatMap { UUID($0) }, "\(answer.text)")))
        }
        return waiters
    }

    private func ask(_ fixture: TicketFixture, _ waiter: Waiter) async throws -> TestResponse {
        try await fixture.call(.get, "/api/queue/position/\(waiter.queue)", as: waiter.user)
    }

    private func batch(_ fixture: TicketFixture) async throws {
        try await fixture.database.run(script: "UPDATE ticket_schema.queue_events SET next_run = now()")
        try await fixture.on { _ = try await fixture.parts.queue.tick() }
    }

    private func redis(_ fixture: TicketFixture, _ words: String...) async throws -> RedisValue {
        try await fixture.client.send(words.map { RedisArgument($0) })
    }

    /// The process died between the commit and the line: its people stand there still when the next round comes.
    @Test func aBrokenRoundIsFinishedAndNobodyGetsInTwice() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 2
            $0.queue.batchSize = 2
        }
        let (event, _) = try await fixture.event(queue: true)
        let waiters = try await join(fixture, event, 6)
        // The first two are inside; they stand in the line as if nobody had tidied up, and one has left by now.
        for (index, waiter) in waiters[0..<2].enumerated() {
            _ = try await redis(fixture, "ZADD", "queue:\(event)", "\(index - 10)", waiter.queue.description)
            _ = try await redis(fixture, "HSET", "queue-entry:\(waiter.queue)", "state", "in")
        }
        try await fixture.database.run(
            script: "UPDATE ticket_schema.queue_admissions SET ended_at = now() WHERE user_id = '\(waiters[0].user)'")
        try await batch(fixture)
        try await fixture.on { _ = try await fixture.parts.queue.tick() }
        let rows = try await fixture.database.query("SELECT user_id FROM ticket_schema.queue_admissions WHERE ended_at IS NULL")
        let inside = try rows.map { try $0.uuid(0) }
        #expect(inside == [waiters[1].user])
        #expect(try await ask(fixture, waiters[0]).json["status"]?.stringValue == "ended")
        #expect(try await ask(fixture, waiters[1]).json["status"]?.stringValue == "admitted")
        // The room that the broken round did not use is used at once, not an interval later.
        try await fixture.on { _ = try await fixture.parts.queue.tick() }
        #expect(try await ask(fixture, waiters[2]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(fixture, waiters[3]).json["position"]?.intValue == 1)
        try await fixture.close()
    }

    /// The process died between the draw and the line. The entries of the proof are those of the draw, and the lobby still goes first.
    @Test func aBrokenDrawIsFinishedBeforeAnybodyElseGetsIn() async throws {
        let fixture = try await TicketFixture.make { $0.queue.batchSize = 8 }
        let (event, _) = try await fixture.event(queue: true, opens: 600)
        let early = try await join(fixture, event, 8)
        let entries = early.map(\.queue).sorted { $0.description < $1.description }
        let list = entries.map { "'\($0)'" }.joined(separator: ",")
        try await fixture.database.run(
            script: """
                UPDATE ticket_schema.events SET sale_start_date = now() - interval '1 s';
                UPDATE ticket_schema.queue_events
                SET drawn_at = now(), entries = ARRAY[\(list)]::uuid[], next_run = now() + interval '1 hour';
                """)
        // Alone in the line and with room inside, yet behind the lobby.
        let late = try await join(fixture, event, 1)[0]
        #expect(try await ask(fixture, late).json["status"]?.stringValue == "waiting")
        #expect(try await ask(fixture, late).json["position"]?.intValue == 9)
        try await batch(fixture)
        let proof = try await fixture.call(.get, "/api/queue/\(event)/proof")
        let seed = try #require(proof.json["seed"]?.stringValue.flatMap { Hex.decode($0) })
        let order = try await fixture.database.query("SELECT queue_id FROM ticket_schema.queue_admissions ORDER BY admitted_at")
        let admitted = try order.map { try $0.uuid(0) }
        #expect(Set(admitted) == Set(entries))
        #expect(proof.json["entries"]?.arrayValue?.compactMap(\.stringValue) == entries.map(\.description))
        #expect(Hex.encode(Crypto.sha256(seed)) == proof.json["commitment"]?.stringValue)
        #expect(try await ask(fixture, late).json["position"]?.intValue == 1)
        try await fixture.close()
    }

    /// A process that stands still with the event's lock in hand loses it within one interval.
    @Test func aFrozenHolderLosesTheLock() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.interval = .seconds(1)
            $0.queue.activeLimit = 1
        }
        let (event, _) = try await fixture.event(queue: true)
        let waiters = try await join(fixture, event, 2)
        try await fixture.database.run(script: "UPDATE ticket_schema.queue_admissions SET ended_at = now()")
        let store = fixture.parts.queue.store
        let isHeld = Locked(false)
        let isOver = Locked(false)
        let frozen = Task {
            try await fixture.on {
                try await store.locked(event, skipLocked: false) { _, _ in
                    isHeld.withLock { $0 = true }
                    try await eventually { isOver.withLock { $0 } }
                    return true
                }
            }
        }
        try await eventually { isHeld.withLock { $0 } }
        // The holder still stands there when somebody else admits.
        try await eventually(within: .seconds(5)) {
            try await batch(fixture)
            return try await ask(fixture, waiters[1]).json["status"]?.stringValue == "admitted"
        }
        isOver.withLock { $0 = true }
        await #expect(throws: (any Error).self) { _ = try await frozen.value }
        try await fixture.close()
    }

    @Test func aPlaceThatIsGivenUpWhileItIsLetInStaysGivenUp() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await fixture.event(queue: true)
        let waiters = try await join(fixture, event, 2)
        // The leave came between the look at the line and the commit.
        try await fixture.database.run(script: "UPDATE ticket_schema.queue_admissions SET ended_at = now()")
        _ = try await redis(fixture, "HSET", "queue-entry:\(waiters[1].queue)", "state", "left")
        try await batch(fixture)
        let inside = try await fixture.database.query("SELECT FROM ticket_schema.queue_admissions WHERE ended_at IS NULL")
        #expect(inside.isEmpty)
        #expect(try await ask(fixture, waiters[1]).json["status"]?.stringValue == "ended")
        try await fixture.close()
    }

    /// A question of somebody who waits is answered though PostgreSQL lets ticket read nothing.
    @Test func waitingCostsNoSQL() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await fixture.event(queue: true)
        let waiters = try await join(fixture, event, 3)
        try await fixture.database.run(script: "REVOKE ALL ON ALL TABLES IN SCHEMA ticket_schema FROM tiketi_ticket")
        #expect(try await ask(fixture, waiters[2]).json["position"]?.intValue == 2)
        #expect(try await fixture.inside(.get, "/internal/queue/\(waiters[2].queue)").json["sequence"]?.intValue == 3)
        #expect(try await ask(fixture, waiters[0]).status >= 500)
        try await fixture.close()
    }

    @Test func theLineEndsWithItsEvent() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 1 }
        for change in ["status = 'cancelled'", "sale_end_date = now()", "queue_enabled = false"] {
            let (event, _) = try await fixture.event(queue: true)
            let waiters = try await join(fixture, event, 3)
            try await fixture.database.run(script: "UPDATE ticket_schema.events SET \(change) WHERE id = '\(event)'")
            try await batch(fixture)
            #expect(try await ask(fixture, waiters[1]).json["status"]?.stringValue == "ended", "\(change)")
            #expect(try await redis(fixture, "EXISTS", "queue:\(event)", "queue:\(event):users").int == 0)
            #expect(try await redis(fixture, "TTL", "queue-entry:\(waiters[1].queue)").int ?? 0 <= 3600)
            // An admission that runs stays what it is; an hour after its end nobody knows it.
            #expect(try await ask(fixture, waiters[0]).json["status"]?.stringValue == "admitted")
            try await fixture.database.run(
                script: "UPDATE ticket_schema.queue_admissions SET expires_at = now() - interval '59 minutes' WHERE event_id = '\(event)'")
            #expect(try await ask(fixture, waiters[0]).json["status"]?.stringValue == "ended")
            try await fixture.database.run(
                script: "UPDATE ticket_schema.queue_admissions SET expires_at = now() - interval '61 minutes' WHERE event_id = '\(event)'")
            #expect(try await ask(fixture, waiters[0]).status == 404)
        }
        try await fixture.close()
    }

    /// With a Redis of its own, the queue leaves nothing that must last in the one that evicts caches.
    @Test func placesAreOnTheirOwnRedis() async throws {
        let own = try await TestRedis()
        let places = RedisClient(own.configuration, group: .shared)
        let fixture = try await TicketFixture.make(queueRedis: places) { $0.queue.activeLimit = 1 }
        let (event, _) = try await fixture.event(queue: true)
        let waiters = try await join(fixture, event, 3)
        #expect(try await ask(fixture, waiters[2]).json["position"]?.intValue == 2)
        let keys = try await redis(fixture, "KEYS", "queue*").array ?? []
        #expect(keys.isEmpty, "\(keys.map(\.string))")
        #expect(try await places.send(["KEYS", "queue*"]).array?.isEmpty == false)
        // Everything else may go at any time.
        _ = try await redis(fixture, "FLUSHALL")
        #expect(try await ask(fixture, waiters[2]).json["position"]?.intValue == 2)
        places.close()
        own.kill()
        try await fixture.close()
    }
}
