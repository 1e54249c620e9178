// The answer to one hold of a batch.
import TiketiNet

/// The outcome of one of several requests that were decided together.
enum HoldAnswer: Sendable {
    case held(Hold, SeatChange?)
    case refused(TicketError)
    case expireFirst(eventID: UUID)
    /// An earlier request of the same batch asked for the same seat, or came from the same user: decide again when its outcome is known.
    case again
}
