// Public calls under /api/auth: read and check the fields, ask the account service, write the answer.
import TiketiCore
import TiketiJSON
import TiketiNet

struct AuthRoutes: Sendable {
    let accounts: AccountService
    let addresses: ClientAddressReader

    func install(on router: Router) {
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
        let password = fields.bytes("password", min: 8, max: Bcrypt.longestPassword)
        let name = fields.string("name", max: 100)
        let phone = fields.optionalString("phone", max: 20)
        try fields.finish()
        return Self.answer(.created, try await accounts.register(email: email, password: password, name: name, phone: phone))
    }

    private func login(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let email = fields.string("email", min: 1, max: 1024, trim: true)
        let password = fields.string("password", min: 1, max: 4096, trim: false)
        try fields.finish()
        // What can't be an email has no account; it takes the same way as one that could.
        let address = EmailAddress.normalise(email) ?? String(email.lowercased().prefix(EmailAddress.longest))
        return Self.answer(.ok, try await accounts.login(email: address, password: password, address: client(context)))
    }

    private func google(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let credential = fields.string("credential", min: 1, max: 16_384, trim: true)
        try fields.finish()
        return Self.answer(.ok, try await accounts.signInWithGoogle(credential: credential))
    }

    private func refresh(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        return Self.answer(.ok, try await accounts.refresh(userID: principal.userID))
    }

    private func me(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        return Self.answer(try await accounts.me(userID: principal.userID))
    }

    private func profile(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        var fields = try await context.fields()
        let name = fields.has("name") ? fields.string("name", max: 100) : nil
        let phone: String?? = fields.has("phone") ? .some(fields.optionalString("phone", max: 20)) : nil
        let current = fields.optionalString("currentPassword", max: 4096, trim: false)
        let new = fields.has("newPassword") ? fields.bytes("newPassword", min: 8, max: Bcrypt.longestPassword) : nil
        if new != nil, current == nil { fields.fail("currentPassword", "is required to set a new password") }
        try fields.finish()
        let user = try await accounts.changeProfile(
            userID: principal.userID, name: name, phone: phone, currentPassword: current, newPassword: new, address: client(context))
        return Self.answer(user)
    }

    private func client(_ context: RequestContext) -> String { addresses.address(of: context.request).host }

    private static func answer(_ status: HTTPStatus, _ signedIn: AccountService.SignedIn) -> HTTPResponse {
        .success(status) { json in
            json.member("token", signedIn.token)
            json.object("user") { json in
                json.member("id", signedIn.user.id)
                json.member("email", signedIn.user.email)
                json.member("name", signedIn.user.name)
                json.member("role", signedIn.user.role)
            }
        }
    }

    private static func answer(_ user: User) -> HTTPResponse {
        .success { json in json.object("user") { user.write(to: &$0) } }
    }
}

extension User {
    /// The account as its owner and admins see it.
    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("email", email)
        json.member("name", name)
        json.key("phone")
        if let phone { json.value(phone) } else { json.null() }
        json.member("role", role)
        json.member("createdAt", createdAt)
    }
}

extension FieldReader {
    /// An email as it is stored.
    mutating func email(_ name: String) -> String {
        let text = string(name, min: 1, max: 1024, trim: true)
        guard !text.isEmpty else { return "" }
        guard let email = EmailAddress.normalise(text) else {
            fail(name, "must be an email address of at most \(EmailAddress.longest) characters")
            return ""
        }
        return email
    }
}
