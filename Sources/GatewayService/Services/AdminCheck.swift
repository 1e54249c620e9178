// Whether a caller whose token says "admin" still is one: a token lives for days, a role may not.
import TiketiCore
import TiketiNet

/// The check of every admin page (`docs/specification.md` §3.1).
struct AdminCheck: Sendable {
    let accounts: AdminStore

    /// - Throws: 403 `ADMIN_REQUIRED` for who is no administrator now, without an account included. A database that can't say is an error too,
    ///   never a yes.
    func confirm(_ admin: UUID) async throws {
        guard try await accounts.role(of: admin) == Role.admin.rawValue else { throw APIError.adminRequired }
    }
}
