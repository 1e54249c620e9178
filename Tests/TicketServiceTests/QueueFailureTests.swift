// What the queue promises when something dies or is over: nobody twice, nobody lost, nobody let in by accident, and nobody's wait a burden.
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

    private func join(_ world: TicketWorld, _ event: UUID, _ count: Int) async throws -> [Waiter] {
        var waiters: [Waiter] = []
        for _ in 0..<count {
            let user = UUID()
            let answer = try await world.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
            waiters.append(
                Waiter(user: user, queue: try #require(answer.json["queueId"]?.stringValue.flatMap { UUID($0) }, "\(answer.text)")))
        }
        return waiters
    }

    private func ask(_ world: TicketWorld, _ waiter: Waiter) async throws -> TestResponse {
        try await world.call(.get, "/api/queue/position/\(waiter.queue)", as: waiter.user)
    }

    private func batch(_ world: TicketWorld) async throws {
        try await world.database.run(script: "UPDATE ticket_schema.queue_events SET next_run = now()")
        try await world.on { _ = try await world.parts.queue.tick() }
    }

    private func redis(_ world: TicketWorld, _ words: String...) async throws -> RedisValue {
        try await world.client.send(words.map { RedisArgument($0) })
    }

    /// The process died between the commit and the line: its people stand there still when the next round comes.
    @Test func aBrokenRoundIsFinishedAndNobodyGetsInTwice() async throws {
        let world = try await TicketWorld.make {
            $0.queue.activeLimit = 2
            $0.queue.batchSize = 2
        }
        let (event, _) = try await world.event(queue: true)
        let waiters = try await join(world, event, 6)
        // The first two are inside; they stand in the line as if nobody had tidied up, and one has left by now.
        for (index, waiter) in waiters[0..<2].enumerated() {
            _ = try await redis(world, "ZADD", "queue:\(event)", "\(index - 10)", waiter.queue.description)
            _ = try await redis(world, "HSET", "queue-entry:\(waiter.queue)", "state", "in")
        }
        try await world.database.run(
            script: "UPDATE ticket_schema.queue_admissions SET ended_at = now() WHERE user_id = '\(waiters[0].user)'")
        try await batch(world)
        try await world.on { _ = try await world.parts.queue.tick() }
        let rows = try await world.database.query("SELECT user_id FROM ticket_schema.queue_admissions WHERE ended_at IS NULL")
        let inside = try rows.map { try $0.uuid(0) }
        #expect(inside == [waiters[1].user])
        #expect(try await ask(world, waiters[0]).json["status"]?.stringValue == "ended")
        #expect(try await ask(world, waiters[1]).json["status"]?.stringValue == "admitted")
        // The room that the broken round did not use is used at once, not an interval later.
        try await world.on { _ = try await world.parts.queue.tick() }
        #expect(try await ask(world, waiters[2]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(world, waiters[3]).json["position"]?.intValue == 1)
        try await world.close()
    }

    /// The process died between the draw and the line. The entries of the proof are those of the draw, and the lobby still goes first.
    @Test func aBrokenDrawIsFinishedBeforeAnybodyElseGetsIn() async throws {
        let world = try await TicketWorld.make { $0.queue.batchSize = 8 }
        let (event, _) = try await world.event(queue: true, opens: 600)
        let early = try await join(world, event, 8)
        let entries = early.map(\.queue).sorted { $0.description < $1.description }
        let list = entries.map { "'\($0)'" }.joined(separator: ",")
        try await world.database.run(
            script: """
                UPDATE ticket_schema.events SET sale_start_date = now() - interval '1 s';
                UPDATE ticket_schema.queue_events SET drawn_at = now(), entries = ARRAY[\(list)]::uuid[], next_run = now() + interval '1 hour';
                """)
        // Alone in the line and with room inside, yet behind the lobby.
        let late = try await join(world, event, 1)[0]
        #expect(try await ask(world, late).json["status"]?.stringValue == "waiting")
        #expect(try await ask(world, late).json["position"]?.intValue == 9)
        try await batch(world)
        let proof = try await world.call(.get, "/api/queue/\(event)/proof")
        let seed = try #require(proof.json["seed"]?.stringValue.flatMap { Hex.decode($0) })
        let order = try await world.database.query("SELECT queue_id FROM ticket_schema.queue_admissions ORDER BY admitted_at")
        let admitted = try order.map { try $0.uuid(0) }
        #expect(Set(admitted) == Set(entries))
        #expect(proof.json["entries"]?.arrayValue?.compactMap(\.stringValue) == entries.map(\.description))
        #expect(Hex.encode(Crypto.sha256(seed)) == proof.json["commitment"]?.stringValue)
        #expect(try await ask(world, late).json["position"]?.intValue == 1)
        try await world.close()
    }

    /// A process that stands still with the event's lock in hand loses it within one interval.
    @Test func aFrozenHolderLosesTheLock() async throws {
        let world = try await TicketWorld.make {
            $0.queue.intervalSeconds = 1
            $0.queue.activeLimit = 1
        }
        let (event, _) = try await world.event(queue: true)
        let waiters = try await join(world, event, 2)
        try await world.database.run(script: "UPDATE ticket_schema.queue_admissions SET ended_at = now()")
        let store = world.parts.queue.store
        let frozen = Task {
            try await world.on {
                try await store.locked(event, skipLocked: false) { _, _ in
                    try await EventLoop.current?.sleep(nanoseconds: 3_000_000_000)
                    return true
                }
            }
        }
        try await world.on { try await EventLoop.current?.sleep(nanoseconds: 200_000_000) }
        let began = ContinuousClock.now
        while try await ask(world, waiters[1]).json["status"]?.stringValue != "admitted", ContinuousClock.now - began < .seconds(5) {
            try await batch(world)
            try await world.on { try await EventLoop.current?.sleep(nanoseconds: 50_000_000) }
        }
        #expect(ContinuousClock.now - began < .seconds(2))
        await #expect(throws: (any Error).self) { _ = try await frozen.value }
        try await world.close()
    }

    @Test func aPlaceThatIsGivenUpWhileItIsLetInStaysGivenUp() async throws {
        let world = try await TicketWorld.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await world.event(queue: true)
        let waiters = try await join(world, event, 2)
        // The leave came between the look at the line and the commit.
        try await world.database.run(script: "UPDATE ticket_schema.queue_admissions SET ended_at = now()")
        _ = try await redis(world, "HSET", "queue-entry:\(waiters[1].queue)", "state", "left")
        try await batch(world)
        let inside = try await world.database.query("SELECT FROM ticket_schema.queue_admissions WHERE ended_at IS NULL")
        #expect(inside.isEmpty)
        #expect(try await ask(world, waiters[1]).json["status"]?.stringValue == "ended")
        try await world.close()
    }

    /// A question of somebody who waits is answered though PostgreSQL lets ticket read nothing.
    @Test func waitingCostsNoSQL() async throws {
        let world = try await TicketWorld.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await world.event(queue: true)
        let waiters = try await join(world, event, 3)
        try await world.database.run(script: "REVOKE ALL ON ALL TABLES IN SCHEMA ticket_schema FROM tiketi_ticket")
        #expect(try await ask(world, waiters[2]).json["position"]?.intValue == 2)
        #expect(try await world.inside(.get, "/internal/queue/\(waiters[2].queue)").json["sequence"]?.intValue == 3)
        #expect(try await ask(world, waiters[0]).status >= 500)
        try await world.close()
    }

    @Test func theLineEndsWithItsEvent() async throws {
        let world = try await TicketWorld.make { $0.queue.activeLimit = 1 }
        for change in ["status = 'cancelled'", "sale_end_date = now()", "queue_enabled = false"] {
            let (event, _) = try await world.event(queue: true)
            let waiters = try await join(world, event, 3)
            try await world.database.run(script: "UPDATE ticket_schema.events SET \(change) WHERE id = '\(event)'")
            try await batch(world)
            #expect(try await ask(world, waiters[1]).json["status"]?.stringValue == "ended", "\(change)")
            #expect(try await redis(world, "EXISTS", "queue:\(event)", "queue:\(event):users").int == 0)
            #expect(try await redis(world, "TTL", "queue-entry:\(waiters[1].queue)").int ?? 0 <= 3600)
            // An admission that runs stays what it is; an hour after its end nobody knows it.
            #expect(try await ask(world, waiters[0]).json["status"]?.stringValue == "admitted")
            try await world.database.run(
                script: "UPDATE ticket_schema.queue_admissions SET expires_at = now() - interval '59 minutes' WHERE event_id = '\(event)'")
            #expect(try await ask(world, waiters[0]).json["status"]?.stringValue == "ended")
            try await world.database.run(
                script: "UPDATE ticket_schema.queue_admissions SET expires_at = now() - interval '61 minutes' WHERE event_id = '\(event)'")
            #expect(try await ask(world, waiters[0]).status == 404)
        }
        try await world.close()
    }
}
