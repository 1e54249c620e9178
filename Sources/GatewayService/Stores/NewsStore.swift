// News in PostgreSQL: pinned first, newest first.
import TiketiCore
import TiketiNet
import TiketiStore

/// `public.news`.
struct NewsStore: Sendable {
    let pool: PostgresPool

    private static let columns = "id, title, content, author, views, is_pinned, created_at, updated_at"

    func list(limit: Int, offset: Int) async throws -> (items: [NewsItem], total: Int) {
        let rows = try await pool.read(
            "SELECT \(Self.columns) FROM public.news ORDER BY is_pinned DESC, created_at DESC, id LIMIT $1 OFFSET $2",
            [.int(Int64(limit)), .int(Int64(offset))])
        let total = try await pool.read("SELECT count(*) AS total FROM public.news")
        return (try rows.map(Self.item), Int(try total[0].int("total")))
    }

    func find(id: UUID) async throws -> NewsItem? {
        try await pool.read("SELECT \(Self.columns) FROM public.news WHERE id = $1", [.uuid(id)]).first.map(Self.item)
    }

    /// Adds the views counted since the last call, in one statement. News deleted meanwhile are left out.
    func add(views: [UUID: Int]) async throws {
        _ = try await pool.execute(
            """
            UPDATE public.news AS n SET views = n.views + counted.views
            FROM unnest($1::uuid[], $2::bigint[]) AS counted (id, views) WHERE n.id = counted.id
            """, [.uuidArray(Array(views.keys)), .intArray(Array(views.values))])
    }

    /// The news and their audit record, or neither.
    func create(title: String, content: String, isPinned: Bool, audit: AuditEntry) async throws -> NewsItem {
        try await pool.transaction { transaction in
            // The author is the admin's name as it is now; an admin without an account here is named by email.
            let rows = try await transaction.execute(
                """
                INSERT INTO public.news (title, content, is_pinned, author_id, author)
                VALUES ($1, $2, $3, $4, coalesce((SELECT name FROM public.users WHERE id = $4), $5)) RETURNING \(Self.columns)
                """, [.text(title), .text(content), .bool(isPinned), .uuid(audit.actor.id), .text(audit.actor.email)])
            let item = try Self.item(rows[0])
            try await Self.record(audit, id: item.id, before: nil, after: item, in: transaction)
            return item
        }
    }

    func update(id: UUID, _ change: NewsChange, audit: AuditEntry) async throws -> NewsItem? {
        try await pool.transaction { transaction in
            guard let before = try await Self.locked(id, in: transaction) else { return nil }
            let rows = try await transaction.execute(
                """
                UPDATE public.news SET title = coalesce($2, title), content = coalesce($3, content), is_pinned = coalesce($4, is_pinned),
                    updated_at = now() WHERE id = $1 RETURNING \(Self.columns)
                """,
                [
                    .uuid(id), change.title.map { .text($0) } ?? .null, change.content.map { .text($0) } ?? .null,
                    change.isPinned.map { .bool($0) } ?? .null,
                ])
            let item = try Self.item(rows[0])
            try await Self.record(audit, id: id, before: before, after: item, in: transaction)
            return item
        }
    }

    func delete(id: UUID, audit: AuditEntry) async throws -> Bool {
        try await pool.transaction { transaction in
            guard let before = try await Self.locked(id, in: transaction) else { return false }
            _ = try await transaction.execute("DELETE FROM public.news WHERE id = $1", [.uuid(id)])
            try await Self.record(audit, id: id, before: before, after: nil, in: transaction)
            return true
        }
    }

    private static func locked(_ id: UUID, in transaction: PostgresTransaction) async throws -> NewsItem? {
        try await transaction.execute("SELECT \(columns) FROM public.news WHERE id = $1 FOR UPDATE", [.uuid(id)]).first.map(item)
    }

    private static func record(
        _ audit: AuditEntry, id: UUID, before: NewsItem?, after: NewsItem?, in transaction: PostgresTransaction
    ) async throws {
        try await AuditStore.insert(audit.done(id: id, before: before?.document, after: after?.document), in: transaction)
    }

    private static func item(_ row: PostgresRow) throws -> NewsItem {
        NewsItem(
            id: try row.uuid("id"), title: try row.string("title"), content: try row.string("content"), author: try row.string("author"),
            views: try row.int("views"), isPinned: try row.bool("is_pinned"), createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"))
    }
}
