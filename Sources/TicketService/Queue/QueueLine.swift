// The queue's fast half: who waits in what order, in Redis; every step is one script of `QueueScripts`.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// The waiting lines of all events in Redis.
///
/// `queue:{eventId}` is the sorted set of those who wait. Arrivals are scored by a sequence of that event, from 1; those drawn from
/// the lobby stand before all arrivals, the last of them at 0. Whoever leaves makes a gap: a place is the own number less the first
/// one's and less the gaps between. A wiped Redis loses the order, and clients join again: another generation, whose numbers begin
/// anew.
struct QueueLine: Sendable {
    let redis: RedisClient

    private static func waiting(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event)") }
    private static func lobby(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event):lobby") }
    private static func sequence(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event):sequence") }
    private static func users(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event):users") }
    private static func gaps(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event):gaps") }
    private static func meta(_ event: UUID) -> RedisArgument { RedisArgument("queue:\(event):meta") }
    private static func entry(_ queue: UUID) -> RedisArgument { RedisArgument("queue-entry:\(queue)") }
    private static let changed: RedisArgument = "queues:changed"
    /// A place that nobody asks about for so long is given up; one that is over is remembered for an hour.
    private static let life = 7 * 86_400
    private static let chunk = 500

    /// The user's place, the old one when there is one.
    func join(_ event: UUID, _ user: UUID, lobby: Bool) async throws(RedisError) -> LineJoin {
        let new = UUID()
        let reply = try await redis.evaluate(
            QueueScripts.join,
            keys: [
                Self.waiting(event), Self.lobby(event), Self.sequence(event), Self.users(event), Self.meta(event), Self.entry(new),
            ],
            arguments: [
                RedisArgument(user.description), RedisArgument(new.description), RedisArgument(event.description), lobby ? "1" : "0",
                RedisArgument(Self.life),
            ])
        guard let parts = reply.array, parts.count >= 3, let id = parts[0].uuid, let rank = parts[1].int else {
            throw RedisError(.malformed, "join answered something else")
        }
        return LineJoin(
            queueID: id, position: rank < 0 ? nil : Int(rank) + 1, isNew: parts[2].int == 1, pace: parts.count > 3 ? parts[3].int : nil)
    }

    func place(_ queue: UUID) async throws(RedisError) -> LinePlace? {
        let fields = try await redis.send(["HMGET", Self.entry(queue), "user", "event", "state"]).array ?? []
        guard fields.count == 3, let user = fields[0].uuid, let event = fields[1].uuid else { return nil }
        var place = LinePlace(userID: user, eventID: event, state: .through)
        switch fields[2].string {
        case "left": place.state = .left
        case "in": try await locate(queue, &place)
        default: break
        }
        return place
    }

    private func locate(_ queue: UUID, _ place: inout LinePlace) async throws(RedisError) {
        let id = RedisArgument(queue.description)
        let event = place.eventID
        let found = try await redis.pipeline([
            ["ZRANK", Self.waiting(event), id], ["SISMEMBER", Self.lobby(event), id],
            ["EXPIRE", Self.entry(queue), RedisArgument(Self.life)], ["ZSCORE", Self.waiting(event), id],
            ["HMGET", Self.meta(event), "generation", "pace"],
        ])
        place.sequence = found[3].int
        place.generation = found[4].array?.first?.uuid
        place.pace = found[4].array?.last?.int
        if let rank = found[0].int {
            place.state = .waiting(position: Int(rank) + 1)
        } else if found[1].int == 1 {
            place.state = .lobby
        } else {
            place.state = .dropped
            _ = try await redis.send(["EXPIRE", Self.entry(queue), 3600])
        }
    }

