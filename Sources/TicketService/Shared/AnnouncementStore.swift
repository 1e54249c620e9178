// The Redis end of announcements: invalidations, the marks of held seats and live messages, one pipeline for each batch.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore

/// Hands announcements to Redis.
struct AnnouncementStore: Sendable {
    /// What is sent together, in the order of its members.
    struct Batch: Sendable {
        /// By event: the revision from which on cached answers count, or `removed`; nil stands for the lists of events.
        var invalidations: [UUID?: Int64] = [:]
        /// Changes whose seats get or lose the mark of a held seat.
        var changes: [SeatChange] = []
        var messages: [SocketMessage] = []
        var fronts: [QueueFront] = []

        var isEmpty: Bool { invalidations.isEmpty && changes.isEmpty && messages.isEmpty && fronts.isEmpty }
    }

    /// The revision of an event that is no more: nothing is cached for it again.
    static let removed = Int64.max

    private let redis: RedisClient
    private let hubWire: HubWire
    private let cache: SnapshotCache

    /// - Parameter hubWire: the format that hubs expect.
    init(redis: RedisClient, hubWire: HubWire = .classic) {
        self.redis = redis
        self.hubWire = hubWire
        cache = SnapshotCache(redis: redis)
    }

    /// - Throws: `RedisError` when Redis was not reached or refused any of it; what it did take stays.
    func send(_ batch: Batch) async throws(RedisError) {
        var commands = batch.invalidations.map(invalidation)
        for change in batch.changes { mark(change, &commands) }
        commands += SocketEmitter.commands(batch.messages, wire: hubWire)
        commands += batch.fronts.map { ["PUBLISH", RedisArgument(QueueFront.channel), RedisArgument($0.encoded())] }
        let replies = try await redis.pipeline(commands)
        if let refusal = replies.lazy.compactMap(\.errorMessage).first { throw RedisError(.server, refusal) }
    }

    /// Tells every process that cached answers about `things` must not be served, or may be served again.
    ///
    /// - Throws: `RedisError` when Redis did not take it; publishing works where writing is refused.
    func publishDistrust(_ things: [UUID?], isRepaired: Bool) async throws(RedisError) {
        _ = try await redis.send(CacheDistrust.publication(things, isRepaired: isRepaired))
    }

    private func invalidation(of event: UUID?, from revision: Int64) -> [RedisArgument] {
        guard let event else {
            // A random mark, not a number: a wiped Redis must not count up to an old one again.
            return ["SET", RedisArgument(CacheKey.listGeneration), RedisArgument(UUID().description)]
        }
        return revision == Self.removed ? cache.removal(of: event) : cache.invalidation(of: event, revision: revision)
    }

    /// The marks by which other services know a held seat.
    private func mark(_ change: SeatChange, _ commands: inout [[RedisArgument]]) {
        let locks = change.seats.map { RedisArgument(CacheKey.lock($0)) }
        if case .held(let user, let seconds) = change.kind {
            for lock in locks { commands.append(["SET", lock, RedisArgument(user.description), "EX", RedisArgument(seconds)]) }
        } else {
            commands.append(["UNLINK"] + locks)
        }
    }
}
