// A password shown by somebody who is signed in: a stolen token must not be a way around the limit on guesses.

struct PasswordCheck: Sendable {
    let hasher: PasswordHasher
    let guardian: LoginGuard

    /// Throws `invalidCredentials` unless it is the account's. An account without a password has none to show.
    func require(_ user: User, _ password: String?, _ caller: Caller) async throws {
        guard let stored = user.passwordHash else { return }
        try await guardian.check(user.email, caller)
        guard let password, try await hasher.verify(password, against: stored, network: caller.network) else {
            if password != nil { try await guardian.failed(user.email, caller) }
            throw AuthError.invalidCredentials
        }
        try await guardian.succeeded(user.email, caller)
    }
}
