// Second factors: set up, confirmed with a first code, shown at sign-in, removed. No SQL, no HTTP.
import TiketiCore
import TiketiNet

struct SecondFactorService: Sendable {
    let store: SecondFactorStore
    let sessions: SessionService
    let passwords: PasswordCheck
    let adminsNeedOne: Bool

    /// A secret for an authenticator app. It counts once `confirm` has seen a code of it.
    func propose(_ principal: Principal, password: String?, _ caller: Caller) async throws -> (secret: String, uri: String) {
        let user = try await sessions.require(principal)
        try await passwords.require(user, password, caller)
        let secret = TOTP.makeSecret()
        guard try await store.propose(secret, for: user.id) else { throw AuthError.secondFactorExists }
        return (TOTP.base32(secret), TOTP.uri(secret, account: user.email))
    }

    /// The session then counts as one with a second factor.
    func confirm(_ principal: Principal, code: String, _ caller: Caller) async throws -> SignedIn {
        let user = try await sessions.require(principal)
        guard user.secondFactor == nil else { throw AuthError.secondFactorExists }
        guard let secret = try await store.proposed(for: user.id) else { throw AuthError.secondFactorMissing }
        try await passwords.guardian.check(user.email, caller)
        guard let step = TOTP.matchingStep(code, secret: secret, after: 0) else {
            try await passwords.guardian.failed(user.email, caller)
            throw AuthError.invalidSecondFactor
        }
        guard try await store.confirm(secret, step: step, for: user.id) else { throw AuthError.secondFactorMissing }
        caller.logger.info("second factor set up", metadata: ["userId": "\(user.id)"])
        return try await sessions.authenticated(user, principal, secondFactor: true)
    }

    func remove(_ principal: Principal, password: String?, code: String?, _ caller: Caller) async throws {
        let user = try await sessions.require(principal)
        guard user.secondFactor != nil else { throw AuthError.secondFactorMissing }
        if adminsNeedOne, user.role == .admin { throw AuthError.secondFactorMandatory }
        try await passwords.require(user, password, caller)
        try await show(code, of: user, caller)
        try await store.remove(of: user.id)
        caller.logger.info("second factor removed", metadata: ["userId": "\(user.id)"])
    }

    /// Requires a good code where the account has a second factor; whether it has.
    @discardableResult
    func show(_ code: String?, of user: User, _ caller: Caller) async throws -> Bool {
        guard let secret = user.secondFactor else { return false }
        guard let code, !code.isEmpty else { throw AuthError.secondFactorRequired }
        guard let step = TOTP.matchingStep(code, secret: secret, after: 0), try await store.use(step, of: user.id) else {
            try await passwords.guardian.failed(user.email, caller)
            throw AuthError.invalidSecondFactor
        }
        return true
    }
}
