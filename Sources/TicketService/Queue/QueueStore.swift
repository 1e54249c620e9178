// The queue's durable half: admissions and draws in PostgreSQL, under the lock of the event's row in queue_events.
import TiketiNet
import TiketiStore

/// Admissions, draws and proofs of queues in PostgreSQL.
struct QueueStore: Sendable {
    let postgres: PostgresPool
    let config: QueueConfig

    func entrance(_ event: UUID, _ user: UUID) async throws -> QueueEntrance? {
        guard let row = try await postgres.read(QueueSQL.entrance, [.uuid(event), .uuid(user)]).first else { return nil }
        var admission: (UUID, Timestamp)?
        if let id = try row.uuidOrNil("queue_id") { admission = (id, try row.timestamp("expires_at")) }
        return QueueEntrance(
            isQueued: try row.bool("queue_enabled"), status: try row.string("status"), isOpened: try row.bool("opened"),
            isDrawn: try row.bool("drawn"), admission: admission)
    }

    /// Makes the event's row with a secret seed; the first who comes decides.
    func open(_ event: UUID) async throws {
        let seed = SecureRandom.bytes(32)
        try await postgres.execute(QueueSQL.open, [.uuid(event), .bytes(seed), .text(QueueDraw.commitment(seed))])
    }

    /// Queues with something to do now or soon.
    func due() async throws -> [(event: UUID, isOpen: Bool, seconds: Double)] {
        try await postgres.read(QueueSQL.due).map { (try $0.uuid(0), try $0.bool(1), try $0.double(2)) }
    }

    func close(_ event: UUID) async throws { try await postgres.execute(QueueSQL.close, [.uuid(event)]) }

    /// What one round did.
    struct Round: Sendable {
        var admitted: [Admission] = []
        /// Those who are in, now or by a round that died before its end: to be taken out of the line.
        var tidy: [QueueEntry] = []
        /// Whether this was the batch that was due.
        var isBatch = false
        /// Nobody more fits in.
        var isFull = false
    }

    /// Draws the lobby unless it was drawn. The entries are committed before anybody moves, so that the proof shows what was drawn
    /// even if this process dies in between. The job and every joiner after the opening pass here.
    ///
    /// - Returns: false when the queue is not open.
    private func draw(_ event: UUID, line: QueueLine, skipLocked: Bool) async throws -> Bool {
        try await locked(event, skipLocked: skipLocked) { gate, transaction in
            guard try gate.bool("open") else { return false }
            guard try !gate.bool("drawn") else { return true }
            let entries = try await line.lobby(event).sorted { $0.description < $1.description }
            _ = try await transaction.execute(QueueSQL.draw, [.uuid(event), .uuidArray(entries)])
            return true
        } ?? false
    }

    /// Runs `body` under the event's lock; nil when somebody else has it, or there is no such queue.
    func locked<Value: Sendable>(
        _ event: UUID, skipLocked: Bool, _ body: @escaping @Sendable (PostgresRow, PostgresTransaction) async throws -> Value
    ) async throws -> Value? {
        let patience = config.interval.wholeMilliseconds
        return try await postgres.transaction { transaction in
            _ = try await transaction.execute(QueueSQL.patience, [.text(String(patience))])
            guard let gate = try await transaction.execute(QueueSQL.gate(skipLocked: skipLocked), [.uuid(event)]).first else { return nil }
            return try await body(gate, transaction)
        }
    }

    /// How a round lets people in.
    enum Manner: Sendable {
        /// The batch that is due.
        case batch
        /// Everybody who has arrived, as long as there is room and nobody was answered "waiting".
        case atOnce
    }

    /// Those of the line's head that are looked at beyond the free places: some may be in already and not taken out of the line yet.
    private static let slack = 500

