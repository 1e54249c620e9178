// Somebody whom a queue has let in.
import TiketiNet

/// Somebody who was let in.
struct Admission: Sendable, Equatable {
    var queueID: UUID
    var userID: UUID
    var expiresAt: Timestamp
}
