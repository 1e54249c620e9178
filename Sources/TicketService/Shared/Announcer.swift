// After a commit: invalidates cached answers and sends live messages, in one Redis pipeline. A failure is logged and counted and
// never fails the request: cached answers expire by themselves and clients repair gaps by version.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore

/// Announces committed changes to caches, buyers and live seat maps, and repeats the invalidations that Redis did not take.
struct Announcer: Sendable {
    private let store: AnnouncementStore
    private let languages: AccountLanguageStore
    private let hold: Duration
    private let logger: Logger
    private let failures: Counter
    private let seatsReserved: Counter
    /// What readers must not believe while Redis refuses writes.
    let distrust: CacheDistrust
    /// Invalidations that Redis did not take. Repeated until it does.
    private let lost = Locked<[UUID?: Int64]>([:])

    /// - Parameter hold: how long a reservation waits to be paid, for the message that it has expired.
    init(
        store: AnnouncementStore, languages: AccountLanguageStore, hold: Duration, distrust: CacheDistrust, logger: Logger,
        metrics: MetricsRegistry
    ) {
        self.store = store
        self.languages = languages
        self.hold = hold
        self.distrust = distrust
        self.logger = logger
        failures = metrics.counter(.announcementsFailed)
        seatsReserved = metrics.counter(.seatsReserved)
    }

    func announce(_ change: SeatChange?) async {
        guard let change else { return }
        await announce(Announcement(changes: [change]))
    }

    func announce(_ announcement: Announcement) async {
        var batch = AnnouncementStore.Batch()
        batch.changes = announcement.changes
        for change in announcement.changes {
            // Each event once: its latest change makes all older answers unusable.
            batch.invalidations[change.eventID] = max(change.revision, batch.invalidations[change.eventID] ?? 0)
            describe(change, &batch.messages)
            if case .held = change.kind { seatsReserved.increment(by: UInt64(change.seats.count)) }
        }
        // Seats first: what waits here would be overtaken by the next change of the same seats.
        if !announcement.changes.isEmpty { await send(batch) }
        guard !announcement.expired.isEmpty else { return }
        let languages = await languages.languages(of: announcement.expired.map(\.userID))
        await send(
            AnnouncementStore.Batch(
                messages: announcement.expired.map { reservation in
                    let text = LiveText.reservationExpired(languages[reservation.userID] ?? .korean, after: hold)
                    let payload = LiveEvent.reservationExpired(reservationID: reservation.id, message: text)
                    return SocketMessage(LiveEvent.reservationExpired.rawValue, payload, rooms: [LiveRoom.user(reservation.userID)])
                }))
    }

    /// Status changes that the clock, a sale or an organiser made.
    func announce(_ changes: [StatusChange]) async {
        guard !changes.isEmpty else { return }
        var batch = AnnouncementStore.Batch(invalidations: [nil: 0])
        for change in changes {
            batch.invalidations[change.eventID] = max(change.revision, batch.invalidations[change.eventID] ?? 0)
            let payload = LiveEvent.eventStatusChanged(eventID: change.eventID, status: change.status)
            batch.messages.append(
                SocketMessage(LiveEvent.eventStatusChanged.rawValue, payload, rooms: [LiveRoom.event(change.eventID)]))
        }
        await send(batch)
    }

    /// Users whom a queue let in.
    func announce(_ admissions: [Admission], to event: UUID) async {
        let languages = await languages.languages(of: admissions.map(\.userID))
        await send(
            AnnouncementStore.Batch(
                messages: admissions.map { admission in
                    let payload = LiveEvent.queueAdmitted(
                        eventID: event, queueID: admission.queueID,
                        message: LiveText.queueAdmitted(languages[admission.userID] ?? .korean), expiresAt: admission.expiresAt)
                    return SocketMessage(
                        LiveEvent.queueAdmitted.rawValue, payload,
                        rooms: [LiveRoom.queue(admission.queueID), LiveRoom.user(admission.userID)])
                }))
    }

    /// How far a queue has moved, for the hubs.
    func announce(_ front: QueueFront) async { await send(AnnouncementStore.Batch(fronts: [front])) }

    /// An organiser's write: lists and the event's own answers are out of date.
    func invalidate(event: UUID, revision: Int64) async {
        await send(AnnouncementStore.Batch(invalidations: [nil: 0, event: revision]))
    }

    func forget(event: UUID) async {
        await send(AnnouncementStore.Batch(invalidations: [nil: 0, event: AnnouncementStore.removed]))
    }

    /// Repeats what Redis did not take; from then on its answers are believed again.
    func repair() async {
        let open = lost.withLock { $0 }
        guard !open.isEmpty else { return }
        do { try await store.send(AnnouncementStore.Batch(invalidations: open)) } catch { return }
        lost.withLock { lost in
            for (event, revision) in open where lost[event] == revision { lost[event] = nil }
        }
        let repaired = open.keys.filter { event in lost.withLock { $0[event] == nil } }
        distrust.remove(repaired)
        try? await store.publishDistrust(repaired, isRepaired: true)
        logger.info("Redis took the invalidations it had refused", metadata: ["events": "\(repaired.count)"])
    }

    private func describe(_ change: SeatChange, _ messages: inout [SocketMessage]) {
        switch change.kind {
        case .held(let user, _): reserved(change, user, "locked", &messages)
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

    /// Every watcher learns that the seat is taken; by whom, only the user's own sockets. Messages for the same sockets stand
    /// together, because a hub sends those in one write.
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

    /// When Redis does not take a batch, what it has about the batch's events is not to be believed.
    private func send(_ batch: AnnouncementStore.Batch) async {
        guard !batch.isEmpty else { return }
        do throws(RedisError) {
            try await store.send(batch)
        } catch {
            failures.increment()
            logger.warning("An announcement was lost", metadata: ["reason": "\(error)"])
            guard !batch.invalidations.isEmpty else { return }
            lost.withLock { lost in
                for (event, revision) in batch.invalidations { lost[event] = max(revision, lost[event] ?? 0) }
            }
            let things = Array(batch.invalidations.keys)
            distrust.add(things)
            try? await store.publishDistrust(things, isRepaired: false)
        }
    }
}
