// The use cases around an account: one method each. No SQL, no HTTP.
import TiketiCore
import TiketiNet

struct AccountService: Sendable {
    let users: any UserStore
    let hasher: PasswordHasher
    let sessions: SessionService
    let factors: SecondFactorService
    let passwords: PasswordCheck
    let google: GoogleVerifier?
    /// The administrator's address belongs to nobody else, even before the account is made.
    let adminEmail: String

    func register(email: String, password: String, name: String, phone: String?, _ caller: Caller) async throws -> SignedIn {
        guard email != adminEmail else { throw AuthError.emailTaken }
        // Known emails are answered before the slow hash; the index below still decides between two at once.
        if try await users.find(email: email) != nil { throw AuthError.emailTaken }
        try await passwords.guardian.registering(caller)
        let hash = try await hasher.hash(password, .register, network: caller.network)
        let user = try await users.insert(NewUser(email: email, passwordHash: hash, name: name, phone: phone))
        caller.logger.info("registration", metadata: ["userId": "\(user.id)"])
        return try await sessions.begin(user, caller)
    }

    func login(email: String, password: String, code: String?, _ caller: Caller) async throws -> SignedIn {
        var user: User?
        do {
            try await passwords.guardian.check(email, caller)
            user = try await users.find(email: email)
            guard try await hasher.verify(password, against: user?.passwordHash, network: caller.network), let user else {
                try await passwords.guardian.failed(email, caller)
                throw AuthError.invalidCredentials
            }
            let hasSecondFactor = try await factors.show(code, of: user, caller)
            try await passwords.guardian.succeeded(email, caller)
            let signedIn = try await sessions.begin(user, caller, secondFactor: hasSecondFactor)
            Self.log("succeeded", user, caller)
            return signedIn
        } catch let error as AuthError {
            Self.log("\(error)", try await refused(email, user, error), caller)
            throw error
        }
    }

    /// Whose account it was: for the log alone. A locked attempt has not looked.
    private func refused(_ email: String, _ user: User?, _ error: AuthError) async throws -> User? {
        if let user { return user }
        guard case .locked = error else { return nil }
        return try? await users.find(email: email)
    }

    /// With the account's id and never the email, which may be a password that slipped into the wrong field.
    private static func log(_ outcome: String, _ user: User?, _ caller: Caller) {
        caller.logger.info(
            "login", metadata: ["userId": user.map { "\($0.id)" } ?? "unknown", "outcome": "\(outcome)", "network": "\(caller.network)"])
    }

    /// Never tied to an existing account by its email alone: that account's password may be a stranger's who typed the address first,
    /// and who would keep it.
    func signInWithGoogle(credential: String, code: String?, _ caller: Caller) async throws -> SignedIn {
        guard let google else { throw AuthError.googleDisabled }
        let identity = try await google.verify(credential)
        if let user = try await users.find(googleSubject: identity.subject) { return try await signIn(user, code, caller) }
        guard identity.email != adminEmail else { throw AuthError.emailTaken }
        let new = NewUser(email: identity.email, googleSubject: identity.subject, name: identity.name)
        do {
            let user = try await users.insert(new)
            caller.logger.info("registration", metadata: ["userId": "\(user.id)"])
            return try await signIn(user, code, caller)
        } catch AuthError.emailTaken {
            // The same person twice at once: the other request made the account.
            guard let user = try await users.find(googleSubject: identity.subject) else { throw AuthError.emailTaken }
            return try await signIn(user, code, caller)
        }
    }

    private func signIn(_ user: User, _ code: String?, _ caller: Caller) async throws -> SignedIn {
        try await passwords.guardian.check(user.email, caller)
        let hasSecondFactor = try await factors.show(code, of: user, caller)
        let signedIn = try await sessions.begin(user, caller, secondFactor: hasSecondFactor)
        Self.log("succeeded", user, caller)
        return signedIn
    }

    /// The password anew, in the session that is there: what can't be undone wants it not long ago.
    func reauthenticate(_ principal: Principal, password: String, code: String?, _ caller: Caller) async throws -> SignedIn {
        let user = try await sessions.require(principal)
        guard user.passwordHash != nil else { throw AuthError.invalidCredentials }
        do {
            try await passwords.require(user, password, caller)
            let hasSecondFactor = try await factors.show(code, of: user, caller)
            let signedIn = try await sessions.authenticated(user, principal, secondFactor: hasSecondFactor)
            Self.log("succeeded", user, caller)
            return signedIn
        } catch let error as AuthError {
            Self.log("\(error)", user, caller)
            throw error
        }
    }

    /// A new password ends all other sessions.
    func changeProfile(
        _ principal: Principal, _ change: ProfileChange, currentPassword: String?, newPassword: String?, _ caller: Caller
    ) async throws -> User {
        let user = try await sessions.require(principal)
        var change = change
        if let currentPassword { try await passwords.require(user, currentPassword, caller) }
        if let newPassword {
            guard user.passwordHash != nil else { throw AuthError.invalidCredentials }
            change.passwordHash = try await hasher.hash(newPassword, .login, network: caller.network)
        }
        if change.isEmpty { return user }
        guard let (changed, ended) = try await users.update(id: user.id, change, keeping: principal.session?.id) else {
            throw AuthError.userGone
        }
        if newPassword != nil { caller.logger.info("password changed", metadata: ["userId": "\(user.id)"]) }
        await sessions.announce(ended)
        return changed
    }

    /// Another role ends every session of the user.
    func setRole(userID: UUID, _ role: Role) async throws -> (before: User, after: User) {
        guard let change = try await users.setRole(id: userID, role) else { throw AuthError.userNotFound }
        await sessions.announce(change.ended)
        return (change.before, change.after)
    }

    /// Signs a user out everywhere, and returns what was live. Sign-ins under way are none any more either.
    func endSessions(ofUser id: UUID) async throws -> [Session] {
        let live = try await sessions.list(ofUser: id)
        guard let ended = try await users.endSessions(id: id) else { throw AuthError.userNotFound }
        await sessions.announce(ended)
        return live
    }

    func list(search: String?, limit: Int, offset: Int) async throws -> (users: [User], total: Int) {
        try await users.list(search: search, limit: limit, offset: offset)
    }
}
