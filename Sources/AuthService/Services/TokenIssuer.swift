// Makes the tokens that every service accepts on sight: who, with which role, in which session, until when.
import TiketiCore
import TiketiNet

struct TokenIssuer: Sendable {
    let key: HMACKey
    let lifetime: Duration
    /// Whether administrators are users until they have shown a second factor.
    let adminsNeedSecondFactor: Bool

    func role(of user: User, in session: Session) -> Role {
        adminsNeedSecondFactor && !session.hasSecondFactor ? .user : user.role
    }

    /// Ends no later than its session.
    func token(for user: User, in session: Session, now: Timestamp = .now()) -> String {
        let rest = session.expiresAt.seconds - now.seconds
        return JWT.sign(
            Principal(userID: user.id, email: user.email, role: role(of: user, in: session), session: session.claims), key: key,
            lifetime: max(.seconds(1), min(lifetime, .seconds(rest))), now: now)
    }
}
