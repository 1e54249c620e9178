// Records what ticket publishes.
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

extension TicketFixture {
    /// Everything published to channels of `pattern` while `work` runs and until `count` messages have arrived.
    func published(
        _ pattern: String, until count: Int, _ work: () async throws -> Void
    ) async throws -> [(channel: String, payload: [UInt8])] {
        let seen = Locked<[(channel: String, payload: [UInt8])]>([])
        let subscriber = RedisSubscriber(redis.configuration, loop: EventLoopGroup.shared.next()) { channel, payload in
            seen.withLock { $0.append((channel, payload)) }
        }
        defer { subscriber.close() }
        subscriber.psubscribe(pattern)
        #expect(await subscriber.waitUntilSubscribed())
        try await work()
        try await eventually { seen.withLock { $0.count } >= count }
        return seen.withLock { $0 }
    }
}
