// The waiting queue: order, capacity, the draw, and what is left of it when Redis is gone.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct QueueTests {
    private func join(_ world: TicketWorld, _ event: UUID, _ user: UUID) async throws -> TestResponse {
        try await world.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
    }

    private func ask(_ world: TicketWorld, _ queue: String, _ user: UUID) async throws -> TestResponse {
        try await world.call(.get, "/api/queue/position/\(queue)", as: user)
    }

    /// Lets the next batch be due and runs it.
    private func batch(_ world: TicketWorld) async throws {
        try await world.database.run(script: "UPDATE ticket_schema.queue_events SET next_run = now()")
        try await world.on { _ = try await world.parts.queue.tick() }
    }

    @Test func admitsInOrderUpToTheLimit() async throws {
        let world = try await TicketWorld.make {
            $0.queue.activeLimit = 3
            $0.queue.batchSize = 2
        }
        let (event, seats) = try await world.event(queue: true)
        let users = (0..<8).map { _ in UUID() }
        var ids: [String] = []
        for (index, user) in users.enumerated() {
            let answer = try await join(world, event, user)
            #expect(answer.status == 200)
            ids.append(try #require(answer.json["queueId"]?.stringValue))
            // With nobody waiting and room inside, in at once.
            #expect(answer.json["status"]?.stringValue == (index < 3 ? "admitted" : "waiting"))
            #expect(answer.json["position"]?.intValue == (index < 3 ? nil : index - 2))
        }
        #expect(try await join(world, event, users[5]).json["queueId"]?.stringValue == ids[5])
        #expect(try await join(world, event, users[5]).json["position"]?.intValue == 3)
        #expect(try await join(world, event, users[5]).json["estimatedWait"]?.intValue == 45)
        #expect(try await join(world, event, users[0]).json["queueId"]?.stringValue == ids[0])
        #expect(try await ask(world, ids[5], users[5]).json["position"]?.intValue == 3)
        #expect(try await ask(world, ids[5], users[0]).status == 404)
        #expect(try await ask(world, "\(UUID())", users[0]).status == 404)
        #expect(try await world.inside(.get, "/internal/queue/\(ids[5])").json["userId"]?.stringValue == users[5].description)
        #expect(try await world.inside(.get, "/internal/queue/\(ids[0])").json["userId"]?.stringValue == users[0].description)

        #expect(try await world.hold([seats[0]], as: users[0]).status == 200)
        #expect(try await world.hold([seats[1]], as: users[4]).code == "QUEUE_REQUIRED")
        try await batch(world)
        #expect(try await ask(world, ids[3], users[3]).json["status"]?.stringValue == "waiting")
        // Two leave, one from inside and one from the line; the next batch takes who is first then.
        #expect(try await world.call(.delete, "/api/queue/\(ids[1])", as: users[0]).status == 404)
        #expect(try await world.call(.delete, "/api/queue/\(ids[1])", as: users[1]).status == 200)
        #expect(try await world.call(.delete, "/api/queue/\(ids[3])", as: users[3]).status == 200)
        #expect(try await ask(world, ids[1], users[1]).json["status"]?.stringValue == "ended")
        #expect(try await ask(world, ids[3], users[3]).json["status"]?.stringValue == "ended")
        #expect(try await world.hold([seats[1]], as: users[1]).code == "QUEUE_REQUIRED")
        try await batch(world)
        #expect(try await ask(world, ids[4], users[4]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(world, ids[5], users[5]).json["position"]?.intValue == 1)
        #expect(try await world.hold([seats[1]], as: users[4]).status == 200)
        // Buying ends the admission.
        let bought = try #require(try await world.reserve(event, [seats[1]], as: users[4]).reservationID)
        #expect(try await world.pay(bought, users[4], order: "O1", amount: 1000).status == 200)
        try await batch(world)
        #expect(try await ask(world, ids[5], users[5]).json["status"]?.stringValue == "admitted")
        // A wiped Redis loses who waits, never who is in.
        _ = try await world.client.send(["FLUSHALL"])
        #expect(try await ask(world, ids[5], users[5]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(world, ids[6], users[6]).status == 404)
        #expect(try await join(world, event, users[6]).json["status"]?.stringValue == "waiting")
        try await world.close()
    }

    @Test func admitsNobodyTwiceOrAboveTheLimitUnderRaces() async throws {
        let world = try await TicketWorld.make {
            $0.queue.activeLimit = 30
            $0.queue.batchSize = 7
        }
        let (event, _) = try await world.event(queue: true)
        let users = (0..<120).map { _ in UUID() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in users {
                group.addTask {
                    let status = try await join(world, event, user).status
                    #expect(status == 200)
                }
            }
            for _ in 0..<10 { group.addTask { try await batch(world) } }
            try await group.waitForAll()
        }
        for _ in 0..<6 { try await batch(world) }
        let inside = try await world.database.query(
            "SELECT count(*), count(DISTINCT user_id) FROM ticket_schema.queue_admissions WHERE ended_at IS NULL AND expires_at > now()")
        #expect(try inside.first?.int(0) == 30 && inside.first?.int(1) == 30)
        let length = try await world.on { try await world.parts.queue.line.length(event) }
        #expect(length == 90)
        try await world.close()
    }

    @Test func drawsTheLobby() async throws {
        let world = try await TicketWorld.make {
            $0.queue.activeLimit = 100
            $0.queue.batchSize = 5
        }
        let (event, _) = try await world.event(queue: true, opens: 600)
        let early = (0..<20).map { _ in UUID() }
        var owners: [String: UUID] = [:]
        for user in early {
            let answer = try await join(world, event, user)
            #expect(answer.json["status"]?.stringValue == "lobby" && answer.json["position"] == .null)
            owners[try #require(answer.json["queueId"]?.stringValue)] = user
        }
        let detail = try await world.call(.get, "/api/events/\(event)")
        let before = try await world.call(.get, "/api/queue/\(event)/proof")
        let commitment = try #require(before.json["commitment"]?.stringValue)
        #expect(detail.json["event"]?["queueCommitment"]?.stringValue == commitment)
        #expect(before.json["seed"] == .null && before.json["entries"]?.arrayValue == [])
        try await world.database.run(script: "UPDATE ticket_schema.events SET sale_start_date = now() - interval '1 s'")
        // Who comes between the opening and the draw stands behind the lobby.
        let late = UUID()
        let lateJoin = try await join(world, event, late)
        #expect(lateJoin.json["status"]?.stringValue == (lateJoin.json["position"] == .null ? "lobby" : "waiting"))
        try await batch(world)
        let proof = try await world.call(.get, "/api/queue/\(event)/proof")
        let seed = try #require(proof.json["seed"]?.stringValue.flatMap { Hex.decode($0) })
        #expect(Hex.encode(Crypto.sha256(seed)) == commitment)
        let entries = proof.json["entries"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(entries == owners.keys.sorted())
        let order = QueueDraw.order(entries.compactMap { UUID($0) }, seed: seed)
        for (place, id) in order.enumerated() {
            let answer = try await ask(world, id.description, try #require(owners[id.description]))
            #expect(answer.json["status"]?.stringValue == (place < 5 ? "admitted" : "waiting"))
            #expect(answer.json["position"]?.intValue == (place < 5 ? nil : place - 4))
        }
        #expect(try await ask(world, try #require(lateJoin.json["queueId"]?.stringValue), late).json["position"]?.intValue == 16)
        try await world.close()
    }

    @Test func closesWithoutRedisAndRefusesNonsense() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event(queue: true)
        let plain = try await world.event()
        let user = UUID()
        #expect(try await world.call(.post, "/api/queue", "{}").code == "NO_TOKEN")
        #expect(try await world.call(.post, "/api/queue", as: user, "{}").code == "VALIDATION_FAILED")
        #expect(try await join(world, UUID(), user).status == 404)
        #expect(try await join(world, plain.id, user).json["status"]?.stringValue == "admitted")
        let shut = try await world.event(queue: true, opens: -100, closes: -10)
        #expect(try await join(world, shut.id, user).code == "EVENT_NOT_ON_SALE")
        world.redis.kill()
        let closed = try await join(world, event, user)
        #expect(closed.status == 503 && closed.headers["Retry-After"] != nil)
        #expect(try await world.hold([seats[0]], as: user).code == "QUEUE_REQUIRED")
        try await world.close()
    }
}
