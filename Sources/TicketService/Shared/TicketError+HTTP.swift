// The one place where a domain error becomes an HTTP answer.
import TiketiCore
import TiketiNet

extension TicketError: APIErrorConvertible {
    var apiError: APIError {
        switch self {
        case .eventNotFound: .notFound("Event not found")
        case .seatsNotFound: .notFound("Seats not found")
        case .reservationNotFound: .notFound("Reservation not found")
        case .queueEntryNotFound: .notFound("Queue entry not found")
        case .seatsOfAnotherEvent: .validation("seatIds", "must all be seats of one event")
        case .saleWindow: .validation("saleEndDate", "must be after saleStartDate")
        case .overlappingSections: .validation("seatLayout", "names the same seat twice")
        case .eventNotOnSale: .conflict("EVENT_NOT_ON_SALE", "The event is not on sale")
        case .queueRequired: .forbidden("QUEUE_REQUIRED", "Join the queue of this event first")
        case .seatLimit(let most): .conflict("SEAT_LIMIT", "At most \(most) seats of one event for each person")
        case .holdLimit: .conflict("HOLD_LIMIT", "These seats were held for too long already; try again later")
        case .seatsUnavailable(let seats):
            .conflict("SEATS_UNAVAILABLE", "Some seats are already reserved") { $0.member("unavailableSeats", seats) }
        case .tooLate: .conflict("TOO_LATE", "The event has begun")
        case .paymentInProgress: .conflict("PAYMENT_IN_PROGRESS", "A payment for this reservation is in progress")
        case .reservationExpired: .conflict("RESERVATION_EXPIRED", "The reservation has expired")
        case .amountMismatch: .badRequest("AMOUNT_MISMATCH", "The amount is not the reservation's total")
        case .eventHasReservations: .conflict("EVENT_HAS_RESERVATIONS", "The event has sold or pending seats; cancel it instead")
        case .queueClosed: .unavailable(retryAfter: 5, "The queue is closed for a moment")
        case .busy: .unavailable(retryAfter: 1, "Too many buyers at once; try again")
        }
    }
}
