/// Who is calling: the claims of a verified token, nothing looked up.

import TiketiNet

/// What a user may do.
public enum Role: String, Sendable, CaseIterable {
    case user, admin
}

/// A caller whose token was verified.
public struct Principal: Sendable, Equatable {
    public var userID: UUID
    public var email: String
    public var role: Role
    /// The session the token was made in; nil for a token without one.
    public var session: SessionClaims?

    public init(userID: UUID, email: String, role: Role, session: SessionClaims? = nil) {
        self.userID = userID
        self.email = email
        self.role = role
        self.session = session
    }

    public var isAdmin: Bool { role == .admin }
}
