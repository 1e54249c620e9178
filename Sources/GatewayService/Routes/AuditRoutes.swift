// The audit trail, for admins.
import TiketiCore
import TiketiNet

/// `/api/admin/audit`.
struct AuditRoutes: Sendable {
    let audit: AuditService
    let admins: AdminCheck

    func install(on router: some RouterMethods) {
        router.get("/api/admin/audit") { try await list($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        let query = context.query
        let page = try Page.read(from: query)
        let found = try await audit.list(entityType: try query.string("entityType"), entityID: try query.string("entityId"), page)
        return .success { json in
            json.array("audit", found.records) { json, record in json.object { record.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }
}