    /// Admits the first of the line, under the event's lock: the commit is the admission. The line is tidied after it; when the
    /// process dies in between, the next round finds these users admitted and only tidies.
    ///
    /// - Parameter isDrawn: the lobby is known to be drawn.
    func admit(_ event: UUID, _ manner: Manner, isDrawn: Bool, line: QueueLine) async throws -> Round {
        let isBatch = manner == .batch
        if !isDrawn { guard try await draw(event, line: line, skipLocked: isBatch) else { return Round() } }
        let config = config
        return try await locked(event, skipLocked: isBatch) { gate, transaction in
            var round = Round()
            let isDue = try gate.bool("due")
            guard try gate.bool("open"), isDue || !isBatch else { return round }
            try await Self.emptyLobby(event, gate, line)
            if !isBatch { guard try await !line.someoneWaits(event) else { return round } }
            let active = try await transaction.execute(QueueSQL.active, [.uuid(event)]).first?.int(0) ?? 0
            let free = max(0, config.activeLimit - active)
            let room = isBatch ? min(config.batchSize, free) : free
            let head = room > 0 ? try await line.head(event, isBatch ? room : min(room, 10_000) + Self.slack) : []
            if !head.isEmpty {
                round.admitted = try await transaction.execute(
                    QueueSQL.admit,
                    [
                        .uuid(event), .uuidArray(head.map(\.userID)), .uuidArray(head.map(\.queueID)), .int(config.admission.wholeSeconds),
                        .int(room),
                    ]
                ).map { Admission(queueID: try $0.uuid(0), userID: try $0.uuid(1), expiresAt: try $0.timestamp(2)) }
            }
            round.isBatch = isBatch
            round.isFull = room <= 0 || (!isBatch && round.admitted.count >= room)
            if isBatch {
                round.tidy = head
                // With some of a broken round among them the batch is not complete: the next look goes on with it.
                let pause = round.admitted.count < head.count ? 0 : config.interval.wholeSeconds
                _ = try await transaction.execute(QueueSQL.next, [.uuid(event), .int(pause)])
            } else {
                let inside = Set(round.admitted.map(\.queueID))
                round.tidy = head.filter { inside.contains($0.queueID) }
                if round.isFull { try await line.moveWaitMark(event) }
            }
            return round
        } ?? Round()
    }

    /// Begins another lobby after a postponement; false when there was no draw to begin anew after.
    func renew(_ event: UUID) async throws -> Bool {
        let seed = SecureRandom.bytes(32)
        return try await postgres.execute(QueueSQL.renew, [.uuid(event), .bytes(seed), .text(QueueDraw.commitment(seed))]).affected > 0
    }

    /// Events in whose line or lobby somebody may be.
    func watched() async throws -> [UUID] { try await postgres.read(QueueSQL.watched).map { try $0.uuid(0) } }

    /// The draw moves the lobby into the line. Whoever is there later joined in the moment of the opening, and stands at the end.
    private static func emptyLobby(_ event: UUID, _ gate: PostgresRow, _ line: QueueLine) async throws {
        let left = Set(try await line.lobby(event))
        guard !left.isEmpty else { return }
        let entries = try gate.uuids("entries")
        if !left.isDisjoint(with: entries) { try await line.enter(event, QueueDraw.order(entries, seed: try gate.bytes("seed"))) }
        try await line.enterLate(event, left.subtracting(entries).sorted())
    }

    /// Ends the admissions of those who gave up their place while they were let in.
    func revoke(_ queues: [UUID]) async throws {
        guard !queues.isEmpty else { return }
        try await postgres.execute(QueueSQL.revoke, [.uuidArray(queues)])
    }

    /// What became of a place that no longer waits; nil when nobody knows it, or not any more.
    func admission(_ queue: UUID, user: UUID?) async throws -> (userID: UUID, eventID: UUID, state: QueueState, expiresAt: Timestamp)? {
        guard let row = try await postgres.read(QueueSQL.admission, [.uuid(queue), PostgresValue(user)]).first else { return nil }
        let isRunning = try row.bool("running")
        let isRecent = try row.bool("recent")
        guard isRunning || isRecent else { return nil }
        return (try row.uuid("user_id"), try row.uuid("event_id"), isRunning ? .admitted : .ended, try row.timestamp("expires_at"))
    }

    /// True when there was an admission to end.
    func leave(_ queue: UUID, user: UUID) async throws -> Bool {
        try await postgres.execute(QueueSQL.leave, [.uuid(queue), .uuid(user)]).affected > 0
    }

    /// What the proof of an event's draw says, without its entries; nil when there is no such event.
    func proof(_ event: UUID) async throws -> QueueProof? {
        guard let row = try await postgres.read(QueueSQL.proof, [.uuid(event)]).first else { return nil }
        let drawnAt = try row.timestampOrNil("drawn_at")
        return QueueProof(
            isQueued: try row.bool("queue_enabled"), commitment: try row.stringOrNil("commitment"),
            seed: drawnAt == nil ? nil : try row.bytesOrNil("seed"), entryCount: drawnAt == nil ? 0 : try row.int("total"))
    }

    /// The entries `range` (from 0) of a draw, in their published order.
    func entries(_ event: UUID, commitment: String, _ range: Range<Int>) async throws -> [UUID] {
        guard !range.isEmpty else { return [] }
        let rows = try await postgres.read(
            QueueSQL.proofEntries, [.uuid(event), .text(commitment), .int(range.lowerBound + 1), .int(range.upperBound)])
        return try rows.first?.uuids(0) ?? []
    }
}
