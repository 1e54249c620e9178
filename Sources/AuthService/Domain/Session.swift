// A sign-in and what became of it.
import TiketiCore
import TiketiJSON
import TiketiNet

/// One sign-in of a user, live until it is ended.
struct Session: Sendable, Equatable {
    var id: UUID
    var generation: Int
    var createdAt: Timestamp
    var authenticatedAt: Timestamp
    var expiresAt: Timestamp
    var lastUsedAt: Timestamp
    /// Whether a second factor was shown.
    var hasSecondFactor: Bool
    /// What the browser called itself, at most 200 characters.
    var device: String

    /// Its members as its owner and administrators see them.
    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("createdAt", createdAt)
        json.member("lastUsedAt", lastUsedAt)
        json.member("device", device)
    }

    var claims: SessionClaims { SessionClaims(id: id, generation: generation, authenticatedAt: authenticatedAt) }
}

/// Sessions that were ended together, for Redis to know.
struct EndedSessions: Sendable, Equatable {
    var ids: [UUID]
    /// The user's role afterwards.
    var role: Role?
}
