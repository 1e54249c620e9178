// What makes an account, and what changes one.
import TiketiCore

/// What is needed to make an account; id and times are the database's.
struct NewUser: Sendable {
    var email: String
    var passwordHash: String?
    var googleSubject: String?
    var name: String
    var phone: String?
    var role: Role = .user
}

/// Changes to a profile: `nil` leaves a value as it is, `.some(nil)` clears it.
struct ProfileChange: Sendable {
    var name: String?
    var phone: String??
    var language: Language?
    var passwordHash: String?

    var isEmpty: Bool { name == nil && phone == nil && language == nil && passwordHash == nil }
}
