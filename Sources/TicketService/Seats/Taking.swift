// The outcome of an attempt to take seats.
import TiketiNet

/// What became of a request for seats.
enum Taking<Taken: Sendable>: Sendable {
    case taken(Taken, SeatChange?)
    /// A claim on these seats, or one of the user's own, has expired: end the event's expired claims, then try again.
    case expireFirst(eventID: UUID)
}
