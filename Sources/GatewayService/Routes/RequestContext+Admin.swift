// What every admin page asks of its request first.
import TiketiCore

extension RequestContext {
    private static let adminKey = "gateway.admin"

    /// The administrator who asks: 401 without a good token, 403 for everybody who is no administrator now. Asked once for each request.
    func requireAdmin(_ admins: AdminCheck) async throws -> AdminActor {
        if let known = storage[Self.adminKey] as? AdminActor { return known }
        let principal = try await admins.sessions.requireAdmin(self)
        let actor = AdminActor(id: principal.userID, email: principal.email, requestID: requestID, address: clientAddress ?? "")
        storage[Self.adminKey] = actor
        return actor
    }

    /// The same, and the password was shown lately: 401 `REAUTHENTICATION_REQUIRED` otherwise.
    func requireRecentAdmin(_ admins: AdminCheck) async throws -> AdminActor {
        _ = try await admins.sessions.requireRecentAdmin(self, age: admins.reauthentication)
        return try await requireAdmin(admins)
    }
}
