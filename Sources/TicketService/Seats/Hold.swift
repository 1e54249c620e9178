// A hold that succeeded.
import TiketiNet

/// The state of a hold after it succeeded.
struct Hold: Sendable, Equatable {
    var eventID: UUID
    var expiresAt: Timestamp
    /// Seats that were not the user's before.
    var fresh: [UUID]
}
