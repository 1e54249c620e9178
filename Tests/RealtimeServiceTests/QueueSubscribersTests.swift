// Places of those who wait, told from the front of their line alone.
import Testing
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore
import TiketiTesting

@testable import RealtimeService

@Suite(.timeLimit(.minutes(5))) struct QueueSubscribersTests {
    @Test func aPlaceIsTheNumberLessTheFirstLessTheGaps() {
        let front = QueueFront(eventID: UUID(), generation: UUID(), first: -3, gaps: [-1, 2, 3, 9], pace: 3_000_000)
        #expect([-4, -3, -2, 0, 1, 4, 8, 10].map { front.position($0) } == [nil, 1, 2, 3, 4, 5, 9, 10])
        #expect(QueueFront(front.encoded()) == front)
        #expect(QueueFront(Array("{}".utf8)) == nil)
        #expect(QueueFront.estimatedWait(position: 150, pace: 3_000_000) == 450)
        #expect(QueueFront.estimatedWait(position: 1, pace: 333_334) == 1)
        #expect(QueueFront.estimatedWait(position: .max, pace: 3_000_000) == Int(Int32.max))
    }

    @Test func everybodyWhoWatchesIsToldTheOwnPlace() async throws {
        let redis = try await TestRedis()
        let hub = try await RealtimeFixture.start(redis)
        let (event, generation) = (UUID(), UUID())
        let (user, queue, drawn) = (UUID(), UUID(), UUID())
        hub.tickets.queue.withLock {
            $0 = [
                queue: .waiting(user, event, generation, sequence: 10, position: 9),
                drawn: .waiting(user, event, generation, sequence: nil, position: nil),
            ]
        }
        @Sendable func publish(first: Int64, gaps: [Int64] = [], generation: UUID) async throws {
            let front = QueueFront(eventID: event, generation: generation, first: first, gaps: gaps, pace: 2_000_000)
            _ = try await hub.runtime.redis.publish(QueueFront.channel, front.encoded())
        }
        @Sendable func update(_ queue: UUID, _ position: Int) -> String {
            "42[\"queue-updated\",{\"queueId\":\"\(queue)\",\"position\":\(position),\"estimatedWait\":\(position * 2)}]"
        }
        try await hub.client(as: user) { client in
            #expect(await client.call("join-queue", "\"\(queue)\"") == "{\"success\":true}")
            // An unchanged place says nothing, and a new one costs no question.
            try await publish(first: 2, generation: generation)
            try await publish(first: 4, gaps: [6, 7, 11], generation: generation)
            #expect(await client.next() == update(queue, 5))
            #expect(hub.tickets.calls.withLock { $0 } == 0)
            // Numbers of another generation are not these.
            try await publish(first: 5, generation: UUID())
            #expect(await client.call("join-queue", "\"\(drawn)\"") == "{\"success\":true}")
            // A watcher in the lobby gets its number with the first front after the draw.
            hub.tickets.drawn.withLock { $0 = QueueNumbers(generation: generation, sequences: [12]) }
            try await publish(first: 8, gaps: [11], generation: generation)
            #expect(Set([await client.next(), await client.next()]) == [update(queue, 3), update(drawn, 4)])
            // Admitted: other messages say so, and nothing is told any more.
            try await publish(first: 11, generation: generation)
            #expect(await client.next() == update(drawn, 2))
            #expect(await client.call("leave-queue", "\"\(drawn)\"") == "{\"success\":true}")
            try await publish(first: 12, generation: generation)
            #expect(await client.call("leave-queue", "\"\(queue)\"") == "{\"success\":true}")
        }
        await hub.stop()
    }
}
