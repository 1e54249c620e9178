// Why a reservation is ended from outside.

/// Why a reservation is ended from outside.
enum CloseReason: String, Sendable {
    case user
    case admin
    case eventCancelled = "event_cancelled"
    case paymentFailed = "payment_failed"
    case refunded
}
