// The queue's fast half: who waits in what order, in Redis. Every step is one script, so that nobody is lost or counted twice between two commands.
import TiketiCore
import TiketiNet
import TiketiStore

/// One who waits.
public struct QueueEntry: Sendable, Equatable {
    public var queueID: UUID
    public var userID: UUID
}

/// What Redis knows of a place.
struct LinePlace: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case waiting(position: Int)
        case lobby
        case left
        /// Let in, or let in and out again: PostgreSQL knows.
        case through
    }
    var userID: UUID
    var eventID: UUID
    var state: State
}

/// `queue:{eventId}` is the sorted set of those who wait. Arrivals are scored by a sequence of that event, from 1; those drawn from the lobby
/// stand before all arrivals, with negative scores. A wiped Redis loses the order, and clients join again.
struct QueueLine: Sendable {
    let redis: RedisClient

    static func waiting(_ event: UUID) -> String { "queue:\(event)" }
    private static func lobby(_ event: UUID) -> String { "queue:\(event):lobby" }
    private static func sequence(_ event: UUID) -> String { "queue:\(event):sequence" }
    private static func users(_ event: UUID) -> String { "queue:\(event):users" }
    private static func entry(_ queue: UUID) -> String { "queue-entry:\(queue)" }
    private static let changed = "queues:changed"
    /// A place that nobody asks about for so long is given up; one that is over is remembered for an hour.
    private static let life = 7 * 86_400

    /// KEYS: waiting, lobby, sequence, users, changed, the new entry. ARGV: user, new queue id, event, "1" for the lobby, life.
    /// Answers the place's queue id, and its rank from 0, or -1 in the lobby.
    private static let join = RedisScript(
        """
        local id = redis.call('HGET', KEYS[4], ARGV[1])
        if id then
          local rank = redis.call('ZRANK', KEYS[1], id)
          if rank then return {id, rank} end
          if redis.call('SISMEMBER', KEYS[2], id) == 1 then return {id, -1} end
        end
        id = ARGV[2]
        redis.call('HSET', KEYS[4], ARGV[1], id)
        redis.call('EXPIRE', KEYS[4], ARGV[5])
        redis.call('HSET', KEYS[6], 'user', ARGV[1], 'event', ARGV[3], 'state', 'in')
        redis.call('EXPIRE', KEYS[6], ARGV[5])
        if ARGV[4] == '1' then
          redis.call('SADD', KEYS[2], id)
          return {id, -1}
        end
        redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), id)
        return {id, redis.call('ZRANK', KEYS[1], id)}
        """)

    /// KEYS: waiting, lobby. ARGV: pairs of score and queue id. Only who is still in the lobby enters.
    private static let enter = RedisScript(
        """
        for i = 1, #ARGV, 2 do
          if redis.call('SREM', KEYS[2], ARGV[i + 1]) == 1 then redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
        end
        return 1
        """)

    /// KEYS: waiting, lobby, sequence. ARGV: queue ids, which become arrivals.
    private static let enterLate = RedisScript(
        """
        for i = 1, #ARGV do
          if redis.call('SREM', KEYS[2], ARGV[i]) == 1 then redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), ARGV[i]) end
        end
        return 1
        """)

    /// KEYS: waiting, users, changed, entries. ARGV: event, then pairs of user and queue id.
    private static let through = RedisScript(
        """
        for i = 2, #ARGV, 2 do
          redis.call('ZREM', KEYS[1], ARGV[i + 1])
          if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
          redis.call('HSET', KEYS[3 + i / 2], 'state', 'through')
        end
        redis.call('SADD', KEYS[3], ARGV[1])
        return 1
        """)

    /// KEYS: waiting, lobby, users, changed, entry. ARGV: user, queue id, event. Answers 1 when the place was the user's and is given up.
    private static let leave = RedisScript(
        """
        if redis.call('HGET', KEYS[5], 'user') ~= ARGV[1] then return 0 end
        local gone = redis.call('ZREM', KEYS[1], ARGV[2]) + redis.call('SREM', KEYS[2], ARGV[2])
        if redis.call('HGET', KEYS[3], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[3], ARGV[1]) end
        if gone == 0 then return 0 end
        redis.call('HSET', KEYS[5], 'state', 'left')
        redis.call('EXPIRE', KEYS[5], 3600)
        redis.call('SADD', KEYS[4], ARGV[3])
        return 1
        """)

    /// The user's place, the old one when there is one: `position` is nil in the lobby.
    func join(_ event: UUID, _ user: UUID, lobby: Bool) async throws(RedisError) -> (queueID: UUID, position: Int?) {
        let new = UUID()
        let reply = try await redis.evaluate(
            Self.join,
            keys: [
                RedisArgument(Self.waiting(event)), RedisArgument(Self.lobby(event)), RedisArgument(Self.sequence(event)),
                RedisArgument(Self.users(event)), RedisArgument(Self.changed), RedisArgument(Self.entry(new)),
            ],
            arguments: [
                RedisArgument(user.description), RedisArgument(new.description), RedisArgument(event.description), lobby ? "1" : "0",
                RedisArgument(Self.life),
            ])
        guard let parts = reply.array, parts.count == 2, let id = parts[0].string.flatMap({ UUID($0) }), let rank = parts[1].int else {
            throw RedisError(.malformed, "join answered something else")
        }
        return (id, rank < 0 ? nil : Int(rank) + 1)
    }

