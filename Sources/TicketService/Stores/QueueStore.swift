// The queue's durable half: admissions and draws in PostgreSQL. The event's row in queue_events is the lock of whoever admits.
import TiketiNet
import TiketiStore

enum QueueSQL {
    /// Parameters: $1 event, $2 seed, $3 commitment.
    static let open = """
        INSERT INTO ticket_schema.queue_events (event_id, seed, commitment) VALUES ($1::uuid, $2::bytea, $3::text)
        ON CONFLICT (event_id) DO NOTHING
        """

    /// An event as a joiner meets it. Parameters: $1 event, $2 user.
    static let entrance = """
        SELECT e.queue_enabled, ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, 0, 0) AS status,
               q.event_id IS NOT NULL AS opened, q.drawn_at IS NOT NULL AS drawn, a.queue_id, a.expires_at
        FROM ticket_schema.events e LEFT JOIN ticket_schema.queue_events q ON q.event_id = e.id
        LEFT JOIN ticket_schema.queue_admissions a
            ON a.event_id = e.id AND a.user_id = $2::uuid AND a.ended_at IS NULL AND a.expires_at > now()
        WHERE e.id = $1::uuid
        """

    /// Events whose queue may have something to do. Parameters: none.
    static let due = """
        SELECT q.event_id FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
        WHERE q.next_run <= now() AND e.queue_enabled
          AND ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, 0, 0) = 'on_sale'
        """

    /// The lock of one event's queue, with what admitting depends on. Parameters: $1 event.
    static func gate(skipLocked: Bool) -> String {
        """
        SELECT q.seed, q.drawn_at IS NOT NULL AS drawn, q.entries, q.next_run <= now() AS due,
               e.queue_enabled AND ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, 0, 0) = 'on_sale' AS open
        FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
        WHERE q.event_id = $1::uuid
        FOR UPDATE OF q\(skipLocked ? " SKIP LOCKED" : "")
        """
    }

    /// Read after the lock was taken, so that it sees what its last holder admitted. Parameters: $1 event.
    static let active = """
        SELECT count(*) FROM ticket_schema.queue_admissions WHERE event_id = $1::uuid AND ended_at IS NULL AND expires_at > now()
        """

    /// Parameters: $1 event, $2 users, $3 queue ids, $4 seconds. Who is in already is not in the answer.
    static let admit = """
        INSERT INTO ticket_schema.queue_admissions AS a (event_id, user_id, queue_id, expires_at)
        SELECT $1::uuid, u, q, now() + $4::bigint * interval '1 second' FROM unnest($2::uuid[], $3::uuid[]) AS t (u, q)
        ON CONFLICT (event_id, user_id) DO UPDATE
            SET queue_id = excluded.queue_id, admitted_at = now(), expires_at = excluded.expires_at, ended_at = NULL
            WHERE a.ended_at IS NOT NULL OR a.expires_at <= now()
        RETURNING a.queue_id, a.user_id, a.expires_at
        """

    /// Parameters: $1 event, $2 seconds.
    static let next = "UPDATE ticket_schema.queue_events SET next_run = now() + $2::bigint * interval '1 second' WHERE event_id = $1::uuid"

    /// Parameters: $1 event, $2 queue ids, sorted.
    static let draw =
        "UPDATE ticket_schema.queue_events SET drawn_at = now(), entries = $2::uuid[] WHERE event_id = $1::uuid AND drawn_at IS NULL"

    /// Parameters: $1 queue id, $2 user or null.
    static let admission = """
        SELECT user_id, event_id, expires_at, ended_at IS NULL AND expires_at > now() AS running,
               least(ended_at, expires_at) > now() - interval '1 hour' AS recent
        FROM ticket_schema.queue_admissions WHERE queue_id = $1::uuid AND ($2::uuid IS NULL OR user_id = $2::uuid)
        """

    /// Parameters: $1 queue id, $2 user.
    static let leave = """
        UPDATE ticket_schema.queue_admissions SET ended_at = now()
        WHERE queue_id = $1::uuid AND user_id = $2::uuid AND ended_at IS NULL AND expires_at > now()
        """

    /// Parameters: $1 event.
    static let proof =
        "SELECT commitment, seed, entries, drawn_at IS NOT NULL AS drawn FROM ticket_schema.queue_events WHERE event_id = $1::uuid"
}

/// Somebody who was let in.
public struct Admission: Sendable, Equatable {
    public var queueID: UUID
    public var userID: UUID
    public var expiresAt: Timestamp
}

