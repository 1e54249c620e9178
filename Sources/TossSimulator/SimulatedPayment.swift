// A payment in the simulator's books.
import TiketiCore
import TiketiJSON
import TiketiNet

/// One payment in the simulator's books and its face as Toss's Payment object.
struct SimulatedPayment: Sendable {
    enum Status: String, Sendable {
        case inProgress = "IN_PROGRESS"
        case waitingForDeposit = "WAITING_FOR_DEPOSIT"
        case done = "DONE"
        case canceled = "CANCELED"
        case partialCanceled = "PARTIAL_CANCELED"
        case aborted = "ABORTED"
        case expired = "EXPIRED"
    }

    struct Cancel: Sendable {
        var amount: Int64
        var reason: String
        var at: Timestamp
        var transactionKey: String
        var refundable: Int64
    }

    var paymentKey: String
    var orderID: String
    /// What the buyer agreed to in the payment window.
    var amount: Int64
    var charged: Int64 = 0
    var balance: Int64 = 0
    var status = Status.inProgress
    var method = "카드"
    var behaviour: Behaviour
    var requestedAt: Timestamp
    var approvedAt: Timestamp?
    var cancels: [Cancel] = []
    var failure: TossError?
    var lastTransactionKey: String?
    /// How often money was taken: more than once would be the simulator's own fault, and is what tests look for.
    var charges = 0
    var confirmCalls = 0
    var cancelCalls = 0
    /// Calls before the behaviour was changed: "once" counts from there.
    var confirmsBefore = 0
    var cancelsBefore = 0
    var lastCancelAt: UInt64 = 0

    /// The window's ten minutes are over, if they are.
    mutating func lapse(now: Timestamp, after window: Duration) {
        if status == .inProgress, now >= requestedAt.adding(seconds: window.inSeconds) { status = .expired }
    }

    /// Toss's times are Korean: `2022-01-01T00:00:00+09:00`.
    static func korean(_ time: Timestamp) -> String {
        String(time.adding(seconds: 9 * 3600).rfc3339.dropLast()) + "+09:00"
    }

    func write(to json: inout JSONWriter) {
        let total = charged > 0 ? charged : amount
        json.object {
            $0.member("mId", "tosspayments")
            $0.member("version", "2022-11-16")
            $0.member("lastTransactionKey", lastTransactionKey)
            $0.member("paymentKey", paymentKey)
            $0.member("orderId", orderID)
            $0.member("orderName", "Tiketi")
            $0.member("type", "NORMAL")
            $0.member("status", status.rawValue)
            $0.member("requestedAt", Self.korean(requestedAt))
            $0.member("approvedAt", approvedAt.map(Self.korean))
            $0.member("useEscrow", false)
            $0.member("cultureExpense", false)
            $0.member("currency", "KRW")
            $0.member("totalAmount", total)
            $0.member("balanceAmount", status == .done || status == .partialCanceled || status == .waitingForDeposit ? balance : 0)
            $0.member("suppliedAmount", total - total / 11)
            $0.member("vat", total / 11)
            $0.member("taxFreeAmount", 0)
            $0.member("isPartialCancelable", true)
            $0.member("method", status == .waitingForDeposit ? "가상계좌" : method)
            $0.member("secret", "ps_simulator")
            if status == .done || status == .canceled || status == .partialCanceled {
                $0.object("card") {
                    $0.member("amount", charged)
                    $0.member("issuerCode", "61")
                    $0.member("number", "12345678****789*")
                    $0.member("installmentPlanMonths", 0)
                    $0.member("approveNo", "00000000")
                    $0.member("isInterestFree", false)
                }
            } else {
                $0.null("card")
            }
            if let failure {
                $0.object("failure") {
                    $0.member("code", failure.code)
                    $0.member("message", failure.message)
                }
            } else {
                $0.null("failure")
            }
            if cancels.isEmpty {
                $0.null("cancels")
            } else {
                $0.array("cancels", cancels) { json, cancel in
                    json.object {
                        $0.member("cancelAmount", cancel.amount)
                        $0.member("cancelReason", cancel.reason)
                        $0.member("canceledAt", Self.korean(cancel.at))
                        $0.member("transactionKey", cancel.transactionKey)
                        $0.member("refundableAmount", cancel.refundable)
                        $0.member("cancelStatus", "DONE")
                    }
                }
            }
        }
    }
}
