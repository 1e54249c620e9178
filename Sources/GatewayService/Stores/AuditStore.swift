// The audit trail of admin writes. Rows are added and completed, never rewritten: the role has no right to.
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

/// Who did what to which thing, and how it looked before and after.
struct AuditEntry: Sendable {
    enum Outcome: String, Sendable { case started, done, refused, unknown }

    var actorID: UUID
    var actorEmail: String
    var action: String
    var entityType: String
    var entityID: String?
    var outcome: Outcome = .started
    var before: [UInt8]?
    var after: [UInt8]?
    var requestID: String
    var address: String

    /// A JSON object as it goes into `before` or `after`.
    static func document(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { body(&$0) }
        return json.finish()
    }
}

struct AuditStore: Sendable {
    let pool: PostgresPool

    private static let insertSQL = """
        INSERT INTO public.audit_log (actor_id, actor_email, action, entity_type, entity_id, outcome, before, after, request_id, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
        """

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

    func list(entityType: String?, entityID: String?, limit: Int, offset: Int) async throws -> (rows: PostgresRows, total: Int) {
        let filter = "WHERE ($1::text IS NULL OR entity_type = $1) AND ($2::text IS NULL OR entity_id = $2)"
        let rows = try await pool.read(
            """
            SELECT id, at, actor_id, actor_email, action, entity_type, entity_id, outcome, before::text AS before, after::text AS after,
                request_id, address
            FROM public.audit_log \(filter) ORDER BY at DESC, id DESC LIMIT $3 OFFSET $4
            """, [Self.text(entityType), Self.text(entityID), .int(Int64(limit)), .int(Int64(offset))])
        let total = try await pool.read(
            "SELECT count(*) AS total FROM public.audit_log \(filter)", [Self.text(entityType), Self.text(entityID)])
        return (rows, Int(try total[0].int("total")))
    }

    private static func values(_ entry: AuditEntry) -> [PostgresValue] {
        [
            .uuid(entry.actorID), .text(entry.actorEmail), .text(entry.action), .text(entry.entityType), text(entry.entityID),
            .text(entry.outcome.rawValue), json(entry.before), json(entry.after), .text(entry.requestID), .text(entry.address),
        ]
    }

    private static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    private static func json(_ value: [UInt8]?) -> PostgresValue { value.map { .json($0) } ?? .null }
}
