// Who is calling: the claims of a verified token, nothing looked up.

import TiketiNet

/// What a user may do.
public enum Role: String, Sendable, CaseIterable {
    case user, admin
}

/// A caller whose token was verified.
public struct Principal: Sendable, Equatable {
    /// The user's id.
    public var userID: UUID
    /// The address in the token: for logs and answers, not for decisions.
    public var email: String
    var role: Role
    /// The session the token was made in; nil for a token without one.
    public var session: SessionClaims?

    /// A caller whose token has been checked, or one a test wants to be.
    public init(userID: UUID, email: String, role: Role, session: SessionClaims? = nil) {
        self.userID = userID
        self.email = email
        self.role = role
        self.session = session
    }

    /// What the token says; whether it still holds is for ``SessionCheck`` to find out.
    public var isAdmin: Bool { role == .admin }
}
