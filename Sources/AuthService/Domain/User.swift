// An account as the auth service knows it; the hash never leaves this module.
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
}

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
    var passwordHash: String?

    var isEmpty: Bool { name == nil && phone == nil && passwordHash == nil }
}
