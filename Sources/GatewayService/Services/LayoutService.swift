// The organisers' collection of seat layouts.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet

/// Reads and makes layouts, each write with its audit record.
struct LayoutService: Sendable {
    let layouts: LayoutStore
    let logger: Logger

    func list(_ page: Page) async throws -> (layouts: [StoredLayout], total: Int) {
        try await layouts.list(limit: page.limit, offset: page.offset)
    }

    func find(_ id: UUID) async throws -> StoredLayout? { try await layouts.find(id: id) }

    /// - Throws: 409 `NAME_TAKEN`.
    func create(name: String, description: String?, layout: SeatLayout, by actor: AdminActor) async throws -> StoredLayout {
        let entry = AuditEntry(by: actor, "layout.create", "seat-layout")
        let stored = try await layouts.create(name: name, description: description, layout: layout, audit: entry)
        logger.adminAction("layout.create", stored.id, actor)
        return stored
    }

    /// - Throws: 404, or 409 `NAME_TAKEN`.
    func update(_ id: UUID, _ change: LayoutChange, by actor: AdminActor) async throws -> StoredLayout {
        let entry = AuditEntry(by: actor, "layout.update", "seat-layout")
        guard let stored = try await layouts.update(id: id, change, audit: entry) else { throw APIError.notFound }
        logger.adminAction("layout.update", id, actor)
        return stored
    }

    /// - Throws: 404.
    func delete(_ id: UUID, by actor: AdminActor) async throws {
        let entry = AuditEntry(by: actor, "layout.delete", "seat-layout")
        guard try await layouts.delete(id: id, audit: entry) else { throw APIError.notFound }
        logger.adminAction("layout.delete", id, actor)
    }
}
