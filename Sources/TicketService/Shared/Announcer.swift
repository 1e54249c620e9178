// After a commit: caches are told, then buyers and live seat maps, all in one Redis pipeline. A failure here is logged and counted and never
// fails the request: caches lapse by themselves and clients repair gaps by version.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore

/// Everything one use case has to tell.
public struct Announcement: Sendable {
    public var changes: [SeatChange] = []
    public var expired: [ExpiredReservation] = []

    mutating func add(_ settlement: Settlement) {
        if let change = settlement.change { changes.append(change) }
        expired += settlement.expired
    }
}

public struct Announcer: Sendable {
    private let redis: RedisClient
    private let cache: SnapshotCache
    private let holdSeconds: Int
    private let logger: Logger
    private let failures: Counter
    private let seatsReserved: Counter
    /// What readers must not believe while Redis refuses writes.
    let distrust: CacheDistrust
    /// Invalidations that Redis did not take, by event; nil is the list. Repeated until it does.
    private let lost = Locked<[UUID?: Int64]>([:])

    init(redis: RedisClient, holdSeconds: Int, distrust: CacheDistrust, logger: Logger, metrics: MetricsRegistry) {
        self.redis = redis
        self.distrust = distrust
        cache = SnapshotCache(redis: redis)
        self.holdSeconds = holdSeconds
        self.logger = logger
        failures = metrics.counter("tiketi_announcements_failed_total", "Announcements after a commit that Redis did not take.")
        seatsReserved = metrics.counter("tiketi_seats_reserved_total", "Seats taken by holds and reservations.")
    }

    func announce(_ change: SeatChange?) async {
        guard let change else { return }
        await announce(Announcement(changes: [change]))
    }

    func announce(_ announcement: Announcement) async {
        // Caches first, each event once: its latest change makes all older answers unusable.
        var latest: [UUID: Int64] = [:]
        for change in announcement.changes { latest[change.eventID] = max(change.revision, latest[change.eventID] ?? 0) }
        var commands = latest.map { cache.invalidation(of: $0.key, revision: $0.value) }
        var messages: [SocketMessage] = []
        for change in announcement.changes {
            lock(change, &commands)
            tell(change, &messages)
            if case .held = change.kind { seatsReserved.increment(by: UInt64(change.seats.count)) }
        }
        for reservation in announcement.expired {
            let payload = LiveEvent.reservationExpired(reservationID: reservation.id, message: "Your reservation has expired")
            messages.append(SocketMessage(LiveEvent.reservationExpired.rawValue, payload, rooms: [LiveRoom.user(reservation.userID)]))
        }
        await send(commands + SocketEmitter.commands(messages), invalidating: Dictionary(uniqueKeysWithValues: latest.map { ($0, $1) }))
    }

    /// Status changes that the clock, a sale or an organiser made.
    func announce(_ changes: [StatusChange]) async {
        guard !changes.isEmpty else { return }
        let invalidations = changes.map { cache.invalidation(of: $0.eventID, revision: $0.revision) }
        let messages = changes.map { change in
            let payload = LiveEvent.eventStatusChanged(eventID: change.eventID, status: change.status)
            return SocketMessage(LiveEvent.eventStatusChanged.rawValue, payload, rooms: [LiveRoom.event(change.eventID)])
        }
        var revisions: [UUID?: Int64] = [nil: 0]
        for change in changes { revisions[change.eventID] = max(change.revision, revisions[change.eventID] ?? 0) }
        await send([Self.newListGeneration()] + invalidations + SocketEmitter.commands(messages), invalidating: revisions)
    }

    /// An organiser's write: lists and the event's own answers are out of date.
    func invalidate(event: UUID, revision: Int64) async {
        await send([Self.newListGeneration(), cache.invalidation(of: event, revision: revision)], invalidating: [nil: 0, event: revision])
    }

    func forget(event: UUID) async {
        await send([Self.newListGeneration(), cache.removal(of: event)], invalidating: [nil: 0, event: .max])
    }

