// Why a use case of this service was refused. Pure values; `Routes/TicketError+HTTP.swift` alone knows what they look like on the wire.
import TiketiNet

/// A refusal that is the answer to the request, not a failure of the service.
enum TicketError: Error, Sendable, Equatable {
    case eventNotFound
    case seatsNotFound
    case reservationNotFound
    /// The seats are not all of one event, or not of the event named.
    case seatsOfAnotherEvent
    case eventNotOnSale
    case queueRequired
    case seatLimit(Int)
    case holdLimit
    case seatsUnavailable([UUID])
    case tooLate
    case paymentInProgress
    case reservationExpired
    case amountMismatch
    case eventHasReservations
    case saleWindow
    case overlappingSections
    case queueEntryNotFound
    /// Redis, which holds the queue's order, is away: the gate stays closed.
    case queueClosed
    /// Too many others change the same rows; worth trying again.
    case busy
}
