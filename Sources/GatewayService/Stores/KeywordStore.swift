// The mappings in PostgreSQL; ticket's search reads them there.
import TiketiCore
import TiketiNet
import TiketiStore

/// `public.keyword_mappings`.
struct KeywordStore: Sendable {
    let pool: PostgresPool

    private static let columns = "id, korean, english, entity_type"

    /// In the order of the Korean words.
    func list(search: String?, limit: Int, offset: Int) async throws -> (keywords: [Keyword], total: Int) {
        let filter = "WHERE ($1::text IS NULL OR strpos(lower(korean), lower($1)) > 0 OR strpos(lower(english), lower($1)) > 0)"
        let rows = try await pool.read(
            "SELECT \(Self.columns) FROM public.keyword_mappings \(filter) ORDER BY korean, english, id LIMIT $2 OFFSET $3",
            [PostgresValue(search), .int(limit), .int(offset)])
        let total = try await pool.read("SELECT count(*) AS total FROM public.keyword_mappings \(filter)", [PostgresValue(search)])
        return (try rows.map(Self.keyword), try total[0].int("total"))
    }

    /// - Throws: 409 `KEYWORD_EXISTS`.
    func create(korean: String, english: String, type: KeywordType, audit: AuditEntry) async throws -> Keyword {
        try await Self.once {
            try await pool.transaction { transaction in
                let rows = try await transaction.execute(
                    "INSERT INTO public.keyword_mappings (korean, english, entity_type) VALUES ($1, $2, $3) RETURNING \(Self.columns)",
                    [.text(korean), .text(english), .text(type.rawValue)])
                let keyword = try Self.keyword(rows[0])
                try await AuditStore.insert(audit.done(id: keyword.id, before: nil, after: keyword.document), in: transaction)
                return keyword
            }
        }
    }

    /// nil when there is no such mapping.
    /// - Throws: 409 `KEYWORD_EXISTS`.
    func update(id: UUID, _ change: KeywordChange, audit: AuditEntry) async throws -> Keyword? {
        try await Self.once {
            try await pool.transaction { transaction in
                guard let before = try await Self.locked(id, in: transaction) else { return nil }
                let rows = try await transaction.execute(
                    """
                    UPDATE public.keyword_mappings SET korean = coalesce($2, korean), english = coalesce($3, english),
                        entity_type = coalesce($4, entity_type) WHERE id = $1 RETURNING \(Self.columns)
                    """,
                    [.uuid(id), PostgresValue(change.korean), PostgresValue(change.english), PostgresValue(change.entityType?.rawValue)])
                let keyword = try Self.keyword(rows[0])
                try await AuditStore.insert(audit.done(id: id, before: before.document, after: keyword.document), in: transaction)
                return keyword
            }
        }
    }

    /// False when there is no such mapping.
    func delete(id: UUID, audit: AuditEntry) async throws -> Bool {
        try await pool.transaction { transaction in
            guard let before = try await Self.locked(id, in: transaction) else { return false }
            _ = try await transaction.execute("DELETE FROM public.keyword_mappings WHERE id = $1", [.uuid(id)])
            try await AuditStore.insert(audit.done(id: id, before: before.document, after: nil), in: transaction)
            return true
        }
    }

    private static func locked(_ id: UUID, in transaction: PostgresTransaction) async throws -> Keyword? {
        try await transaction.execute("SELECT \(columns) FROM public.keyword_mappings WHERE id = $1 FOR UPDATE", [.uuid(id)]).first
            .map(keyword)
    }

    private static func once<Result>(_ write: () async throws -> Result) async throws -> Result {
        do {
            return try await write()
        } catch let error as PostgresError where error.isUniqueViolation {
            throw APIError.conflict("KEYWORD_EXISTS", "These two words are mapped already")
        }
    }

    private static func keyword(_ row: PostgresRow) throws -> Keyword {
        Keyword(
            id: try row.uuid("id"), korean: try row.string("korean"), english: try row.string("english"),
            entityType: try row.string("entity_type"))
    }
}
