// The outcome of joining a waiting line in Redis.
import TiketiNet

/// What joining answered.
struct LineJoin: Sendable {
    var queueID: UUID
    /// From 1; nil in the lobby.
    var position: Int?
    var isNew: Bool
    var pace: Int64?
}
