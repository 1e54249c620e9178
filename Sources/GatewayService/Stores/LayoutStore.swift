// Seat layouts that an organiser can choose by id.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// `public.seat_layouts`.
struct LayoutStore: Sendable {
    let pool: PostgresPool

    private static let columns = "id, name, description, total_seats, layout_config::text AS config, created_at, updated_at"

    func list(limit: Int, offset: Int) async throws -> (layouts: [StoredLayout], total: Int) {
        let rows = try await pool.read(
            "SELECT \(Self.columns) FROM public.seat_layouts ORDER BY created_at DESC, name, id LIMIT $1 OFFSET $2",
            [.int(Int64(limit)), .int(Int64(offset))])
        let total = try await pool.read("SELECT count(*) AS total FROM public.seat_layouts")
        return (try rows.map(Self.layout), Int(try total[0].int("total")))
    }

    func find(id: UUID) async throws -> StoredLayout? {
        try await pool.read("SELECT \(Self.columns) FROM public.seat_layouts WHERE id = $1", [.uuid(id)]).first.map(Self.layout)
    }

    /// The layout and its audit record, or neither.
    /// - Throws: 409 `NAME_TAKEN`.
    func create(name: String, description: String?, layout: SeatLayout, audit: AuditEntry) async throws -> StoredLayout {
        try await Self.namedOnce {
            try await pool.transaction { transaction in
                let rows = try await transaction.execute(
                    """
                    INSERT INTO public.seat_layouts (name, description, total_seats, layout_config) VALUES ($1, $2, $3, $4)
                    RETURNING \(Self.columns)
                    """,
                    [.text(name), PostgresValue(description), .int(layout.totalSeats), .json(layout.encoded)])
                let stored = try Self.layout(rows[0])
                try await AuditStore.insert(audit.done(id: stored.id, before: nil, after: stored.document), in: transaction)
                return stored
            }
        }
    }

    /// nil when there is no such layout.
    /// - Throws: 409 `NAME_TAKEN`.
    func update(id: UUID, _ change: LayoutChange, audit: AuditEntry) async throws -> StoredLayout? {
        try await Self.namedOnce {
            try await pool.transaction { transaction in
                guard let before = try await Self.locked(id, in: transaction) else { return nil }
                let rows = try await transaction.execute(
                    """
                    UPDATE public.seat_layouts SET name = coalesce($2, name), description = CASE WHEN $3 THEN $4 ELSE description END,
                        total_seats = coalesce($5, total_seats), layout_config = coalesce($6, layout_config), updated_at = now()
                    WHERE id = $1 RETURNING \(Self.columns)
                    """,
                    [
                        .uuid(id), PostgresValue(change.name), .bool(change.setsDescription), PostgresValue(change.description),
                        PostgresValue(change.layout?.totalSeats), .json(orNull: change.layout?.encoded),
                    ])
                let stored = try Self.layout(rows[0])
                try await AuditStore.insert(audit.done(id: id, before: before.document, after: stored.document), in: transaction)
                return stored
            }
        }
    }

    /// False when there is no such layout. Events keep the seats that were made from it.
    func delete(id: UUID, audit: AuditEntry) async throws -> Bool {
        try await pool.transaction { transaction in
            guard let before = try await Self.locked(id, in: transaction) else { return false }
            _ = try await transaction.execute("DELETE FROM public.seat_layouts WHERE id = $1", [.uuid(id)])
            try await AuditStore.insert(audit.done(id: id, before: before.document, after: nil), in: transaction)
            return true
        }
    }

    private static func locked(_ id: UUID, in transaction: PostgresTransaction) async throws -> StoredLayout? {
        try await transaction.execute("SELECT \(columns) FROM public.seat_layouts WHERE id = $1 FOR UPDATE", [.uuid(id)]).first.map(layout)
    }

    private static func namedOnce<Result>(_ write: () async throws -> Result) async throws -> Result {
        do {
            return try await write()
        } catch let error as PostgresError where error.isUniqueViolation {
            throw APIError.conflict("NAME_TAKEN", "A layout with this name already exists")
        }
    }

    private static func layout(_ row: PostgresRow) throws -> StoredLayout {
        StoredLayout(
            id: try row.uuid("id"), name: try row.string("name"), description: try row.stringOrNil("description"),
            totalSeats: Int(try row.int("total_seats")), config: Array(try row.string("config").utf8),
            createdAt: try row.timestamp("created_at"), updatedAt: try row.timestamp("updated_at"))
    }
}
