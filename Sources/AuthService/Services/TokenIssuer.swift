// Makes the tokens that every service accepts on sight: who, and with which role, until when.
import TiketiCore

struct TokenIssuer: Sendable {
    let key: HMACKey
    let lifetimeSeconds: Int

    func token(for user: User) -> String {
        JWT.sign(Principal(userID: user.id, email: user.email, role: user.role), key: key, lifetimeSeconds: lifetimeSeconds)
    }
}