/// An event as a joiner meets it.
struct QueueEntrance: Sendable {
    var isQueued: Bool
    var status: String
    var isOpened: Bool
    var isDrawn: Bool
    /// The joiner's running admission.
    var admission: (queueID: UUID, expiresAt: Timestamp)?
}

/// What a draw can be checked with.
public struct QueueProof: Sendable {
    public var commitment: String
    /// Nil before the draw.
    public var seed: [UInt8]?
    public var entries: [UUID]
}

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

    func due() async throws -> [UUID] { try await postgres.read(QueueSQL.due).map { try $0.uuid(0) } }

    /// Admits whoever stands first, under the event's lock: the commit is the admission. The line is tidied after it; when the process dies in
    /// between, the next round finds these people admitted and only tidies.
    ///
    /// - Parameters:
    ///   - only: admits this one alone, if it stands first, whether or not a batch is due.
    func admit(_ event: UUID, only: UUID?, line: QueueLine) async throws -> (admitted: [Admission], tidy: [QueueEntry]) {
        let config = config
        return try await postgres.transaction { transaction in
            guard let gate = try await transaction.execute(QueueSQL.gate(skipLocked: only == nil), [.uuid(event)]).first else {
                return ([], [])
            }
            let (isOpen, isDue) = (try gate.bool("open"), try gate.bool("due"))
            guard isOpen, isDue || only != nil else { return ([], []) }
            if !(try gate.bool("drawn")) {
                // The first after the opening draws, be it the job or a joiner.
                let entries = try await line.lobby(event).sorted { $0.description < $1.description }
                _ = try await transaction.execute(QueueSQL.draw, [.uuid(event), .uuidArray(entries)])
                try await line.enter(event, QueueDraw.order(entries, seed: try gate.bytes("seed")))
            } else if only == nil {
                // A process may have died between its draw and the line; or somebody's join crossed the opening, and stands at the end.
                let left = Set(try await line.lobby(event))
                if !left.isEmpty {
                    let entries = try gate.uuids("entries")
                    try await line.enter(event, QueueDraw.order(entries, seed: try gate.bytes("seed")), only: left)
                    try await line.enterLate(event, left.subtracting(entries).sorted())
                }
            }
            let active = try await transaction.execute(QueueSQL.active, [.uuid(event)]).first?.int(0) ?? 0
            let room = min(only == nil ? config.batchSize : 1, config.activeLimit - active)
            let head = room > 0 ? try await line.head(event, room) : []
            if let only, head.first?.queueID != only { return ([], []) }
            var admitted: [Admission] = []
            if !head.isEmpty {
                admitted = try await transaction.execute(
                    QueueSQL.admit,
                    [.uuid(event), .uuidArray(head.map(\.userID)), .uuidArray(head.map(\.queueID)), .int(config.admissionSeconds)]
                ).map { Admission(queueID: try $0.uuid(0), userID: try $0.uuid(1), expiresAt: try $0.timestamp(2)) }
            }
            if only == nil { _ = try await transaction.execute(QueueSQL.next, [.uuid(event), .int(config.intervalSeconds)]) }
            return (admitted, head)
        }
    }

    /// What became of a place that no longer waits; nil when nobody knows it, or not any more.
    func admission(_ queue: UUID, user: UUID?) async throws -> (userID: UUID, state: QueueState, expiresAt: Timestamp)? {
        guard let row = try await postgres.read(QueueSQL.admission, [.uuid(queue), PostgresValue(user)]).first else { return nil }
        let isRunning = try row.bool("running")
        let isRecent = try row.bool("recent")
        guard isRunning || isRecent else { return nil }
        return (try row.uuid("user_id"), isRunning ? .admitted : .ended, try row.timestamp("expires_at"))
    }

    /// True when there was an admission to end.
    func leave(_ queue: UUID, user: UUID) async throws -> Bool {
        try await postgres.execute(QueueSQL.leave, [.uuid(queue), .uuid(user)]).affected > 0
    }

    func proof(_ event: UUID) async throws -> QueueProof? {
        guard let row = try await postgres.read(QueueSQL.proof, [.uuid(event)]).first else { return nil }
        let isDrawn = try row.bool("drawn")
        return QueueProof(
            commitment: try row.string("commitment"), seed: isDrawn ? try row.bytes("seed") : nil,
            entries: isDrawn ? try row.uuids("entries") : [])
    }
}
