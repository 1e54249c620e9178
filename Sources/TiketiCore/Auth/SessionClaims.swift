// What a token says about the session it was made in (docs/specification.md §3.1: `sid`, `gen`, `auth_time`).

import TiketiNet

/// The session part of a token.
public struct SessionClaims: Sendable, Equatable {
    /// `sid`: the row in `auth_schema.sessions`.
    public var id: UUID
    /// `gen`: how often the user's sessions had been ended together when this one began.
    public var generation: Int
    /// `auth_time` (OpenID Connect Core §2), whole seconds: when the password was last shown in this session.
    public var authenticatedAt: Timestamp

    /// The claims of a token to be made.
    public init(id: UUID, generation: Int, authenticatedAt: Timestamp) {
        self.id = id
        self.generation = generation
        self.authenticatedAt = authenticatedAt
    }
}
