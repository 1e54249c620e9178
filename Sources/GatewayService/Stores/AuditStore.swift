// The audit trail of admin writes. Rows are added and completed, never rewritten: the role has no right to.
import TiketiCore
import TiketiNet
import TiketiStore

/// `public.audit_log`.
struct AuditStore: Sendable {
    let pool: PostgresPool

    private static let insertSQL = """
        INSERT INTO public.audit_log (actor_id, actor_email, action, entity_type, entity_id, outcome, before, after, request_id, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
        """

    /// Returns the number of the record, for `complete`.
    @discardableResult
    func insert(_ entry: AuditEntry) async throws -> Int {
        try await pool.execute(Self.insertSQL, Self.values(entry))[0].int("id")
    }

    /// Inside the transaction of the write itself, where the gateway is the owner.
    static func insert(_ entry: AuditEntry, in transaction: PostgresTransaction) async throws {
        _ = try await transaction.execute(insertSQL, values(entry))
    }

    func complete(_ id: Int, outcome: AuditEntry.Outcome, entityID: String?, before: [UInt8]?, after: [UInt8]?) async throws {
        _ = try await pool.execute(
            """
            UPDATE public.audit_log SET outcome = $2, entity_id = coalesce($3, entity_id), before = coalesce($4, before), after = $5
            WHERE id = $1
            """, [.int(Int64(id)), .text(outcome.rawValue), Self.text(entityID), Self.json(before), Self.json(after)])
    }

    /// Newest first.
    func list(entityType: String?, entityID: String?, limit: Int, offset: Int) async throws -> (records: [AuditRecord], total: Int) {
        let filter = "WHERE ($1::text IS NULL OR entity_type = $1) AND ($2::text IS NULL OR entity_id = $2)"
        let rows = try await pool.read(
            "SELECT \(Self.columns) FROM public.audit_log \(filter) ORDER BY at DESC, id DESC LIMIT $3 OFFSET $4",
            [Self.text(entityType), Self.text(entityID), .int(Int64(limit)), .int(Int64(offset))])
        let total = try await pool.read(
            "SELECT count(*) AS total FROM public.audit_log \(filter)", [Self.text(entityType), Self.text(entityID)])
        return (try rows.map(Self.record), Int(try total[0].int("total")))
    }

    /// How often an admin did something, failed attempts included.
    func count(_ action: String, by actor: UUID, withinHours hours: Int) async throws -> Int {
        let rows = try await pool.read(
            """
            SELECT count(*) AS total FROM public.audit_log
            WHERE at > now() - make_interval(hours => $3) AND actor_id = $1 AND action = $2
            """, [.uuid(actor), .text(action), .int(hours)])
        return try rows[0].int("total")
    }

    private static let columns = """
        id, at, actor_id, actor_email, action, entity_type, entity_id, outcome, before::text AS before, after::text AS after, request_id,
        address
        """

    private static func record(_ row: PostgresRow) throws -> AuditRecord {
        AuditRecord(
            id: try row.int("id"), at: try row.timestamp("at"), actorID: try row.uuid("actor_id"),
            actorEmail: try row.string("actor_email"), action: try row.string("action"), entityType: try row.string("entity_type"),
            entityID: try row.stringOrNil("entity_id"), outcome: try row.string("outcome"), before: try row.stringOrNil("before"),
            after: try row.stringOrNil("after"), requestID: try row.string("request_id"), address: try row.string("address"))
    }

    private static func values(_ entry: AuditEntry) -> [PostgresValue] {
        let actor = entry.actor
        return [
            .uuid(actor.id), .text(actor.email), .text(entry.action), .text(entry.entityType), text(entry.entityID),
            .text(entry.outcome.rawValue), json(entry.before), json(entry.after), .text(actor.requestID), .text(actor.address),
        ]
    }

    private static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    private static func json(_ value: [UInt8]?) -> PostgresValue { value.map { .json($0) } ?? .null }
}
