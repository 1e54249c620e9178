// The waiting queue: order, capacity, the draw, and what is left of it when Redis is gone.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct QueueTests {
    private func join(_ fixture: TicketFixture, _ event: UUID, _ user: UUID) async throws -> TestResponse {
        try await fixture.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
    }

    private func ask(_ fixture: TicketFixture, _ queue: String, _ user: UUID) async throws -> TestResponse {
        try await fixture.call(.get, "/api/queue/position/\(queue)", as: user)
    }

    /// Lets the next batch be due and runs it.
    private func batch(_ fixture: TicketFixture) async throws {
        try await fixture.database.run(script: "UPDATE ticket_schema.queue_events SET next_run = now()")
        try await fixture.on { _ = try await fixture.parts.queue.tick() }
    }

    @Test func admitsInOrderUpToTheLimit() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 3
            $0.queue.batchSize = 2
        }
        let (event, seats) = try await fixture.event(queue: true)
        let users = (0..<8).map { _ in UUID() }
        var ids: [String] = []
        for (index, user) in users.enumerated() {
            let answer = try await join(fixture, event, user)
            #expect(answer.status == 200)
            ids.append(try #require(answer.json["queueId"]?.stringValue))
            // With nobody waiting and room inside, in at once.
            #expect(answer.json["status"]?.stringValue == (index < 3 ? "admitted" : "waiting"))
            #expect(answer.json["position"]?.intValue == (index < 3 ? nil : index - 2))
        }
        #expect(try await join(fixture, event, users[5]).json["queueId"]?.stringValue == ids[5])
        #expect(try await join(fixture, event, users[5]).json["position"]?.intValue == 3)
        #expect(try await join(fixture, event, users[5]).json["estimatedWait"]?.intValue == 45)
        #expect(try await join(fixture, event, users[0]).json["queueId"]?.stringValue == ids[0])
        #expect(try await ask(fixture, ids[5], users[5]).json["position"]?.intValue == 3)
        #expect(try await ask(fixture, ids[5], users[0]).status == 404)
        #expect(try await ask(fixture, "\(UUID())", users[0]).status == 404)
        #expect(try await fixture.inside(.get, "/internal/queue/\(ids[5])").json["userId"]?.stringValue == users[5].description)
        #expect(try await fixture.inside(.get, "/internal/queue/\(ids[0])").json["userId"]?.stringValue == users[0].description)

        #expect(try await fixture.hold([seats[0]], as: users[0]).status == 200)
        #expect(try await fixture.hold([seats[1]], as: users[4]).code == "QUEUE_REQUIRED")
        try await batch(fixture)
        #expect(try await ask(fixture, ids[3], users[3]).json["status"]?.stringValue == "waiting")
        // Two leave, one from inside and one from the line; the next batch takes who is first then.
        #expect(try await fixture.call(.delete, "/api/queue/\(ids[1])", as: users[0]).status == 404)
        #expect(try await fixture.call(.delete, "/api/queue/\(ids[1])", as: users[1]).status == 200)
        #expect(try await fixture.call(.delete, "/api/queue/\(ids[3])", as: users[3]).status == 200)
        #expect(try await ask(fixture, ids[1], users[1]).json["status"]?.stringValue == "ended")
        #expect(try await ask(fixture, ids[3], users[3]).json["status"]?.stringValue == "ended")
        #expect(try await fixture.hold([seats[1]], as: users[1]).code == "QUEUE_REQUIRED")
        try await batch(fixture)
        #expect(try await ask(fixture, ids[4], users[4]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(fixture, ids[5], users[5]).json["position"]?.intValue == 1)
        #expect(try await fixture.hold([seats[1]], as: users[4]).status == 200)
        // Buying ends the admission.
        let bought = try #require(try await fixture.reserve(event, [seats[1]], as: users[4]).reservationID)
        #expect(try await fixture.pay(bought, users[4], order: "O1", amount: 1000).status == 200)
        try await batch(fixture)
        #expect(try await ask(fixture, ids[5], users[5]).json["status"]?.stringValue == "admitted")
        // A wiped Redis loses who waits, never who is in.
        _ = try await fixture.client.send(["FLUSHALL"])
        #expect(try await ask(fixture, ids[5], users[5]).json["status"]?.stringValue == "admitted")
        #expect(try await ask(fixture, ids[6], users[6]).status == 404)
        #expect(try await join(fixture, event, users[6]).json["status"]?.stringValue == "waiting")
        try await fixture.close()
    }

    @Test func admitsNobodyTwiceOrAboveTheLimitUnderRaces() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 30
            $0.queue.batchSize = 7
        }
        let (event, _) = try await fixture.event(queue: true)
        let users = (0..<120).map { _ in UUID() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in users {
                group.addTask {
                    let status = try await join(fixture, event, user).status
                    #expect(status == 200)
                }
            }
            for _ in 0..<10 { group.addTask { try await batch(fixture) } }
            try await group.waitForAll()
        }
        for _ in 0..<6 { try await batch(fixture) }
        let inside = try await fixture.database.query(
            "SELECT count(*), count(DISTINCT user_id) FROM ticket_schema.queue_admissions WHERE ended_at IS NULL AND expires_at > now()")
        #expect(try inside.first?.int(0) == 30 && inside.first?.int(1) == 30)
        let length = try await fixture.on { try await fixture.parts.queue.line.length(event) }
        #expect(length == 90)
        try await fixture.close()
    }

    @Test func drawsTheLobby() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 100
            $0.queue.batchSize = 5
        }
        let (event, _) = try await fixture.event(queue: true, opens: 600)
        let early = (0..<20).map { _ in UUID() }
        var owners: [String: UUID] = [:]
        for user in early {
            let answer = try await join(fixture, event, user)
            #expect(answer.json["status"]?.stringValue == "lobby" && answer.json["position"] == .null)
            owners[try #require(answer.json["queueId"]?.stringValue)] = user
        }
        let detail = try await fixture.call(.get, "/api/events/\(event)")
        let before = try await fixture.call(.get, "/api/queue/\(event)/proof")
        let commitment = try #require(before.json["commitment"]?.stringValue)
        #expect(detail.json["event"]?["queueCommitment"]?.stringValue == commitment)
        #expect(before.json["seed"] == .null && before.json["entries"]?.arrayValue == [])
        try await fixture.database.run(script: "UPDATE ticket_schema.events SET sale_start_date = now() - interval '1 s'")
        // Who comes between the opening and the draw stands behind the lobby.
        let late = UUID()
        let lateJoin = try await join(fixture, event, late)
        #expect(lateJoin.json["status"]?.stringValue == (lateJoin.json["position"] == .null ? "lobby" : "waiting"))
        try await batch(fixture)
        let proof = try await fixture.call(.get, "/api/queue/\(event)/proof")
        let seed = try #require(proof.json["seed"]?.stringValue.flatMap { Hex.decode($0) })
        #expect(Hex.encode(Crypto.sha256(seed)) == commitment)
        let entries = proof.json["entries"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(entries == owners.keys.sorted())
        let order = QueueDraw.order(entries.compactMap { UUID($0) }, seed: seed)
        for (place, id) in order.enumerated() {
            let answer = try await ask(fixture, id.description, try #require(owners[id.description]))
            #expect(answer.json["status"]?.stringValue == (place < 5 ? "admitted" : "waiting"))
            #expect(answer.json["position"]?.intValue == (place < 5 ? nil : place - 4))
        }
        #expect(try await ask(fixture, try #require(lateJoin.json["queueId"]?.stringValue), late).json["position"]?.intValue == 16)
        try await fixture.close()
    }

    @Test func closesWithoutRedisAndRefusesNonsense() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(queue: true)
        let plain = try await fixture.event()
        let user = UUID()
        #expect(try await fixture.call(.post, "/api/queue", "{}").code == "NO_TOKEN")
        #expect(try await fixture.call(.post, "/api/queue", as: user, "{}").code == "VALIDATION_FAILED")
        #expect(try await join(fixture, UUID(), user).status == 404)
        #expect(try await join(fixture, plain.id, user).json["status"]?.stringValue == "admitted")
        let shut = try await fixture.event(queue: true, opens: -100, closes: -10)
        #expect(try await join(fixture, shut.id, user).code == "EVENT_NOT_ON_SALE")
        fixture.redis.kill()
        let closed = try await join(fixture, event, user)
        #expect(closed.status == 503 && closed.headers["Retry-After"] != nil)
        #expect(try await fixture.hold([seats[0]], as: user).code == "QUEUE_REQUIRED")
        try await fixture.close()
    }

    /// Many who come in the same moment are let in together while there is room, in the order of their arrival.
    @Test(arguments: [(394, 1000, 394), (60, 30, 30)])
    func letsInEverybodyWhoComesAtOnce(joining: Int, limit: Int, inside: Int) async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = limit }
        let (event, _) = try await fixture.event(queue: true)
        let states = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<joining { group.addTask { try await join(fixture, event, UUID()).json["status"]?.stringValue } }
            return try await group.reduce(into: [:]) { $0[$1 ?? "none", default: 0] += 1 }
        }
        #expect(states["admitted"] == inside && states["waiting", default: 0] == joining - inside)
        // The room is full, and those who wait stand before whoever comes now.
        if joining > inside { #expect(try await join(fixture, event, UUID()).json["position"]?.intValue == joining - inside + 1) }
        try await fixture.close()
    }

    @Test func oneAfterTheOtherFillsTheRoom() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 30 }
        let (event, _) = try await fixture.event(queue: true)
        for place in 1...31 {
            let status = try await join(fixture, event, UUID()).json["status"]?.stringValue
            #expect(status == (place <= 30 ? "admitted" : "waiting"), "\(place)")
        }
        try await fixture.close()
    }

    @Test func anEventWithoutAQueueAnswersForItsPlaces() async throws {
        let fixture = try await TicketFixture.make()
        let (event, _) = try await fixture.event()
        let (user, other) = (UUID(), UUID())
        let id = try #require(try await join(fixture, event, user).json["queueId"]?.stringValue)
        #expect(try await join(fixture, event, user).json["queueId"]?.stringValue == id)
        #expect(try await ask(fixture, id, user).json["status"]?.stringValue == "admitted")
        #expect(try await ask(fixture, id, other).status == 404)
        #expect(try await fixture.call(.delete, "/api/queue/\(id)", as: user).status == 200)
        #expect(try await fixture.call(.delete, "/api/queue/\(id)", as: other).status == 404)
        let proof = try await fixture.call(.get, "/api/queue/\(event)/proof")
        #expect(proof.status == 200 && proof.json["queueEnabled"]?.boolValue == false && proof.json["commitment"] == .null)
        #expect(try await fixture.call(.get, "/api/queue/\(UUID())/proof").status == 404)
        try await fixture.close()
    }

    @Test func aSalePostponedAfterItsDrawBeginsAnew() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 2
            $0.queue.batchSize = 1
        }
        let (event, _) = try await fixture.event(queue: true, opens: 600)
        var places: [(id: String, user: UUID)] = []
        for _ in 0..<5 {
            let user = UUID()
            places.append((try #require(try await join(fixture, event, user).json["queueId"]?.stringValue), user))
        }
        try await fixture.database.run(script: "UPDATE ticket_schema.events SET sale_start_date = now() - interval '1 s'")
        try await batch(fixture)
        let drawn = try await fixture.call(.get, "/api/queue/\(event)/proof")
        #expect(drawn.json["entries"]?.arrayValue?.count == 5)
        let later = try await fixture.inside(
            .put, "/internal/events/\(event)", "{\"saleStartDate\":\"\(Timestamp.now().adding(seconds: 600))\"}")
        #expect(later.status == 200)
        var states: [String: Int] = [:]
        for place in places { states[try await ask(fixture, place.id, place.user).json["status"]?.stringValue ?? "", default: 0] += 1 }
        #expect(states == ["admitted": 1, "lobby": 4])
        #expect(try await join(fixture, event, UUID()).json["status"]?.stringValue == "lobby")
        try await eventually {
            let proof = try await fixture.call(.get, "/api/queue/\(event)/proof")
            return proof.json["seed"] == .null && proof.json["commitment"] != drawn.json["commitment"]
        }
        let kept = try await fixture.database.query("SELECT commitment FROM ticket_schema.queue_draws")
        #expect(try kept.map { try $0.string(0) } == [drawn.json["commitment"]?.stringValue])
        try await fixture.close()
    }

    @Test func proofsAreCompressedAndPaged() async throws {
        let fixture = try await TicketFixture.make()
        let (event, _) = try await fixture.event(queue: true)
        try await fixture.database.run(
            script: """
                UPDATE ticket_schema.queue_events SET drawn_at = now(),
                    entries = ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 10001))
                """)
        let target = "/api/queue/\(event)/proof"
        let first = try await fixture.call(.get, target)
        #expect(first.json["entries"]?.arrayValue?.count == 10_000 && first.json["pagination"]?["totalPages"]?.intValue == 2)
        let packed = try await fixture.call(.get, target, headers: ["Accept-Encoding": "gzip"])
        #expect(packed.headers["Content-Encoding"] == "gzip" && Gzip.decompress(packed.body[...]) == first.body)
        let tag = try #require(first.headers["ETag"])
        #expect(try await fixture.call(.get, target, headers: ["If-None-Match": tag]).status == 304)
        #expect(try await fixture.call(.get, target + "?page=2").json["entries"]?.arrayValue?.count == 1)
        #expect(try await fixture.call(.get, target + "?page=3").status == 404)
        try await fixture.close()
    }

    @Test func theGaugeIsRightAfterOneTick() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await fixture.event(queue: true)
        for _ in 0..<4 { _ = try await join(fixture, event, UUID()) }
        try await fixture.on { _ = try await fixture.parts.queue.tick() }
        let lengths = fixture.parts.queue.lengths
        let before = lengths.users(event)
        _ = try await join(fixture, event, UUID())
        let nap = try await fixture.on { try await fixture.parts.queue.tick() }
        #expect(before == 3 && lengths.users(event) == 4 && nap <= .seconds(5))
        try await fixture.close()
    }

    /// A sum over processes is right: one of them reports, another when that one is gone, and none reports a queue that is over.
    @Test func oneProcessReportsTheLengths() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 1 }
        let (event, _) = try await fixture.event(queue: true)
        for _ in 0..<4 { _ = try await join(fixture, event, UUID()) }
        let (here, there) = (fixture.parts.queue, try await TicketFixture.another(fixture).parts.queue)
        try await fixture.on { _ = try await here.tick() }
        try await fixture.on { _ = try await there.tick() }
        #expect(here.lengths.users(event) == 3 && there.lengths.users(event) == nil)
        // The reporter is gone: its turn ends by itself, well within five seconds.
        try await eventually(within: .seconds(5)) {
            try await fixture.on { _ = try await there.tick() }
            return there.lengths.users(event) == 3
        }
        // Ended by the other process: nothing is left of it at either.
        try await fixture.on { _ = try await here.tick() }
        try await fixture.database.run(script: "UPDATE ticket_schema.events SET status = 'cancelled'")
        try await fixture.on { _ = try await here.tick() }
        try await fixture.on { _ = try await there.tick() }
        #expect(here.lengths.users(event) == nil && there.lengths.users(event) == nil)
        // Without Redis nobody knows: no figure rather than an old one.
        let (second, _) = try await fixture.event(queue: true)
        for _ in 0..<3 { _ = try await join(fixture, second, UUID()) }
        try await fixture.on { _ = try await there.tick() }
        #expect(there.lengths.users(second) == 2)
        fixture.redis.kill()
        _ = try? await fixture.on { try await there.tick() }
        #expect(there.lengths.users(second) == nil)
        try await fixture.close()
    }
}
