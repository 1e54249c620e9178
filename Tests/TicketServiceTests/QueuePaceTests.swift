// What users in a queue learn: their places, by one message for a whole line, and the measured waiting time.
import Testing
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct QueuePaceTests {
    private func join(_ fixture: TicketFixture, _ event: UUID, _ user: UUID) async throws -> TestResponse {
        try await fixture.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
    }

    @Test func oneMessageServesAWholeLine() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 3
            $0.queue.batchSize = 2
        }
        let (event, _) = try await fixture.event(queue: true)
        let users = (0..<40).map { _ in UUID() }
        var ids: [String] = []
        for user in users { ids.append(try #require(try await join(fixture, event, user).json["queueId"]?.stringValue)) }
        // Three are inside. Two of those who wait leave, and so does one who is inside.
        for index in [0, 5, 9] { #expect(try await fixture.call(.delete, "/api/queue/\(ids[index])", as: users[index]).status == 200) }
        try await fixture.database.run(script: "UPDATE ticket_schema.queue_events SET next_run = now()")
        let messages = try await fixture.published("*", until: 2) { try await fixture.on { _ = try await fixture.parts.queue.tick() } }
        // One admission, sent to the room of the place and of the user; and one front, however many wait. Nobody else learns who was
        // admitted.
        #expect(
            Set(messages.map(\.channel)) == ["socket.io#/#", QueueFront.channel]
                || Set(messages.map(\.channel)) == ["socket.io#/#queue:\(ids[3])#", "socket.io#/#\(users[3])#", QueueFront.channel])
        let front = try #require(messages.first { $0.channel == QueueFront.channel }.flatMap { QueueFront($0.payload) })
        #expect(front.eventID == event && front.pace == 15_000_000)
        for index in 4..<40 where index != 5 && index != 9 {
            let asked = try await fixture.call(.get, "/api/queue/position/\(ids[index])", as: users[index]).json["position"]?.intValue
            let watch = try await fixture.inside(.get, "/internal/queue/\(ids[index])").json
            #expect(front.position(watch["sequence"]?.int64Value ?? -1) == asked, "place of \(index)")
            #expect(watch["generation"]?.stringValue == front.generation.description && watch["eventId"]?.stringValue == event.description)
        }
        let body = "{\"eventId\":\"\(event)\",\"queueIds\":[\"\(ids[4])\",\"\(ids[5])\",\"\(ids[0])\"]}"
        let numbers = try await fixture.inside(.post, "/internal/queue/sequences", body)
        #expect(numbers.json["sequences"]?.arrayValue?.map(\.intValue) == [5, nil, nil], "\(numbers.text)")
        #expect(try await fixture.call(.post, "/internal/queue/sequences", as: users[0], body).status == 401)
        try await fixture.close()
    }

    @Test func theMeasuredPaceTakesOverAfterThreeRounds() async throws {
        let fixture = try await TicketFixture.make {
            $0.queue.activeLimit = 1
            $0.queue.batchSize = 10
        }
        let (event, _) = try await fixture.event(queue: true)
        let users = (0..<12).map { _ in UUID() }
        var last = try await join(fixture, event, users[0])
        for user in users.dropFirst() { last = try await join(fixture, event, user) }
        #expect(last.json["position"]?.intValue == 11 && last.json["estimatedWait"]?.intValue == 33)
        let queue = try #require(last.json["queueId"]?.stringValue)
        func wait() async throws -> Int? {
            try await fixture.call(.get, "/api/queue/position/\(queue)", as: users[11]).json["estimatedWait"]?.intValue
        }
        for round in 0..<4 {
            // Each round 40 seconds after the one before, and with room for one.
            if let at = try await fixture.client.send(["HGET", "queue:\(event):meta", "at"]).int {
                _ = try await fixture.client.send(["HSET", "queue:\(event):meta", "at", RedisArgument(at - 40_000_000)])
            }
            try await fixture.database.run(
                script: """
                    UPDATE ticket_schema.queue_admissions SET ended_at = now() WHERE ended_at IS NULL;
                    UPDATE ticket_schema.queue_events SET next_run = now();
                    """)
            try await fixture.on { _ = try await fixture.parts.queue.tick() }
            // The first round only starts the clock; three more make a measurement.
            if round < 3 { #expect(try await wait() == (11 - round - 1) * 3) }
        }
        let measured = try #require(try await wait())
        #expect((7 * 40...7 * 41).contains(measured), "\(measured)")
        try await fixture.close()
    }
}
