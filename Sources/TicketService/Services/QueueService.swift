// The waiting queue: joining, asking, leaving, and letting in. Without Redis the gate is closed, never open.
import Logging
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore

struct QueueService: Sendable {
    let store: QueueStore
    let line: QueueLine
    let announcer: Announcer
    let config: QueueConfig
    let logger: Logger
    let metrics: MetricsRegistry

    /// How many of those who wait are told of their new place; the others ask.
    private static let told = 2000

    /// The user's place in the event's queue: the one there is, or a new one at the end.
    func join(_ event: UUID, _ user: UUID) async throws -> QueuePlace {
        guard let entrance = try await store.entrance(event, user) else { throw TicketError.eventNotFound }
        if let admission = entrance.admission {
            return QueuePlace(queueID: admission.queueID, state: .admitted, expiresAt: admission.expiresAt)
        }
        if entrance.status == EventStatus.cancelled.rawValue || entrance.status == EventStatus.ended.rawValue {
            throw TicketError.eventNotOnSale
        }
        guard entrance.isQueued else { return QueuePlace(queueID: UUID(), state: .admitted) }
        if !entrance.isOpened { try await store.open(event) }
        let isLobby = entrance.status == EventStatus.upcoming.rawValue && !entrance.isDrawn
        let place = try await closed { () async throws(RedisError) in try await line.join(event, user, lobby: isLobby) }
        guard let position = place.position else { return QueuePlace(queueID: place.queueID, state: .lobby) }
        // Nobody before, and room inside: in at once.
        if position == 1, let admission = try await admit(event, only: place.queueID).first {
            return QueuePlace(queueID: place.queueID, state: .admitted, expiresAt: admission.expiresAt)
        }
        return QueuePlace(queueID: place.queueID, state: .waiting, position: position)
    }

    /// Where the user's place stands. Costs no SQL while it waits.
    func place(_ queue: UUID, of user: UUID) async throws -> QueuePlace {
        let found = try await closed { () async throws(RedisError) in try await line.place(queue) }
        if let found {
            guard found.userID == user else { throw TicketError.queueEntryNotFound }
            switch found.state {
            case .waiting(let position): return QueuePlace(queueID: queue, state: .waiting, position: position)
            case .lobby: return QueuePlace(queueID: queue, state: .lobby)
            case .left: return QueuePlace(queueID: queue, state: .ended)
            case .through: break
            }
        }
        guard let admission = try await store.admission(queue, user: user) else { throw TicketError.queueEntryNotFound }
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

    /// Whose place it is, for the hub.
    func owner(_ queue: UUID) async throws -> UUID {
        if let found = try await closed({ () async throws(RedisError) in try await line.place(queue) }) { return found.userID }
        guard let admission = try await store.admission(queue, user: nil) else { throw TicketError.queueEntryNotFound }
        return admission.userID
    }

    func proof(_ event: UUID) async throws -> QueueProof {
        guard let proof = try await store.proof(event) else { throw TicketError.eventNotFound }
        return proof
    }

    // MARK: Letting in

    /// One batch of each event that is due.
    func admitDue() async throws {
        for event in try await store.due() {
            _ = try await admit(event, only: nil)
            let waiting = try await closed { () async throws(RedisError) in try await line.length(event) }
            metrics.gauge("tiketi_queue_users_total", "Users who wait.", labels: [("event", event.description)]).set(waiting)
        }
    }

    private func admit(_ event: UUID, only: UUID?) async throws -> [Admission] {
        let (admitted, tidy) = try await store.admit(event, only: only, line: line)
        // When this is lost, the next round finds them admitted and tidies again.
        try await closed { () async throws(RedisError) in try await line.tidy(event, tidy) }
        await announcer.send(
            admitted.map { admission in
                let payload = LiveEvent.queueAdmitted(
                    eventID: event, queueID: admission.queueID, message: "It is your turn", expiresAt: admission.expiresAt)
                return SocketEmitter.command(
                    LiveEvent.queueAdmitted.rawValue, payload, rooms: [LiveRoom.queue(admission.queueID), LiveRoom.user(admission.userID)])
            })
        return admitted
    }

    /// Tells those who wait of their new places, where something changed.
    func tellPlaces() async throws {
        for event in try await closed({ () async throws(RedisError) in try await line.takeChanged() }) {
            for start in stride(from: 0, to: Self.told, by: 500) {
                let ids = try await closed { () async throws(RedisError) in try await line.waiting(event, from: start, count: 500) }
                await announcer.send(
                    ids.enumerated().map { index, id in
                        let place = QueuePlace(queueID: id, state: .waiting, position: start + index + 1)
                        let payload = LiveEvent.queueUpdated(
                            queueID: id, position: place.position, estimatedWait: place.estimatedWait(config))
                        return SocketEmitter.command(LiveEvent.queueUpdated.rawValue, payload, rooms: [LiveRoom.queue(id)])
                    })
                if ids.count < 500 { break }
            }
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

    /// One look at every queue; nanoseconds until the next.
    func tick() async throws -> UInt64 {
        try await admitDue()
        try await tellPlaces()
        return 1_000_000_000
    }
}
