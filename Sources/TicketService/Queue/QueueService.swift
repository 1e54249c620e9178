// The waiting queue: joining, asking, leaving, and letting in. Without Redis the gate is closed, never open.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// Places in queues, and the rounds that admit.
struct QueueService: Sendable {
    let store: QueueStore
    let line: QueueLine
    let announcer: Announcer
    let config: QueueConfig
    let logger: Logger
    let lengths: QueueLengths
    private let process = UUID()
    private static let reportLife: Duration = .seconds(3)
    /// Rounds that let people in at once: who comes while one runs is in the next.
    let rounds = Coalescer<UUID, [Admission], any Error>(.nextCall)

    /// The user's place in the event's queue: the one there is, or a new one at the end.
    func join(_ event: UUID, _ user: UUID) async throws -> QueuePlace {
        guard let entrance = try await store.entrance(event, user) else { throw TicketError.eventNotFound }
        if let admission = entrance.admission { return Self.inside(admission) }
        if entrance.isOver { throw TicketError.eventNotOnSale }
        guard entrance.isQueued else { return QueuePlace(queueID: OpenPass.id(event, user), state: .admitted) }
        if !entrance.isOpened { try await store.open(event) }
        let isLobby = entrance.status == EventStatus.upcoming.rawValue
        if isLobby && entrance.isDrawn { try await postponed(event) }
        let place = try await closed { () async throws(RedisError) in try await line.join(event, user, lobby: isLobby) }
        // An old place may have been admitted between the look and the join: then the new one is one too many.
        if place.isNew, let admission = try await store.entrance(event, user)?.admission {
            _ = try await closed { () async throws(RedisError) in try await line.leave(place.queueID, event: event, user: user) }
            return Self.inside(admission)
        }
        guard place.position != nil else { return QueuePlace(queueID: place.queueID, state: .lobby) }
        if let admission = try await letIn(event, place.queueID, isDrawn: entrance.isDrawn) {
            return QueuePlace(queueID: place.queueID, state: .admitted, expiresAt: admission.expiresAt)
        }
        return try await self.place(place.queueID, of: user)
    }

    /// Lets in everybody who has arrived, as long as there is room and nobody was answered "waiting"; the admission of `queue` if
    /// it is among them.
    private func letIn(_ event: UUID, _ queue: UUID, isDrawn: Bool) async throws -> Admission? {
        let round = try await rounds.value(event) { try await admit(event, .atOnce, isDrawn: isDrawn) }
        return round.first { $0.queueID == queue }
    }

    /// A sale that was postponed after its draw begins anew: another seed, and everybody who waits is in the lobby again.
    func postponed(_ event: UUID) async throws {
        guard try await store.renew(event) else { return }
        try await closed { () async throws(RedisError) in try await line.reopen(event) }
    }

    private static func inside(_ admission: (queueID: UUID, expiresAt: Timestamp)) -> QueuePlace {
        QueuePlace(queueID: admission.queueID, state: .admitted, expiresAt: admission.expiresAt)
    }

    /// Where the user's place stands. Costs no SQL while it waits.
    func place(_ queue: UUID, of user: UUID) async throws -> QueuePlace {
        let found = try await closed { () async throws(RedisError) in try await line.place(queue) }
        if let found {
            guard found.userID == user else { throw TicketError.queueEntryNotFound }
            switch found.state {
            case .waiting(let position): return QueuePlace(queueID: queue, state: .waiting, position: position, pace: found.pace)
            case .lobby: return QueuePlace(queueID: queue, state: .lobby)
            case .left: return QueuePlace(queueID: queue, state: .ended)
            case .through, .dropped: break
            }
        }
        guard let admission = try await store.admission(queue, user: user) else {
            if found?.state == .dropped { return QueuePlace(queueID: queue, state: .ended) }
            if found == nil, let entrance = try await store.entrance(OpenPass.event(queue, user), user), !entrance.isQueued {
                return QueuePlace(queueID: queue, state: entrance.isOver ? .ended : .admitted)
            }
            throw TicketError.queueEntryNotFound
        }
        return QueuePlace(
            queueID: queue, state: admission.state, expiresAt: admission.state == .admitted ? admission.expiresAt : nil)
    }

    /// Gives up a place, or ends an admission early; a place that is over stays over.
    func leave(_ queue: UUID, _ user: UUID) async throws {
        let known = try await place(queue, of: user)
        guard known.state != .ended else { return }
        if let found = try await closed({ () async throws(RedisError) in try await line.place(queue) }) {
            _ = try await closed { () async throws(RedisError) in try await line.leave(queue, event: found.eventID, user: user) }
        }
        _ = try await store.leave(queue, user: user)
    }

