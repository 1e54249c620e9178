// The one place where payment's errors and answers become HTTP.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// The one place where payment's errors and answers become HTTP.
extension PaymentError: APIErrorConvertible {
    var apiError: APIError {
        switch self {
        case .notFound: .notFound
        case .nothingPaid: APIError(.notFound, PaymentAPI.RefundAnswer.nothingPaidCode, "Nothing was paid for this reservation")
        case .amountMismatch: .badRequest("AMOUNT_MISMATCH", "The amount is not the price of the reservation")
        case .reservationExpired: .conflict("RESERVATION_EXPIRED", "The reservation has expired")
        case .inProgress: .conflict("PAYMENT_IN_PROGRESS", "A payment for this reservation is in progress")
        case .otherPaymentKey: .conflict("PAYMENT_KEY_MISMATCH", "The order belongs to another payment")
        case .paymentKeyUsed: .conflict("PAYMENT_KEY_USED", "The payment belongs to another order")
        case .notStuck: .conflict("NOT_STUCK", "There is nothing left to settle about this payment")
        }
    }
}

extension ConfirmAnswer {
    /// The answer to `POST /api/payments/confirm`.
    func response() throws(APIError) -> HTTPResponse {
        switch self {
        case .confirmed(let payment):
            return .success { json in
                json.object("payment") { $0.confirmed(payment) }
                json.object("reservation") {
                    $0.member("id", payment.reservationID)
                    $0.member("status", "confirmed")
                    $0.member("paymentStatus", "completed")
                }
            }
        case .pending(let payment):
            return .success(.accepted) { json in
                json.object("payment") {
                    $0.member("id", payment.id)
                    $0.member("orderId", payment.orderID)
                    $0.member("amount", payment.amount)
                    $0.member("status", "pending")
                }
            }
        case .rejected(let code, let message):
            throw APIError(.paymentRequired, "PAYMENT_REJECTED", message.isEmpty ? "Payment rejected" : message) {
                $0.member("providerCode", code)
            }
        case .expired(let refunded):
            throw APIError.conflict("RESERVATION_EXPIRED", "The reservation has expired") {
                if refunded { $0.member("refunded", true) }
            }
        case .handedBack: throw PaymentError.inProgress.apiError
        case .otherPaymentKey: throw PaymentError.otherPaymentKey.apiError
        case .paymentKeyUsed: throw PaymentError.paymentKeyUsed.apiError
        }
    }
}

extension JSONWriter {
    /// What a confirm call answered with, for ever: a refund later does not change it.
    mutating func confirmed(_ payment: Payment) {
        member("id", payment.id)
        member("orderId", payment.orderID)
        member("amount", payment.amount)
        member("status", "confirmed")
        member("method", payment.method)
        member("approvedAt", payment.approvedAt)
    }

    /// A payment as its owner sees it.
    mutating func payment(_ payment: Payment) {
        member("id", payment.id)
        member("orderId", payment.orderID)
        member("reservationId", payment.reservationID)
        member("amount", payment.amount)
        member("status", payment.status)
        member("method", payment.method)
        member("approvedAt", payment.approvedAt)
        member("refundedAt", payment.refundedAt)
        member("createdAt", payment.createdAt)
    }
}
