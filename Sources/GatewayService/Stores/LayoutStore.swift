// Seat layouts that an organiser can choose by id.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

struct StoredLayout: Sendable {
    var id: UUID
    var name: String
    var description: String?
    var totalSeats: Int
    var config: [UInt8]
    var createdAt: Timestamp
    var updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("name", name)
        json.member("description", description)
        json.member("totalSeats", totalSeats)
        json.member("layoutConfig", raw: config)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
    }
}

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
    func create(name: String, description: String?, layout: SeatLayout, audit: AuditEntry) async throws -> StoredLayout {
        do {
            return try await pool.transaction { transaction in
                let rows = try await transaction.execute(
                    """
                    INSERT INTO public.seat_layouts (name, description, total_seats, layout_config) VALUES ($1, $2, $3, $4)
                    RETURNING \(Self.columns)
                    """,
                    [.text(name), description.map { .text($0) } ?? .null, .int(Int64(layout.totalSeats)), .json(layout.encoded)])
                let stored = try Self.layout(rows[0])
                var entry = audit
                entry.entityID = stored.id.description
                entry.outcome = .done
                entry.after = AuditEntry.document { stored.write(to: &$0) }
                try await AuditStore.insert(entry, in: transaction)
                return stored
            }
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