    func place(_ queue: UUID) async throws(RedisError) -> LinePlace? {
        let fields = try await redis.send(["HMGET", RedisArgument(Self.entry(queue)), "user", "event", "state"]).array ?? []
        guard fields.count == 3, let user = fields[0].string.flatMap({ UUID($0) }), let event = fields[1].string.flatMap({ UUID($0) })
        else {
            return nil
        }
        var place = LinePlace(userID: user, eventID: event, state: .through)
        switch fields[2].string {
        case "left": place.state = .left
        case "in":
            let id = RedisArgument(queue.description)
            let found = try await redis.pipeline([
                ["ZRANK", RedisArgument(Self.waiting(event)), id], ["SISMEMBER", RedisArgument(Self.lobby(event)), id],
                ["EXPIRE", RedisArgument(Self.entry(queue)), RedisArgument(Self.life)],
            ])
            if let rank = found[0].int {
                place.state = .waiting(position: Int(rank) + 1)
            } else if found[1].int == 1 {
                place.state = .lobby
            }
        default: break
        }
        return place
    }

    func leave(_ queue: UUID, event: UUID, user: UUID) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            Self.leave,
            keys: [
                RedisArgument(Self.waiting(event)), RedisArgument(Self.lobby(event)), RedisArgument(Self.users(event)),
                RedisArgument(Self.changed), RedisArgument(Self.entry(queue)),
            ],
            arguments: [RedisArgument(user.description), RedisArgument(queue.description), RedisArgument(event.description)])
        return reply.int == 1
    }

    /// The first of the line. Places whose entry has lapsed are dropped on the way.
    func head(_ event: UUID, _ count: Int) async throws(RedisError) -> [QueueEntry] {
        let key = RedisArgument(Self.waiting(event))
        let ids =
            try await redis.send(["ZRANGE", key, 0, RedisArgument(count - 1)]).array?.compactMap { $0.string.flatMap { UUID($0) } } ?? []
        guard !ids.isEmpty else { return [] }
        let users = try await redis.pipeline(ids.map { ["HGET", RedisArgument(Self.entry($0)), "user"] })
        var entries: [QueueEntry] = []
        var dead: [RedisArgument] = []
        for (id, user) in zip(ids, users) {
            if let user = user.string.flatMap({ UUID($0) }) {
                entries.append(QueueEntry(queueID: id, userID: user))
            } else {
                dead.append(RedisArgument(id.description))
            }
        }
        if !dead.isEmpty { _ = try await redis.send(["ZREM", key] + dead) }
        return entries
    }

    func lobby(_ event: UUID) async throws(RedisError) -> [UUID] {
        try await redis.send(["SMEMBERS", RedisArgument(Self.lobby(event))]).array?.compactMap { $0.string.flatMap { UUID($0) } } ?? []
    }

    /// Moves the lobby into the line in this order, before every arrival.
    func enter(_ event: UUID, _ order: [UUID], only: Set<UUID>? = nil) async throws(RedisError) {
        let scored = order.enumerated().filter { only?.contains($0.element) ?? true }
        for start in stride(from: 0, to: scored.count, by: 500) {
            let part = scored[start..<min(start + 500, scored.count)]
            let arguments = part.flatMap { [RedisArgument($0.offset - 1_000_000_000), RedisArgument($0.element.description)] }
            _ = try await redis.evaluate(
                Self.enter, keys: [RedisArgument(Self.waiting(event)), RedisArgument(Self.lobby(event))], arguments: arguments)
        }
    }

    /// Moves those whom the draw missed from the lobby to the end of the line.
    func enterLate(_ event: UUID, _ missed: [UUID]) async throws(RedisError) {
        guard !missed.isEmpty else { return }
        _ = try await redis.evaluate(
            Self.enterLate,
            keys: [RedisArgument(Self.waiting(event)), RedisArgument(Self.lobby(event)), RedisArgument(Self.sequence(event))],
            arguments: missed.map { RedisArgument($0.description) })
    }

    /// Takes those who are in out of the line.
    func tidy(_ event: UUID, _ entries: [QueueEntry]) async throws(RedisError) {
        guard !entries.isEmpty else { return }
        _ = try await redis.evaluate(
            Self.through,
            keys: [RedisArgument(Self.waiting(event)), RedisArgument(Self.users(event)), RedisArgument(Self.changed)]
                + entries.map { RedisArgument(Self.entry($0.queueID)) },
            arguments: [RedisArgument(event.description)]
                + entries.flatMap { [RedisArgument($0.userID.description), RedisArgument($0.queueID.description)] })
    }

    /// Events whose places changed and were not told of for five seconds; each is given to one process.
    func takeChanged() async throws(RedisError) -> [UUID] {
        let events =
            try await redis.send(["SMEMBERS", RedisArgument(Self.changed)]).array?.compactMap { $0.string.flatMap { UUID($0) } } ?? []
        var mine: [UUID] = []
        for event in events {
            let key = "queue:\(event):told"
            guard try await redis.set(key, [0x31], expireSeconds: 5, onlyIfAbsent: true) else { continue }
            if try await redis.send(["SREM", RedisArgument(Self.changed), RedisArgument(event.description)]).int == 1 {
                mine.append(event)
            }
        }
        return mine
    }

    /// Those who wait, in order, `count` from `start`.
    func waiting(_ event: UUID, from start: Int, count: Int) async throws(RedisError) -> [UUID] {
        let reply = try await redis.send([
            "ZRANGE", RedisArgument(Self.waiting(event)), RedisArgument(start), RedisArgument(start + count - 1),
        ])
        return reply.array?.compactMap { $0.string.flatMap { UUID($0) } } ?? []
    }

    func length(_ event: UUID) async throws(RedisError) -> Int {
        Int(try await redis.send(["ZCARD", RedisArgument(Self.waiting(event))]).int ?? 0)
    }
}
