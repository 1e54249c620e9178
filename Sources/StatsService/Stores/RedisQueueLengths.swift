// How many wait, from the queues themselves (`queue:{eventId}`, a sorted set per event), in one round trip.
import TiketiNet
import TiketiStore

struct RedisQueueLengths: Sendable {
    let redis: RedisClient
    /// A dashboard shows the events of these days; nobody waits for the rest.
    private static let most = 200

    func lengths(_ events: [UUID]) async -> [Int]? {
        guard !events.isEmpty else { return [] }
        let commands: [[RedisArgument]] = events.prefix(Self.most).map { ["ZCARD", .string("queue:\($0)")] }
        guard let answers = try? await redis.pipeline(commands) else { return nil }
        return answers.map { Int($0.int ?? 0) }
    }
}
