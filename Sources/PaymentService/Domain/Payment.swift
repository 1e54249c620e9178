// A payment as the saga sees it: one row of the table, with what its clock says.
import TiketiCore
import TiketiNet

/// One row of `payment_schema.payments`, as the saga sees it.
struct Payment: Sendable {
    var id: UUID
    var reservationID: UUID
    var userID: UUID
    var orderID: String
    var paymentKey: String?
    var amount: Int64
    var state: PaymentState
    var method: String?
    var approvedAt: Timestamp?
    var providerCode: String?
    var providerMessage: String?
    /// Confirm calls begun at Toss.
    var calls: Int
    /// Since the buyer came back with a payment key, by the database's clock; zero for an order that nobody began to pay.
    var sinceBegin: Duration
    /// Since the first confirm call began, by the database's clock; nil when there was none.
    var sinceFirstCall: Duration?
    /// Since the latest confirm call of unknown outcome began; nil when there is none.
    var sinceLatestCall: Duration?
    /// Requests to Toss in the hour that began with the first of them, and how long that hour still lasts.
    var tossCalls: Int
    var tossHourLeft: Duration
    /// Requests made since the row was read; the next write adds them to the row's.
    let tally = CallTally()
    /// An admin wants an end now.
    var isToldToEnd: Bool
    var refundCalls: Int
    var refundAttempt: Int
    var refundReason: String?
    var confirmedAt: Timestamp?
    var refundedAt: Timestamp?
    /// The token of whoever carries this row on.
    var driver: UUID?
    var failures: Int
    var alarm: String?
    var recheck: Bool
    /// Webhooks received about it.
    var hints: Int
    var createdAt: Timestamp

    var status: PaymentStatus { state.status }
    var phase: PaymentPhase { state.phase }
    /// Nothing is to be paid, so Toss never hears of it.
    var isFree: Bool { amount == 0 }

    /// The Idempotency-Key of the confirm call is the order id: every repetition is the same request to Toss.
    var confirmKey: String { orderID }
    /// One key for one attempt to give the money back; a new attempt is begun only after a definite refusal.
    var refundKey: String { "\(orderID)-refund-\(refundAttempt)" }
}
