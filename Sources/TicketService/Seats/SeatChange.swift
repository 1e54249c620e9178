// What one committed statement did to an event's seats: what caches, live seat maps and buyers have to be told.
import TiketiNet

/// One change of an event's seats, after its commit; `version` is this change's own.
public struct SeatChange: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case held(by: UUID)
        case sold(to: UUID)
        case freed
    }

    public var eventID: UUID
    public var version: Int64
    public var revision: Int64
    public var kind: Kind
    public var seats: [UUID]
    /// Whether the last seat was sold, or one came back to a sold-out event.
    public var turnsSoldOut = false
}
