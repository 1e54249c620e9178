// The part of Toss's Payment object that our books need; unknown fields are ignored, because Toss adds fields without a version.
import TiketiCore
import TiketiNet

/// Toss's own states of a payment.
enum TossStatus: String, Sendable, CaseIterable {
    case ready = "READY"
    case inProgress = "IN_PROGRESS"
    case waitingForDeposit = "WAITING_FOR_DEPOSIT"
    case done = "DONE"
    case canceled = "CANCELED"
    case partialCanceled = "PARTIAL_CANCELED"
    case aborted = "ABORTED"
    case expired = "EXPIRED"
}

struct TossPayment: Sendable, Equatable {
    var paymentKey: String
    var orderID: String
    /// nil for a state we do not know: never treated as paid nor as failed.
    var status: TossStatus?
    var totalAmount: Int64
    /// What of it has not been given back.
    var balanceAmount: Int64
    var method: String?
    var approvedAt: Timestamp?
    var failureCode: String?

    /// Toss has, or may still get, the buyer's money under this key.
    var holdsMoney: Bool {
        switch status {
        case .done, .waitingForDeposit, .partialCanceled, .canceled: true
        case .ready, .inProgress, .aborted, .expired, nil: false
        }
    }

    init(
        paymentKey: String, orderID: String, status: TossStatus?, totalAmount: Int64, balanceAmount: Int64, method: String? = nil,
        approvedAt: Timestamp? = nil, failureCode: String? = nil
    ) {
        self.paymentKey = paymentKey
        self.orderID = orderID
        self.status = status
        self.totalAmount = totalAmount
        self.balanceAmount = balanceAmount
        self.method = method
        self.approvedAt = approvedAt
        self.failureCode = failureCode
    }
}

/// What came back from one call to Toss.
enum TossAnswer: Sendable, Equatable {
    case payment(TossPayment)
    case refused(status: Int, code: String, message: String)
    /// No answer that can be believed: no connection, a timeout, a cut, or something that is not Toss's JSON.
    case unreachable(String)
}
