// Setting up, confirming and removing a second factor (RFC 6238).
import TiketiCore
import TiketiNet

struct SecondFactorRoutes: Sendable {
    let factors: SecondFactorService
    let callers: CallerReader

    func install(on router: some RouterMethods) {
        router.post("/api/auth/totp") { try await propose($0) }
        router.post("/api/auth/totp/confirm") { try await confirm($0) }
        router.delete("/api/auth/totp") { try await remove($0) }
    }

    /// `{password}` → `{secret, uri}`: the secret in base 32, and what a QR code for an app says.
    private func propose(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        let password = fields.optionalString("password", max: 4096, trim: false)
        try fields.finish()
        let (secret, uri) = try await factors.propose(principal, password: password, callers.read(context, principal.email))
        return .success {
            $0.member("secret", secret)
            $0.member("uri", uri)
        }
    }

    /// `{totp}` → a token of the session, which counts as one with a second factor from now on.
    private func confirm(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        let code = fields.string("totp", max: 20)
        try fields.finish()
        let caller = callers.read(context, principal.email)
        return callers.answer(.ok, try await factors.confirm(principal, code: code, caller), caller)
    }

    /// `{password, totp}`.
    private func remove(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        let password = fields.optionalString("password", max: 4096, trim: false)
        let code = fields.optionalString("totp", max: 20)
        try fields.finish()
        try await factors.remove(principal, password: password, code: code, callers.read(context, principal.email))
        return .success()
    }
}
