// Who may use the admin pages: a token that says so, unless the account has lost the role since. A token lives for days; a role may not.
import TiketiCore
import TiketiNet
import TiketiStore

struct AdminCheck: Sendable {
    let pool: PostgresPool

    func require(_ context: RequestContext) async throws -> Principal {
        let principal = try context.requireAdmin()
        // An account this database does not know proves nothing against a good token (spec §3.1: services look nothing up).
        let rows = try await pool.read("SELECT role FROM public.users WHERE id = $1", [.uuid(principal.userID)])
        if let row = rows.first, try row.string("role") != Role.admin.rawValue { throw APIError.adminRequired }
        return principal
    }
}

extension AuditEntry {
    init(_ context: RequestContext, by admin: Principal, _ action: String, _ entityType: String, id: String? = nil) {
        self.init(
            actorID: admin.userID, actorEmail: admin.email, action: action, entityType: entityType, entityID: id,
            requestID: context.requestID, address: context.clientAddress ?? "")
    }
}
