// The caller's sessions: list them, end them, show the password anew.
import TiketiCore
import TiketiNet

struct SessionRoutes: Sendable {
    let accounts: AccountService
    let callers: CallerReader

    func install(on router: some RouterMethods) {
        router.post("/api/auth/logout") { context in
            try await accounts.sessions.logout(try context.requirePrincipal())
            return .success()
        }
        router.get("/api/auth/sessions") { try await list($0) }
        router.delete("/api/auth/sessions/:id") { context in
            let principal = try context.requirePrincipal()
            try await accounts.sessions.end(try context.uuidParameter("id"), principal)
            return .success()
        }
        router.post("/api/auth/reauthenticate") { try await reauthenticate($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        let sessions = try await accounts.sessions.list(principal)
        return .success { json in
            json.array("sessions", sessions) { json, session in
                json.object {
                    session.write(to: &$0)
                    $0.member("current", session.id == principal.session?.id)
                }
            }
        }
    }

    private func reauthenticate(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        let password = fields.string("password", min: 1, max: 4096, trim: false)
        let code = fields.optionalString("totp", max: 20)
        try fields.finish()
        let caller = callers.read(context, principal.email)
        return callers.answer(.ok, try await accounts.reauthenticate(principal, password: password, code: code, caller), caller)
    }
}
