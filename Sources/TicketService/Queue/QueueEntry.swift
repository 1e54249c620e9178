// Who stands where in a waiting line.
import TiketiNet

/// One who waits.
struct QueueEntry: Sendable, Equatable {
    var queueID: UUID
    var userID: UUID
}