    /// Whose place it is and where it stands, for the hub.
    func watch(_ queue: UUID) async throws -> TicketAPI.QueueEntry {
        if let found = try await closed({ () async throws(RedisError) in try await line.place(queue) }) {
            var watch = TicketAPI.QueueEntry(userID: found.userID, eventID: found.eventID, generation: found.generation)
            switch found.state {
            case .waiting(let position):
                (watch.status, watch.position, watch.sequence) = (QueueState.waiting.rawValue, position, found.sequence)
            case .lobby: watch.status = QueueState.lobby.rawValue
            default: break
            }
            return watch
        }
        guard let admission = try await store.admission(queue, user: nil) else { throw TicketError.queueEntryNotFound }
        return TicketAPI.QueueEntry(userID: admission.userID, eventID: admission.eventID)
    }

    /// The numbers of places in a line, for the hub: those of a lobby are known after the draw.
    func numbers(_ event: UUID, _ queues: [UUID]) async throws -> TicketAPI.QueueNumbers {
        try await closed { () async throws(RedisError) in try await line.numbers(event, queues) }
    }

    // MARK: Letting in

    /// One look at every queue: batches that are due, lines that are over. How long until something is due, a second at most.
    func admitDue() async throws -> Duration {
        var next = 1.0
        for queue in try await store.due() {
            guard queue.isOpen else {
                try await end(queue.event)
                continue
            }
            guard queue.seconds <= 0 else {
                next = min(next, queue.seconds)
                continue
            }
            _ = try await admit(queue.event, .batch, isDrawn: false)
            next = min(next, config.interval.inSeconds)
        }
        return .seconds(max(0.005, next)) + .milliseconds(1)
    }

    /// Counts with every tick, so that the figures are never older than a few seconds. One process reports for all of them, so that
    /// a sum over processes counts nobody twice; when it dies another takes over within `reportLife`.
    private func count() async throws {
        guard try await closed({ () async throws(RedisError) in try await line.isReporter(process, for: Self.reportLife) }) else {
            return lengths.replace([:])
        }
        let events = try await store.watched()
        let crowds = try await closed { () async throws(RedisError) in try await line.crowds(events) }
        lengths.replace(Dictionary(uniqueKeysWithValues: zip(events, crowds)))
    }

    /// Nobody waits for an event that is over, or that lets everybody in.
    private func end(_ event: UUID) async throws {
        try await closed { () async throws(RedisError) in try await line.drop(event) }
        try await store.close(event)
    }

    private func admit(_ event: UUID, _ manner: QueueStore.Manner, isDrawn: Bool) async throws -> [Admission] {
        let round = try await store.admit(event, manner, isDrawn: isDrawn, line: line)
        // When this is lost, the next round finds them admitted and tidies again.
        let left = try await closed { () async throws(RedisError) in
            if round.isBatch {
                try await line.measure(event, admitted: round.admitted.count, someWaited: !round.tidy.isEmpty || round.isFull)
            }
            return try await line.tidy(event, round.tidy)
        }
        try await store.revoke(left)
        let admitted = left.isEmpty ? round.admitted : round.admitted.filter { !left.contains($0.queueID) }
        await announcer.announce(admitted, to: event)
        for admission in admitted {
            logger.info(
                "admission", metadata: ["eventId": "\(event)", "userId": "\(admission.userID)", "queueId": "\(admission.queueID)"])
        }
        return admitted
    }

    /// Publishes the fronts of the lines that moved; the hubs tell each of those who wait the own place.
    func publishFronts() async throws {
        for event in try await closed({ () async throws(RedisError) in try await line.takeChanged() }) {
            let front = try await closed { () async throws(RedisError) in try await line.front(event) }
            guard let front else { continue }
            await announcer.announce(
                QueueFront(
                    eventID: event, generation: front.generation, first: front.first, gaps: front.gaps, pace: front.pace ?? config.pace))
        }
    }

    /// Without Redis nobody can say who is next: the gate is closed.
    private func closed<Value: Sendable>(_ work: () async throws(RedisError) -> Value) async throws -> Value {
        do throws(RedisError) {
            return try await work()
        } catch {
            logger.warning("The queue is closed", metadata: ["reason": "\(error)"])
            throw TicketError.queueClosed
        }
    }

    /// One look at every queue; how long to wait for the next.
    func tick() async throws -> Duration {
        do {
            let next = try await admitDue()
            try await publishFronts()
            try await count()
            return next
        } catch {
            // No figure rather than an old one.
            lengths.replace([:])
            throw error
        }
    }
}