    /// Repeats what Redis did not take; from then on its answers are believed again.
    func repair() async {
        let open = lost.withLock { $0 }
        guard !open.isEmpty else { return }
        let commands = open.map { event, revision in
            guard let event else { return Self.newListGeneration() }
            return revision == .max ? cache.removal(of: event) : cache.invalidation(of: event, revision: revision)
        }
        guard let replies = try? await redis.pipeline(commands), !replies.contains(where: { $0.errorMessage != nil }) else { return }
        lost.withLock { lost in
            for (event, revision) in open where lost[event] == revision { lost[event] = nil }
        }
        let repaired = open.keys.filter { event in lost.withLock { $0[event] == nil } }
        distrust.remove(repaired)
        _ = try? await redis.send(CacheDistrust.publication(repaired, isRepaired: true))
        logger.info("Redis took the invalidations it had refused", metadata: ["events": "\(repaired.count)"])
    }

    /// The marks by which other services know a held seat.
    private func lock(_ change: SeatChange, _ commands: inout [[RedisArgument]]) {
        let locks = change.seats.map { RedisArgument(CacheKey.lock($0)) }
        if case .held(let user) = change.kind {
            for lock in locks { commands.append(["SET", lock, RedisArgument(user.description), "EX", RedisArgument(holdSeconds)]) }
        } else {
            commands.append(["UNLINK"] + locks)
        }
    }

    private func tell(_ change: SeatChange, _ messages: inout [SocketMessage]) {
        switch change.kind {
        case .held(let user): reserved(change, user, "locked", &messages)
        case .sold(let user): reserved(change, user, "reserved", &messages)
        case .freed:
            let room = LiveRoom.seats(change.eventID)
            messages += change.seats.map { seat in
                let payload = LiveEvent.seatReleased(
                    seatID: seat, eventID: change.eventID, version: change.version, count: change.seats.count)
                return SocketMessage(LiveEvent.seatReleased.rawValue, payload, rooms: [room])
            }
        }
    }

    /// Everyone who watches is told that the seat is taken; by whom, only the user's own sockets. Those for the same sockets stand together: a hub
    /// sends them in one piece.
    private func reserved(_ change: SeatChange, _ user: UUID, _ status: String, _ messages: inout [SocketMessage]) {
        let own = LiveRoom.user(user)
        func message(_ seat: UUID, named: UUID?, _ rooms: [String], except: [String] = []) -> SocketMessage {
            let payload = LiveEvent.seatReserved(
                seatID: seat, userID: named, eventID: change.eventID, status: status, version: change.version, count: change.seats.count)
            return SocketMessage(LiveEvent.seatReserved.rawValue, payload, rooms: rooms, except: except)
        }
        messages += change.seats.map { message($0, named: nil, [LiveRoom.seats(change.eventID)], except: [own]) }
        messages += change.seats.map { message($0, named: user, [own]) }
    }

    /// Lists made before this are not served any more. A random mark, not a number: a wiped Redis must not count up to an old one again.
    private static func newListGeneration() -> [RedisArgument] {
        ["SET", RedisArgument(CacheKey.listGeneration), RedisArgument(UUID().description)]
    }

    /// Sends commands in one pipeline. `revisions` says what they invalidate: when Redis does not take them, what it has is not to be believed.
    func send(_ commands: [[RedisArgument]], invalidating revisions: [UUID?: Int64] = [:]) async {
        guard !commands.isEmpty else { return }
        do throws(RedisError) {
            let replies = try await redis.pipeline(commands)
            if let error = replies.lazy.compactMap(\.errorMessage).first {
                await fail("Redis refused an announcement", "\(error)", revisions)
            }
        } catch {
            await fail("An announcement was lost", "\(error)", revisions)
        }
    }

    private func fail(_ what: Logger.Message, _ reason: String, _ revisions: [UUID?: Int64]) async {
        failures.increment()
        logger.warning(what, metadata: ["reason": "\(reason)"])
        guard !revisions.isEmpty else { return }
        lost.withLock { lost in
            for (event, revision) in revisions { lost[event] = max(revision, lost[event] ?? 0) }
        }
        let things = Array(revisions.keys)
        distrust.add(things)
        _ = try? await redis.send(CacheDistrust.publication(things, isRepaired: false))
    }
}