    func leave(_ queue: UUID, event: UUID, user: UUID) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            QueueScripts.leave,
            keys: [
                Self.waiting(event), Self.lobby(event), Self.users(event), Self.changed, Self.gaps(event), Self.entry(queue),
            ],
            arguments: [RedisArgument(user.description), RedisArgument(queue.description), RedisArgument(event.description)])
        return reply.int == 1
    }

    /// The first of the line. Places whose entry has lapsed are dropped on the way.
    func head(_ event: UUID, _ count: Int) async throws(RedisError) -> [QueueEntry] {
        let ids =
            try await redis.send(["ZRANGE", Self.waiting(event), 0, RedisArgument(count - 1)]).array?.compactMap(\.uuid) ?? []
        guard !ids.isEmpty else { return [] }
        let users = try await redis.pipeline(ids.map { ["HGET", Self.entry($0), "user"] })
        var entries: [QueueEntry] = []
        var dead: [RedisArgument] = []
        for (id, user) in zip(ids, users) {
            if let user = user.uuid {
                entries.append(QueueEntry(queueID: id, userID: user))
            } else {
                dead.append(RedisArgument(id.description))
            }
        }
        if !dead.isEmpty {
            _ = try await redis.evaluate(QueueScripts.drop, keys: [Self.waiting(event), Self.gaps(event)], arguments: dead)
        }
        return entries
    }

    func lobby(_ event: UUID) async throws(RedisError) -> [UUID] {
        try await redis.send(["SMEMBERS", Self.lobby(event)]).array?.compactMap(\.uuid) ?? []
    }

    /// Moves the lobby into the line in this order, before every arrival. Running it again does no harm.
    func enter(_ event: UUID, _ order: [UUID]) async throws(RedisError) {
        let scored = Array(order.enumerated())
        for start in stride(from: 0, to: scored.count, by: Self.chunk) {
            let part = scored[start..<min(start + Self.chunk, scored.count)]
            let arguments = part.flatMap { [RedisArgument($0.offset - order.count + 1), RedisArgument($0.element.description)] }
            _ = try await redis.evaluate(
                QueueScripts.enter, keys: [Self.waiting(event), Self.lobby(event), Self.gaps(event)], arguments: arguments)
        }
        _ = try await redis.send(["SADD", Self.changed, RedisArgument(event.description)])
    }

    /// Moves those whom the draw missed from the lobby to the end of the line.
    func enterLate(_ event: UUID, _ missed: [UUID]) async throws(RedisError) {
        guard !missed.isEmpty else { return }
        _ = try await redis.evaluate(
            QueueScripts.enterLate, keys: [Self.waiting(event), Self.lobby(event), Self.sequence(event)],
            arguments: missed.map { RedisArgument($0.description) })
    }

    /// Takes those who are in out of the line. Answers the places that their users had given up in this moment.
    func tidy(_ event: UUID, _ entries: [QueueEntry]) async throws(RedisError) -> [UUID] {
        var left: [UUID] = []
        for start in stride(from: 0, to: entries.count, by: Self.chunk) {
            let part = entries[start..<min(start + Self.chunk, entries.count)]
            let reply = try await redis.evaluate(
                QueueScripts.through,
                keys: [Self.waiting(event), Self.users(event), Self.changed] + part.map { Self.entry($0.queueID) },
                arguments: [RedisArgument(event.description)]
                    + part.flatMap { [RedisArgument($0.userID.description), RedisArgument($0.queueID.description)] })
            left += reply.array?.compactMap(\.uuid) ?? []
        }
        return left
    }

    /// Whether the first of the line was answered "waiting"; those who arrived in the moment in which room was found do not count.
    func someoneWaits(_ event: UUID) async throws(RedisError) -> Bool {
        try await redis.evaluate(QueueScripts.waits, keys: [Self.waiting(event), Self.meta(event)]).int == 1
    }

    /// Notes that everybody in the line now is answered "waiting", as the room is full.
    func moveWaitMark(_ event: UUID) async throws(RedisError) {
        _ = try await redis.evaluate(QueueScripts.moveWaitMark, keys: [Self.sequence(event), Self.meta(event)])
    }

    /// Makes the line a lobby again.
    func reopen(_ event: UUID) async throws(RedisError) {
        _ = try await redis.evaluate(
            QueueScripts.reopen, keys: [Self.waiting(event), Self.lobby(event), Self.gaps(event), Self.meta(event)],
            arguments: [RedisArgument(UUID().description)])
    }

    /// Notes how many a round let in, for the measured pace.
    func measure(_ event: UUID, admitted: Int, someWaited: Bool) async throws(RedisError) {
        _ = try await redis.evaluate(
            QueueScripts.measure, keys: [Self.meta(event)], arguments: [RedisArgument(admitted), someWaited ? "1" : "0"])
    }

    /// Forgets everybody who waits.
    func drop(_ event: UUID) async throws(RedisError) {
        _ = try await redis.send([
            "UNLINK", Self.waiting(event), Self.lobby(event), Self.sequence(event), Self.users(event), Self.gaps(event), Self.meta(event),
        ])
    }

    /// Events whose places changed and were not published for five seconds; each is given to one process.
    func takeChanged() async throws(RedisError) -> [UUID] {
        let events = try await redis.send(["SMEMBERS", Self.changed]).array?.compactMap(\.uuid) ?? []
        var mine: [UUID] = []
        for event in events {
            let key = "queue:\(event):told"
            guard try await redis.set(key, [0x31], expires: .seconds(5), onlyIfAbsent: true) else { continue }
            if try await redis.send(["SREM", Self.changed, RedisArgument(event.description)]).int == 1 { mine.append(event) }
        }
        return mine
    }

    /// What everybody who waits can tell the own place from; nil when nobody waits.
    func front(_ event: UUID) async throws(RedisError) -> (generation: UUID, first: Int64, gaps: [Int64], pace: Int64?)? {
        let parts =
            try await redis.evaluate(QueueScripts.head, keys: [Self.waiting(event), Self.gaps(event), Self.meta(event)]).array ?? []
        guard parts.count == 4, let generation = parts[0].uuid, let first = parts[1].int else { return nil }
        return (generation, first, parts[3].array?.compactMap(\.int) ?? [], parts[2].int)
    }

    /// The generation of the line, and the numbers of places in it; nil for those who do not wait.
    func numbers(_ event: UUID, _ queues: [UUID]) async throws(RedisError) -> TicketAPI.QueueNumbers {
        let replies = try await redis.pipeline(
            [["HGET", Self.meta(event), "generation"]]
                + queues.map { ["ZSCORE", Self.waiting(event), RedisArgument($0.description)] })
        return TicketAPI.QueueNumbers(generation: replies[0].uuid, sequences: replies[1...].map(\.int))
    }

    func length(_ event: UUID) async throws(RedisError) -> Int { Int(try await redis.send(["ZCARD", Self.waiting(event)]).int ?? 0) }

    /// Whether `process` is the one that reports the lengths of all lines, for `life`.
    func isReporter(_ process: UUID, for life: Duration) async throws(RedisError) -> Bool {
        try await redis.evaluate(
            QueueScripts.report, keys: ["queues:reporter"],
            arguments: [RedisArgument(process.description), RedisArgument(Int(life / .milliseconds(1)))]
        ).int == 1
    }

    /// How many wait for each of the events, in their lines and lobbies.
    func crowds(_ events: [UUID]) async throws(RedisError) -> [Int] {
        guard !events.isEmpty else { return [] }
        let sizes = try await redis.pipeline(events.flatMap { [["ZCARD", Self.waiting($0)], ["SCARD", Self.lobby($0)]] })
        return stride(from: 0, to: sizes.count, by: 2).map { Int((sizes[$0].int ?? 0) + (sizes[$0 + 1].int ?? 0)) }
    }
}

extension RedisValue {
    fileprivate var uuid: UUID? { string.flatMap { UUID($0) } }
}
