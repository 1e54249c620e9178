import TiketiCore
import TiketiNet

/// One row of `payment_schema.payments`, as the saga sees it.
public struct Payment: Sendable {
    public var id: UUID
    public var reservationID: UUID
    public var userID: UUID
    public var orderID: String
    public var paymentKey: String?
    public var amount: Int64
    public var state: PaymentState
    public var method: String?
    public var approvedAt: Timestamp?
    public var providerCode: String?
    public var providerMessage: String?
    /// Confirm calls begun at Toss.
    public var calls: Int
    /// Seconds since the latest of them began, by the database's clock; nil when none was.
    public var secondsSinceCall: Int?
    public var refundCalls: Int
    public var refundAttempt: Int
    public var refundReason: String?
    public var confirmedAt: Timestamp?
    public var refundedAt: Timestamp?
    /// The token of whoever carries this row on.
    public var driver: UUID?
    public var failures: Int
    public var alarm: String?
    public var recheck: Bool
    /// Webhooks received about it.
    public var hints: Int
    public var createdAt: Timestamp

    public var status: PaymentStatus { state.status }
    public var phase: PaymentPhase { state.phase }

    /// The Idempotency-Key of the confirm call is the order id: every repetition is the same request to Toss.
    public var confirmKey: String { orderID }
    /// One key for one attempt to give the money back; a new attempt is begun only after a definite refusal.
    public var refundKey: String { "\(orderID)-refund-\(refundAttempt)" }
}

/// What a buyer is told about a confirm call. It is a function of the row alone, so everyone who asks, now or later, hears the same.
public enum ConfirmAnswer: Sendable {
    case confirmed(Payment)
    case pending(Payment)
    case rejected(code: String, message: String)
    case expired(refunded: Bool)
    /// Another order is paying for the same reservation right now.
    case handedBack
    /// The order belongs to another payment key.
    case otherPaymentKey

    /// What refused a payment whose reservation had ended before Toss took anything.
    static let expiredCode = "RESERVATION_EXPIRED"

    public init(_ payment: Payment) {
        // What was once confirmed stays so in this answer, even after a refund: the call succeeded.
        if payment.confirmedAt != nil {
            self = .confirmed(payment)
            return
        }
        switch (payment.status, payment.state.settlement) {
        case (.failed, nil): self = .expired(refunded: false)
        case (.failed, .decline) where payment.providerCode == Self.expiredCode: self = .expired(refunded: false)
        case (.failed, _): self = .rejected(code: payment.providerCode ?? "UNKNOWN", message: payment.providerMessage ?? "Payment rejected")
        case (.cancelled, _): self = .expired(refunded: true)
        case (.pending, _), (.confirmed, _): self = payment.phase == .created ? .handedBack : .pending(payment)
        }
    }

    /// Nothing later can change this answer.
    public var isFinal: Bool {
        switch self {
        case .confirmed, .rejected, .expired: true
        case .pending, .handedBack, .otherPaymentKey: false
        }
    }
}
