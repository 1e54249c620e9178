// The answer to a confirm call as a function of the payment's row.

/// What a buyer is told about a confirm call. It is a function of the row alone, so everyone who asks, now or later, hears the same.
enum ConfirmAnswer: Sendable {
    case confirmed(Payment)
    case pending(Payment)
    case rejected(code: String, message: String)
    case expired(refunded: Bool)
    /// Another order is paying for the same reservation right now.
    case handedBack
    /// The order belongs to another payment key.
    case otherPaymentKey
    /// The payment key belongs to another order.
    case paymentKeyUsed

    /// What refused a payment whose reservation had ended before Toss took anything.
    static let expiredCode = "RESERVATION_EXPIRED"

    init(_ payment: Payment) {
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
    var isFinal: Bool {
        switch self {
        case .confirmed, .rejected, .expired: true
        case .pending, .handedBack, .otherPaymentKey, .paymentKeyUsed: false
        }
    }
}
