// An account as the auth service knows it; the hash and the second factor's secret never leave this module.
import TiketiContracts
import TiketiCore
import TiketiNet

struct User: Sendable, Equatable {
    var id: UUID
    var email: String
    /// nil for an account that only signs in with Google: no password ever matches it.
    var passwordHash: String?
    var googleSubject: String?
    var name: String
    var phone: String?
    var role: Role
    var createdAt: Timestamp
    /// `ko` or `en`.
    var language: Language
    /// How often all sessions were ended together.
    var sessionGeneration: Int
    /// The shared secret of the second factor (RFC 6238); nil without one.
    var secondFactor: [UInt8]?

    var account: AuthAPI.Account {
        AuthAPI.Account(
            id: id, email: email, name: name, phone: phone, role: role.rawValue, language: language.rawValue, createdAt: createdAt)
    }
}
