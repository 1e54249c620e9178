// News in PostgreSQL: pinned first, newest first; drafts before them, where they are shown.
import TiketiCore
import TiketiNet
import TiketiStore

/// `public.news`.
struct NewsStore: Sendable {
    let pool: PostgresPool

    private static let columns = "id, title, content, author, views, is_pinned, published_at, created_at, updated_at"

    func list(_ selection: NewsSelection, limit: Int, offset: Int) async throws -> (items: [NewsItem], total: Int) {
        let condition =
            switch selection {
            case .published: "WHERE published_at IS NOT NULL ORDER BY is_pinned DESC, published_at DESC, id"
            case .draft: "WHERE published_at IS NULL ORDER BY created_at DESC, id"
            case .all: "ORDER BY published_at IS NULL DESC, is_pinned DESC, coalesce(published_at, created_at) DESC, id"
            }
        let rows = try await pool.read(
            "SELECT \(Self.columns) FROM public.news \(condition) LIMIT $1 OFFSET $2", [.int(Int64(limit)), .int(Int64(offset))])
        let total = try await pool.read(
            "SELECT count(*) AS total FROM public.news WHERE $1 = 'all' OR ($1 = 'draft') = (published_at IS NULL)",
            [.text(selection.rawValue)])
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
    func create(_ text: NewsText, audit: AuditEntry) async throws -> NewsItem {
        try await pool.transaction { transaction in
            // The author is the admin's name as it is now; an admin without an account here is named by email.
            let rows = try await transaction.execute(
                """
                INSERT INTO public.news (title, content, is_pinned, published_at, author_id, author)
                VALUES ($1, $2, $3, CASE WHEN $4 THEN NULL ELSE now() END, $5, coalesce((SELECT name FROM public.users WHERE id = $5), $6))
                RETURNING \(Self.columns)
                """,
                [
                    .text(text.title), .text(text.content), .bool(text.isPinned), .bool(text.isDraft), .uuid(audit.actor.id),
                    .text(audit.actor.email),
                ])
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
                    published_at = CASE WHEN $5 THEN NULL WHEN NOT $5 THEN coalesce(published_at, now()) ELSE published_at END,
                    updated_at = now() WHERE id = $1 RETURNING \(Self.columns)
                """,
                [
                    .uuid(id), change.title.map { .text($0) } ?? .null, change.content.map { .text($0) } ?? .null,
                    change.isPinned.map { .bool($0) } ?? .null, change.isDraft.map { .bool($0) } ?? .null,
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
            views: try row.int("views"), isPinned: try row.bool("is_pinned"), publishedAt: try row.timestampOrNil("published_at"),
            createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"))
    }
}
