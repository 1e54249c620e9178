// What one committed statement did to an event's seats; caches, live seat maps and buyers learn of it.
import TiketiNet

/// One change of an event's seats, after its commit; `version` is this change's own.
struct SeatChange: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case held(by: UUID, seconds: Int)
        case sold(to: UUID)
        case freed
    }

    var eventID: UUID
    var version: Int64
    var revision: Int64
    var kind: Kind
    var seats: [UUID]
    /// Whether the last seat was sold, or one came back to a sold-out event.
    var turnsSoldOut = false
}
