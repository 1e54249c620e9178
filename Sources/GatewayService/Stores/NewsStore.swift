// News in PostgreSQL: pinned first, newest first.
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

struct NewsItem: Sendable {
    var id: UUID
    var title: String
    var content: String
    var author: String
    var views: Int
    var isPinned: Bool
    var createdAt: Timestamp
    var updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("title", title)
        json.member("content", content)
        json.member("author", author)
        json.member("views", views)
        json.member("isPinned", isPinned)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
    }
}

struct NewsChange: Sendable {
    var title: String?
    var content: String?
    var isPinned: Bool?
}

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

    /// Counts the view with the read, in one statement.
    func view(id: UUID) async throws -> NewsItem? {
        try await pool.execute("UPDATE public.news SET views = views + 1 WHERE id = $1 RETURNING \(Self.columns)", [.uuid(id)])
            .first.map(Self.item)
    }

    func create(title: String, content: String, isPinned: Bool, authorID: UUID, authorEmail: String, audit: AuditEntry) async throws
        -> NewsItem
    {
        try await pool.transaction { transaction in
            // The author is the admin's name as it is now; an admin without an account here is named by email.
            let rows = try await transaction.execute(
                """
                INSERT INTO public.news (title, content, is_pinned, author_id, author)
                VALUES ($1, $2, $3, $4, coalesce((SELECT name FROM public.users WHERE id = $4), $5)) RETURNING \(Self.columns)
                """, [.text(title), .text(content), .bool(isPinned), .uuid(authorID), .text(authorEmail)])
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
        var entry = audit
        entry.entityID = id.description
        entry.outcome = .done
        entry.before = before.map { item in AuditEntry.document { item.write(to: &$0) } }
        entry.after = after.map { item in AuditEntry.document { item.write(to: &$0) } }
        try await AuditStore.insert(entry, in: transaction)
    }

    private static func item(_ row: PostgresRow) throws -> NewsItem {
        NewsItem(
            id: try row.uuid("id"), title: try row.string("title"), content: try row.string("content"), author: try row.string("author"),
            views: try row.int("views"), isPinned: try row.bool("is_pinned"), createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"))
    }
}
