// The life of sessions: begun by a sign-in, used at refresh, ended by their owner or by what ends them all. No SQL, no HTTP.
import Logging
import TiketiCore
import TiketiNet

struct SessionService: Sendable {
    let users: any UserStore
    let sessions: AccountSessionStore
    let tokens: TokenIssuer
    /// Where other services learn of an end at once.
    let announcements: SessionStore

    func begin(_ user: User, _ caller: Caller, secondFactor: Bool = false, authenticatedAt: Timestamp? = nil) async throws -> SignedIn {
        let device = Self.name(caller.device)
        guard let session = try await sessions.begin(user, device: device, secondFactor: secondFactor, authenticatedAt: authenticatedAt)
        else { throw AuthError.invalidCredentials }
        return signedIn(user, session)
    }

    /// A new token with the role as it is now. A token without a session gets one, as old as the token.
    func refresh(_ principal: Principal, issuedAt: Timestamp, _ caller: Caller) async throws -> SignedIn {
        guard let claims = principal.session else {
            return try await begin(try await user(principal), caller, authenticatedAt: issuedAt)
        }
        guard let session = try await sessions.use(claims.id, of: principal.userID) else {
            _ = try await user(principal)
            throw AuthError.sessionEnded
        }
        return signedIn(try await user(principal), session)
    }

    /// The caller's account; throws when it, or the session, is gone.
    func require(_ principal: Principal) async throws -> User {
        let user = try await user(principal)
        if let claims = principal.session, try await sessions.find(claims.id, of: user.id) == nil { throw AuthError.sessionEnded }
        return user
    }

    func list(_ principal: Principal) async throws -> [Session] {
        _ = try await require(principal)
        return try await sessions.list(of: principal.userID)
    }

    /// For administrators.
    func list(ofUser id: UUID) async throws -> [Session] {
        guard try await users.find(id: id) != nil else { throw AuthError.userNotFound }
        return try await sessions.list(of: id)
    }

    /// Ending what has ended, or what a token without a session stands for, is no error.
    func logout(_ principal: Principal) async throws {
        guard let claims = principal.session, let ended = try await sessions.end(claims.id, of: principal.userID) else { return }
        await announce(ended)
    }

    func end(_ id: UUID, _ principal: Principal) async throws {
        _ = try await require(principal)
        guard let ended = try await sessions.end(id, of: principal.userID) else { throw AuthError.sessionNotFound }
        await announce(ended)
    }

    /// The password was shown anew, perhaps with a second factor.
    func authenticated(_ user: User, _ principal: Principal, secondFactor: Bool) async throws -> SignedIn {
        guard let claims = principal.session,
            let session = try await sessions.authenticated(claims.id, of: user.id, secondFactor: secondFactor)
        else { throw AuthError.sessionEnded }
        return signedIn(user, session)
    }

    /// Tells Redis; what it does not take, the job tells again.
    func announce(_ ended: EndedSessions) async {
        do {
            try await announcements.announceEnd(of: ended.ids, role: ended.role)
            try await sessions.announced(ended.ids)
        } catch {}
    }

    /// What was not taken before. Returns whether all is told.
    func announceRest() async throws -> Bool {
        let rest = try await sessions.unannounced(limit: 500)
        for ended in rest {
            try await announcements.announceEnd(of: ended.ids, role: ended.role)
            try await sessions.announced(ended.ids)
        }
        return rest.reduce(0) { $0 + $1.ids.count } < 500
    }

    private func signedIn(_ user: User, _ session: Session) -> SignedIn {
        SignedIn(
            token: tokens.token(for: user, in: session), user: user, role: tokens.role(of: user, in: session),
            needsSecondFactor: tokens.role(of: user, in: session) != user.role)
    }

    private func user(_ principal: Principal) async throws -> User {
        guard let user = try await users.find(id: principal.userID) else { throw AuthError.userGone }
        return user
    }

    /// What a browser says of itself, printable and short.
    private static func name(_ agent: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in agent.unicodeScalars.prefix(200) where scalar.value >= 0x20 && scalar.value != 0x7f { text.append(scalar) }
        return String(text)
    }
}

/// A session and its token.
struct SignedIn: Sendable {
    let token: String
    let user: User
    /// What the token says: an administrator who must show a second factor and has not is a user.
    let role: Role
    let needsSecondFactor: Bool
}
