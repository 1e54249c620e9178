// From an answer of Toss to the next step of a payment: pure, total, and the only place where "paid" and "not paid" are decided.
// HTTP 200 counts as paid only with our order, status DONE and the exact amount; an unknown outcome never becomes a failure.

/// What to do about the money.
enum ConfirmDecision: Sendable, Equatable {
    case approve(TossPayment)
    case decline(code: String, message: String)
    /// Toss holds something that is not our price in full: take it back from the payment `key`, then fail.
    case void(code: String, key: String)
    case foundCancelled
    /// Ask Toss by order id. `refusal` is what a repeated call was told, believed only if the query agrees.
    case ask(refusal: Refusal?)
    /// Toss shows the payment unconfirmed: the same call, with the same Idempotency-Key, may be made again.
    case callAgain
    /// Come back later; nothing can be said yet.
    case wait(reason: String)
    case configuration(code: String, message: String)
}

struct Refusal: Sendable, Equatable {
    var code: String
    var message: String

    init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

enum TossDecision {
    /// How long after a confirm call began a query that finds nothing is proof that nothing was taken.
    static let inFlight: Duration = .seconds(90)

    /// What is known of earlier confirm calls of one order.
    struct Doubt: Sendable, Equatable {
        /// Since the first call began.
        var sinceFirst: Duration
        /// Since the latest call of unknown outcome began.
        var sinceLatest: Duration

        /// Every call was definitely refused.
        static let none = Doubt(sinceFirst: .seconds(Int32.max), sinceLatest: .seconds(Int32.max))
        /// The first call began just now.
        static let fresh = Doubt(sinceFirst: .zero, sinceLatest: .zero)

        /// No call can take money any more.
        var isOver: Bool { sinceLatest >= TossDecision.inFlight }
    }

    /// After `POST /v1/payments/confirm`. `repeated`: an earlier call for this order was made and its outcome never learned.
    static func afterConfirm(_ answer: TossAnswer, orderID: String, amount: Int64, repeated: Bool) -> ConfirmDecision {
        switch answer {
        case .payment(let payment):
            return judge(payment, orderID: orderID, amount: amount) ?? .ask(refusal: nil)
        case .unreachable:
            return .ask(refusal: nil)
        case .refused(let status, let code, let message):
            switch TossCodes.confirmVerdict(status: status, code: code) {
            case .declined, .notPaid:
                return repeated ? .ask(refusal: Refusal(code: code, message: message)) : .decline(code: code, message: message)
            case .inFlight: return .wait(reason: code)
            case .unknown: return .ask(refusal: nil)
            case .configuration: return .configuration(code: code, message: message)
            }
        }
    }

    /// After `GET /v1/payments/orders/{orderId}`. `refusal`: what a repeated call has just been told.
    ///
    /// What Toss does not know is called again only while the first call's own doubt lasts: calling on and on would renew the doubt for
    /// ever.
    static func afterQuery(
        _ answer: TossAnswer, orderID: String, amount: Int64, doubt: Doubt, refusal: Refusal? = nil
    ) -> ConfirmDecision {
        let settled = doubt.isOver
        switch answer {
        case .payment(let payment):
            if let verdict = judge(payment, orderID: orderID, amount: amount) { return verdict }
            guard payment.orderID == orderID, payment.status == .ready || payment.status == .inProgress else {
                return .wait(reason: "Toss answered with something unknown")
            }
            guard let refusal else { return .callAgain }
            return settled ? .decline(code: refusal.code, message: refusal.message) : .wait(reason: refusal.code)
        case .unreachable(let reason):
            return .wait(reason: reason)
        case .refused(let status, let code, let message):
            switch TossCodes.confirmVerdict(status: status, code: code) {
            case .notPaid:
                if let refusal { return settled ? .decline(code: refusal.code, message: refusal.message) : .wait(reason: refusal.code) }
                if settled { return .decline(code: code, message: message) }
                return doubt.sinceFirst >= inFlight ? .wait(reason: code) : .callAgain
            case .configuration: return .configuration(code: code, message: message)
            case .declined, .inFlight, .unknown: return .wait(reason: code)
            }
        }
    }

