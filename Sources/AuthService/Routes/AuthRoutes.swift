// Signing in and the own account under /api/auth: read and check the fields, ask the account service, write the answer.
import TiketiCore
import TiketiJSON
import TiketiNet

struct AuthRoutes: Sendable {
    let accounts: AccountService
    let callers: CallerReader

    func install(on router: some RouterMethods) {
        router.post("/api/auth/register") { try await register($0) }
        router.post("/api/auth/login") { try await login($0) }
        router.post("/api/auth/google") { try await google($0) }
        router.post("/api/auth/refresh") { try await refresh($0) }
        router.get("/api/auth/me") { try await me($0) }
        router.put("/api/auth/profile") { try await profile($0) }
    }

    private func register(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let email = fields.email("email")
        let password = fields.newPassword("password")
        let name = fields.string("name", max: 100)
        let phone = fields.optionalString("phone", max: 20)
        try fields.finish()
        let caller = callers.read(context, email)
        return callers.answer(
            .created, try await accounts.register(email: email, password: password, name: name, phone: phone, caller), caller)
    }

    private func login(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let email = fields.string("email", min: 1, max: 1024, trim: true)
        let password = fields.string("password", min: 1, max: 4096, trim: false)
        let code = fields.optionalString("totp", max: 20)
        try fields.finish()
        // What can't be an email has no account; it takes the same way as one that could.
        let address = EmailAddress.normalise(email) ?? String(EmailAddress.fold(email).prefix(EmailAddress.longest))
        let caller = callers.read(context, address)
        return callers.answer(.ok, try await accounts.login(email: address, password: password, code: code, caller), caller)
    }

    private func google(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let credential = fields.string("credential", min: 1, max: 16_384, trim: true)
        let code = fields.optionalString("totp", max: 20)
        try fields.finish()
        let caller = callers.read(context, nil)
        return callers.answer(.ok, try await accounts.signInWithGoogle(credential: credential, code: code, caller), caller)
    }

    private func refresh(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        let caller = callers.read(context, principal.email)
        return callers.answer(
            .ok, try await accounts.sessions.refresh(principal, issuedAt: callers.issuedAt(context), caller), caller)
    }

    private func me(_ context: RequestContext) async throws -> HTTPResponse {
        Self.answer(try await accounts.sessions.require(try context.requirePrincipal()))
    }

    private func profile(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        var change = ProfileChange()
        if fields.has("name") { change.name = fields.string("name", max: 100) }
        if fields.has("phone") { change.phone = .some(fields.optionalString("phone", max: 20)) }
        if fields.has("language") { change.language = fields.choice("language", as: Language.self) }
        let current = fields.optionalString("currentPassword", max: 4096, trim: false)
        let new = fields.has("newPassword") ? fields.newPassword("newPassword") : nil
        if new != nil, current == nil { fields.fail("currentPassword", "is required to set a new password") }
        try fields.finish()
        return Self.answer(
            try await accounts.changeProfile(
                principal, change, currentPassword: current, newPassword: new, callers.read(context, principal.email)))
    }

    private static func answer(_ user: User) -> HTTPResponse {
        .success { json in json.object("user") { user.account.write(to: &$0) } }
    }
}
