// The outcome of an attempt to end a reservation.

/// How an attempt to end a reservation went.
enum Closing: Sendable {
    case closed(SeatChange?)
    /// It had ended before; nothing was changed.
    case alreadyCancelled
    /// It is sold: the money must go back first.
    case confirmed
    /// Another order owns it now; nothing was changed.
    case otherOrder
}
