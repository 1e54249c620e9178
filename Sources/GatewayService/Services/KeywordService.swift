// The mappings of words, each write with its audit record.
import Logging
import TiketiCore
import TiketiNet

/// Words that mean the same.
struct KeywordService: Sendable {
    let keywords: KeywordStore
    let logger: Logger

    func list(search: String?, _ page: Page) async throws -> (keywords: [Keyword], total: Int) {
        try await keywords.list(search: search, limit: page.limit, offset: page.offset)
    }

    /// - Throws: 409 `KEYWORD_EXISTS`.
    func create(korean: String, english: String, type: KeywordType, by actor: AdminActor) async throws -> Keyword {
        let entry = AuditEntry(by: actor, "keyword.create", "keyword")
        let keyword = try await keywords.create(korean: korean, english: english, type: type, audit: entry)
        logger.adminAction("keyword.create", keyword.id, actor)
        return keyword
    }

    /// - Throws: 404, or 409 `KEYWORD_EXISTS`.
    func update(_ id: UUID, _ change: KeywordChange, by actor: AdminActor) async throws -> Keyword {
        let entry = AuditEntry(by: actor, "keyword.update", "keyword")
        guard let keyword = try await keywords.update(id: id, change, audit: entry) else { throw APIError.notFound }
        logger.adminAction("keyword.update", id, actor)
        return keyword
    }

    /// - Throws: 404.
    func delete(_ id: UUID, by actor: AdminActor) async throws {
        let entry = AuditEntry(by: actor, "keyword.delete", "keyword")
        guard try await keywords.delete(id: id, audit: entry) else { throw APIError.notFound }
        logger.adminAction("keyword.delete", id, actor)
    }
}
