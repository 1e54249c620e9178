// What an admin looks for among all payments.
import TiketiNet

/// A search; empty members match everything.
struct PaymentFilter: Sendable {
    var status: PaymentStatus?
    var phase: PaymentPhase?
    var userID: UUID?
    var reservationID: UUID?
    var orderID: String?
    var isAlarmed = false
}