    /// Toss's answer shows that nothing was taken so far: it knows the payment and took nothing, or does not know it.
    static func showsNothingTaken(_ answer: TossAnswer, orderID: String) -> Bool {
        switch answer {
        case .payment(let payment): payment.orderID == orderID && (payment.status == .ready || payment.status == .inProgress)
        case .refused(_, let code, _): TossCodes.notPaid.contains(code)
        case .unreachable: false
        }
    }

    /// The states that decide by themselves; nil for those that do not.
    static func judge(_ payment: TossPayment, orderID: String, amount: Int64) -> ConfirmDecision? {
        guard payment.orderID == orderID else { return nil }
        switch payment.status {
        case .done:
            return holds(payment, amount) ? .approve(payment) : .void(code: "AMOUNT_MISMATCH", key: payment.paymentKey)
        case .waitingForDeposit: return .void(code: "WAITING_FOR_DEPOSIT", key: payment.paymentKey)
        case .canceled, .partialCanceled:
            return isBack(payment) ? .foundCancelled : .void(code: "PARTIAL_CANCELED", key: payment.paymentKey)
        case .aborted: return .decline(code: payment.failureCode ?? "ABORTED", message: "The payment was aborted")
        case .expired: return .decline(code: payment.failureCode ?? "EXPIRED", message: "The payment window expired")
        case .ready, .inProgress, nil: return nil
        }
    }
}

/// What to do about a refund.
enum RefundDecision: Sendable, Equatable {
    case returned
    /// Ask Toss, then decide again. `refused`: this call was definitely not carried out, so another one needs a new Idempotency-Key.
    case ask(refused: Bool)
    /// Call cancel; `attempt` changes only when the last one was definitely not carried out.
    case cancel(newAttempt: Bool, refundable: Int64)
    case wait(reason: String)
    /// Toss refuses for good: an operator is needed.
    case refused(code: String, message: String)
    case configuration(code: String, message: String)
}

extension TossDecision {
    static func afterCancel(_ answer: TossAnswer) -> RefundDecision {
        switch answer {
        case .payment(let payment): return isBack(payment) ? .returned : .ask(refused: false)
        case .unreachable: return .ask(refused: false)
        case .refused(let status, let code, let message):
            switch TossCodes.cancelVerdict(status: status, code: code) {
            case .unknown: return .ask(refused: false)
            case .alreadyBack, .mismatch: return .ask(refused: true)
            case .wait: return .wait(reason: code)
            case .refused: return .refused(code: code, message: message)
            case .configuration: return .configuration(code: code, message: message)
            }
        }
    }

    /// After a query made because of a refund. `refused`: the last cancel call was definitely not carried out.
    static func afterRefundQuery(_ answer: TossAnswer, refused: Bool) -> RefundDecision {
        switch answer {
        case .payment(let payment):
            if isBack(payment) { return .returned }
            switch payment.status {
            case .done, .partialCanceled, .waitingForDeposit: return .cancel(newAttempt: refused, refundable: payment.balanceAmount)
            // Nothing was taken in the end, so nothing is owed.
            case .aborted, .expired: return .returned
            default: return .wait(reason: "Toss shows \(payment.status?.rawValue ?? "an unknown state")")
            }
        case .unreachable(let reason): return .wait(reason: reason)
        case .refused(let status, let code, let message):
            return TossCodes.cancelVerdict(status: status, code: code) == .configuration
                ? .configuration(code: code, message: message) : .wait(reason: code)
        }
    }

    /// CANCELED is said of the whole amount, PARTIAL_CANCELED of a part, or of parts that add up to the whole.
    static func isBack(_ payment: TossPayment) -> Bool {
        payment.status == .canceled || payment.status == .partialCanceled && payment.balanceAmount == 0
    }

    /// Exactly the price is there, and nothing of it was given back.
    static func holds(_ payment: TossPayment, _ amount: Int64) -> Bool {
        payment.status == .done && payment.totalAmount == amount && payment.balanceAmount == amount
    }
}
