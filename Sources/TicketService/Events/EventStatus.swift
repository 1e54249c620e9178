// The states of an event, as readers are told them: derived from the clock, except `cancelled`.

/// `upcoming → on_sale → ended`, `on_sale ⇄ sold_out`, any → `cancelled`.
public enum EventStatus: String, Sendable, CaseIterable {
    case upcoming
    case onSale = "on_sale"
    case soldOut = "sold_out"
    case ended
    case cancelled
}

/// The states of a reservation.
public enum ReservationStatus: String, Sendable, CaseIterable {
    case pending, confirmed, cancelled
}

/// Why a reservation is ended from outside.
public enum CloseReason: String, Sendable {
    case user
    case admin
    case eventCancelled = "event_cancelled"
    case paymentFailed = "payment_failed"
    case refunded
}
