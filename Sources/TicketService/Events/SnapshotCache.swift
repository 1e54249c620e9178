// Answers kept in Redis, each with the revision it was made from: a fill that lost the race with a write is never seen.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// Cached answers of one event. A write leaves a tombstone with its revision: until it lapses only a younger answer can be stored, which
/// is longer than any reader needs from its snapshot to its store.
struct SnapshotCache: Sendable {
    let redis: RedisClient

    /// How long a tombstone guards, in milliseconds.
    static let tombstone = 30_000

    private static let fill = RedisScript(
        """
        if redis.call('GETRANGE', KEYS[1], 0, 19) > ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
        return 1
        """)

    private static let invalidate = RedisScript(
        """
        for _, key in ipairs(KEYS) do
          if redis.call('GETRANGE', key, 0, 19) < ARGV[1] then redis.call('SET', key, ARGV[2], 'PX', \(tombstone)) end
        end
        return 1
        """)

    private static let forget = RedisScript(
        """
        for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', \(tombstone)) end
        return 1
        """)

    /// What is cached under a key.
    enum Lookup: Sendable {
        case filled([UInt8])
        /// Nothing older than this revision may be served.
        case tombstone(revision: Int64)
        case nothing
    }

    func look(_ key: String) async throws(RedisError) -> Lookup {
        guard let bytes = try await redis.get(key), let header = SnapshotHeader(bytes) else { return .nothing }
        return header.isFilled ? .filled(Array(bytes[SnapshotHeader.length...])) : .tombstone(revision: header.revision)
    }

    /// Only the header, for those who have the rest.
    func header(_ key: String) async throws(RedisError) -> SnapshotHeader? {
        let reply = try await redis.send(["GETRANGE", RedisArgument(key), 0, RedisArgument(SnapshotHeader.length - 1)])
        return reply.bytes.flatMap { SnapshotHeader($0) }
    }

    /// Stores an answer unless a later write has been announced.
    func store(_ key: String, _ header: SnapshotHeader, _ body: [UInt8], milliseconds: Int) async throws(RedisError) {
        guard milliseconds > 0 else { return }
        _ = try await redis.evaluate(
            Self.fill, keys: [RedisArgument(key)],
            arguments: [
                RedisArgument(SnapshotHeader.digits(header.revision)), RedisArgument(header.bytes + body), RedisArgument(milliseconds),
            ])
    }

    /// The command that makes every answer about an event older than `revision` unusable, for a pipeline.
    func invalidation(of event: UUID, revision: Int64) -> [RedisArgument] {
        let tombstone = SnapshotHeader(revision: revision, version: 0, isFilled: false)
        return Self.invalidate.command(
            keys: [RedisArgument(CacheKey.event(event)), RedisArgument(CacheKey.tickets(event)), RedisArgument(CacheKey.seats(event))],
            arguments: [RedisArgument(SnapshotHeader.digits(revision)), RedisArgument(tombstone.bytes)], byHash: false)
    }

    /// The same for an event that is no more: nothing can be stored for it.
    func removal(of event: UUID) -> [RedisArgument] {
        let tombstone = SnapshotHeader(revision: .max, version: 0, isFilled: false)
        return Self.forget.command(
            keys: [RedisArgument(CacheKey.event(event)), RedisArgument(CacheKey.tickets(event)), RedisArgument(CacheKey.seats(event))],
            arguments: [RedisArgument(tombstone.bytes)], byHash: false)
    }
}
