// The use cases around an account: one method each. No SQL, no HTTP.
import TiketiCore
import TiketiNet

struct AccountService: Sendable {
    let users: any UserStore
    let hasher: PasswordHasher
    let tokens: TokenIssuer
    let guardian: LoginGuard
    let google: GoogleVerifier?
    /// The administrator's address belongs to nobody else, even before the account is made.
    let adminEmail: String

    struct SignedIn: Sendable {
        let token: String
        let user: User
    }

    func register(email: String, password: String, name: String, phone: String?) async throws -> SignedIn {
        guard email != adminEmail else { throw AuthError.emailTaken }
        // Known emails are answered before the slow hash; the index below still decides between two at once.
        if try await users.find(email: email) != nil { throw AuthError.emailTaken }
        let hash = try await hasher.hash(password)
        return signIn(try await users.insert(NewUser(email: email, passwordHash: hash, name: name, phone: phone)))
    }

    func login(email: String, password: String, address: String) async throws -> SignedIn {
        try await guardian.check(email: email, address: address)
        let user = try await users.find(email: email)
        guard try await hasher.verify(password, against: user?.passwordHash), let user else {
            try await guardian.failed(email: email, address: address)
            throw AuthError.invalidCredentials
        }
        try await guardian.succeeded(email: email, address: address)
        return signIn(user)
    }

    /// Never tied to an existing account by its email alone: that account's password may be a stranger's who typed the address first,
    /// and who would keep it.
    func signInWithGoogle(credential: String) async throws -> SignedIn {
        guard let google else { throw AuthError.googleDisabled }
        let identity = try await google.verify(credential)
        if let user = try await users.find(googleSubject: identity.subject) { return signIn(user) }
        guard identity.email != adminEmail else { throw AuthError.emailTaken }
        let new = NewUser(email: identity.email, googleSubject: identity.subject, name: identity.name)
        do {
            return signIn(try await users.insert(new))
        } catch AuthError.emailTaken {
            // The same person twice at once: the other request made the account.
            guard let user = try await users.find(googleSubject: identity.subject) else { throw AuthError.emailTaken }
            return signIn(user)
        }
    }

    /// A new token with the role as it is now.
    func refresh(userID: UUID) async throws -> SignedIn {
        signIn(try await me(userID: userID))
    }

    func me(userID: UUID) async throws -> User {
        guard let user = try await users.find(id: userID) else { throw AuthError.userGone }
        return user
    }

    func changeProfile(
        userID: UUID, name: String?, phone: String??, currentPassword: String?, newPassword: String?, address: String
    ) async throws -> User {
        let user = try await me(userID: userID)
        var change = ProfileChange(name: name, phone: phone)
        if let currentPassword {
            // A stolen token must not be a way around the limit on guesses.
            try await guardian.check(email: user.email, address: address)
            guard try await hasher.verify(currentPassword, against: user.passwordHash) else {
                try await guardian.failed(email: user.email, address: address)
                throw AuthError.invalidCredentials
            }
            try await guardian.succeeded(email: user.email, address: address)
        }
        if let newPassword { change.passwordHash = try await hasher.hash(newPassword) }
        if change.isEmpty { return user }
        guard let changed = try await users.update(id: userID, change) else { throw AuthError.userGone }
        return changed
    }

    func setRole(userID: UUID, _ role: Role) async throws -> (before: User, after: User) {
        guard let change = try await users.setRole(id: userID, role) else { throw AuthError.userNotFound }
        return change
    }

    func list(search: String?, limit: Int, offset: Int) async throws -> (users: [User], total: Int) {
        try await users.list(search: search, limit: limit, offset: offset)
    }

    private func signIn(_ user: User) -> SignedIn { SignedIn(token: tokens.token(for: user), user: user) }
}
