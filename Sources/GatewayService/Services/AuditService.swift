// The audit trail as admins read it.
import TiketiCore

/// Reads the trail.
struct AuditService: Sendable {
    let audit: AuditStore

    /// Newest first; only what concerns a kind of thing, or one thing, when asked so.
    func list(entityType: String?, entityID: String?, _ page: Page) async throws -> (records: [AuditRecord], total: Int) {
        try await audit.list(entityType: entityType, entityID: entityID, limit: page.limit, offset: page.offset)
    }
}
