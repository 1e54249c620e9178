// A hold that succeeded.
import TiketiNet

/// The state of a hold after it succeeded.
struct Hold: Sendable, Equatable {
    var eventID: UUID
    var expiresAt: Timestamp
    /// How long a new hold on the event lasts.
    var seconds: Int
    /// Seats that were not the user's before.
    var fresh: [UUID]
}
