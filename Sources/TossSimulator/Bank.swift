// The simulator's books.
import TiketiCore
import TiketiNet

/// The simulator's books: payments, remembered answers and the order of transactions. Everything is in memory and behind one lock; every
/// rule about money is here, the routes only carry it out.
final class Bank: Sendable {
    /// What one call comes to.
    enum Outcome: Sendable {
        case payment(SimulatedPayment)
        case error(TossError)
        /// 200 with something that is not a payment.
        case babble
        /// No answer at all.
        case cut
    }

    /// An outcome, the pause before it is sent, and the payment that a webhook should tell of.
    struct Reply: Sendable {
        var outcome: Outcome
        var delay = 0
        var changed: SimulatedPayment?
        /// Kept for its Idempotency-Key whatever it is.
        var isRemembered = false
    }

    struct Transaction: Sendable {
        var key: String
        var payment: String
        var orderID: String
        var method: String
        var amount: Int64
        var status: String
        var at: Timestamp
    }

    private struct Books {
        var payments: [String: SimulatedPayment] = [:]
        var orders: [String: String] = [:]
        var transactions: [Transaction] = []
        var memory: [String: Memory] = [:]
        var standard = Behaviour()
        var isAway = false
        var requests = 0
    }

    private enum Memory {
        case running
        case answered(status: Int, body: [UInt8])
    }

    private let books = Locked<Books>(Books())
    private let window: Duration

    init(window: Duration) {
        self.window = window
    }

    // MARK: Everybody's requests

    /// Counts one request to Toss's API; false while nobody answers there.
    func admit() -> Bool {
        books.withLock { books in
            books.requests += 1
            return !books.isAway
        }
    }

    var requests: Int { books.withLock { $0.requests } }

    /// Begins or ends an outage of the whole API.
    func setAway(_ isAway: Bool) { books.withLock { $0.isAway = isAway } }

    // MARK: The payment window

    /// What the buyer does in the window: agrees to an amount. Returns the payment key.
    func authenticate(orderID: String, amount: Int64, behaviour text: String?, method: String?) -> SimulatedPayment? {
        guard let behaviour = Behaviour(text ?? "") else { return nil }
        let words = text.flatMap { $0.isEmpty ? nil : $0 } ?? "ok"
        let key = "sim.\(words).\(Self.random())"
        return books.withLock { books in
            var payment = SimulatedPayment(
                paymentKey: key, orderID: orderID, amount: amount, behaviour: text == nil ? books.standard : behaviour,
                requestedAt: .now())
            if let method { payment.method = method }
            books.payments[key] = payment
            // A second window for an order that is paid already does not hide the payment.
            if books.orders[orderID].flatMap({ books.payments[$0] })?.charges ?? 0 == 0 { books.orders[orderID] = key }
            return payment
        }
    }

    func change(behaviour: Behaviour, of paymentKey: String?) -> Bool {
        books.withLock { books in
            guard let paymentKey else {
                books.standard = behaviour
                return true
            }
            guard var payment = books.payments[paymentKey] else { return false }
            payment.behaviour = behaviour
            payment.confirmsBefore = payment.confirmCalls
            payment.cancelsBefore = payment.cancelCalls
            books.payments[paymentKey] = payment
            return true
        }
    }

    // MARK: Remembered answers (Idempotency-Key)

    enum Recall { case new, running, answered(status: Int, body: [UInt8]) }

    func recall(_ key: String) -> Recall {
        books.withLock { books in
            switch books.memory[key] {
            case nil:
                books.memory[key] = .running
                return .new
            case .running: return .running
            case .answered(let status, let body): return .answered(status: status, body: body)
            }
        }
    }

    /// Passing trouble is forgotten, so that a repetition is tried anew; everything else is the answer for ever.
    func remember(_ key: String, status: Int, body: [UInt8]?) {
        books.withLock { $0.memory[key] = body.map { .answered(status: status, body: $0) } }
    }

    // MARK: Confirm

    /// How long to wait before the charge; also opens payments that were never authenticated here but whose key carries a behaviour.
    func begin(paymentKey: String, orderID: String, amount: Int64) -> Int {
        books.withLock { books in
            if books.payments[paymentKey] == nil, let behaviour = Behaviour.inKey(paymentKey) {
                books.payments[paymentKey] = SimulatedPayment(
                    paymentKey: paymentKey, orderID: orderID, amount: amount, behaviour: behaviour, requestedAt: .now())
                if books.orders[orderID] == nil { books.orders[orderID] = paymentKey }
            }
            return books.payments[paymentKey]?.behaviour.delayBefore ?? 0
        }
    }

    func confirm(paymentKey: String, orderID: String, amount: Int64) -> Reply {
        books.withLock { books in
            guard var payment = books.payments[paymentKey] else {
                return Reply(outcome: .error(TossError("NOT_FOUND_PAYMENT", "존재하지 않는 결제 정보 입니다.")))
            }
            defer { books.payments[paymentKey] = payment }
            payment.confirmCalls += 1
            payment.lapse(now: .now(), after: window)
            let behaviour = payment.behaviour
            let applies = behaviour.confirmTimes.map { payment.confirmCalls - payment.confirmsBefore <= $0 } ?? true
            switch payment.status {
            case .done, .canceled, .partialCanceled, .waitingForDeposit:
                return Reply(outcome: .error(TossError("ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다.")))
            case .expired:
                return Reply(outcome: .error(TossError("NOT_FOUND_PAYMENT_SESSION", "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다.")))
            case .aborted:
                return Reply(outcome: .error(payment.failure ?? TossError("INVALID_REQUEST")))
            case .inProgress: break
            }
            guard payment.orderID == orderID, payment.amount == amount else {
                return Reply(outcome: .error(TossError("INVALID_REQUEST", "잘못된 요청입니다.")))
            }
            if amount < 100 { return Reply(outcome: .error(TossError("BELOW_MINIMUM_AMOUNT", "최소 결제 금액 미만입니다."))) }
            guard applies else {
                Self.charge(&payment, amount, &books)
                return Reply(outcome: .payment(payment), delay: behaviour.delayAfter, changed: payment)
            }
            return Self.act(&payment, amount, &books)
        }
    }

    private static func act(_ payment: inout SimulatedPayment, _ amount: Int64, _ books: inout Books) -> Reply {
        let behaviour = payment.behaviour
        let delay = behaviour.delayAfter
        switch behaviour.confirm {
        case .pay:
            charge(&payment, amount, &books)
            return Reply(outcome: .payment(payment), delay: delay, changed: payment)
        case .refuse(let code):
            let error = TossError(code)
            // A card that the card company refused is over; a refusal of the moment, or of our own key, leaves the payment open.
            if behaviour.confirmTimes == nil, error.status == 400 || error.status == 403, !error.isPassing,
                code != "ALREADY_PROCESSED_PAYMENT"
            {
                payment.status = .aborted
                payment.failure = error
            }
            return Reply(outcome: .error(error), delay: delay, changed: payment.status == .aborted ? payment : nil)
        case .chargeAndRefuse(let code):
            charge(&payment, amount, &books)
            return Reply(outcome: .error(TossError(code)), delay: delay, changed: payment)
        case .chargeAndCut:
            charge(&payment, amount, &books)
            return Reply(outcome: .cut, delay: delay, changed: payment)
        case .cut: return Reply(outcome: .cut, delay: delay)
        case .chargeAndBabble:
            charge(&payment, amount, &books)
            return Reply(outcome: .babble, delay: delay, changed: payment)
        case .deposit:
            payment.status = .waitingForDeposit
            payment.balance = amount
            return Reply(outcome: .payment(payment), delay: delay)
        }
    }

    private static func charge(_ payment: inout SimulatedPayment, _ amount: Int64, _ books: inout Books) {
        payment.status = .done
        payment.charges += 1
        payment.charged = amount - payment.behaviour.short
        payment.balance = payment.charged
        payment.approvedAt = .now()
        books.orders[payment.orderID] = payment.paymentKey
        record(&payment, payment.charged, "DONE", &books)
    }

    private static func record(_ payment: inout SimulatedPayment, _ amount: Int64, _ status: String, _ books: inout Books) {
        let key = random()
        payment.lastTransactionKey = key
        books.transactions.append(
            Transaction(
                key: key, payment: payment.paymentKey, orderID: payment.orderID, method: payment.method, amount: amount, status: status,
                at: .now()))
    }

    // MARK: Cancel

    struct CancelRequest: Sendable {
        var reason: String
        var amount: Int64?
        var refundable: Int64?
    }

    func cancelDelay(_ paymentKey: String) -> Int {
        books.withLock { $0.payments[paymentKey]?.behaviour.cancelDelay ?? 0 }
    }

    /// `now`: nanoseconds of a monotonic clock, for the rule of one cancel a second.
    func cancel(_ paymentKey: String, _ request: CancelRequest, now: UInt64) -> Reply {
        books.withLock { books in
            guard var payment = books.payments[paymentKey] else {
                return Reply(outcome: .error(TossError("NOT_FOUND_PAYMENT", "존재하지 않는 결제 정보 입니다.")))
            }
            defer { books.payments[paymentKey] = payment }
            if payment.lastCancelAt > 0, now < payment.lastCancelAt + 1_000_000_000 {
                return Reply(outcome: .error(TossError("FORBIDDEN_CONSECUTIVE_REQUEST", "반복적인 요청은 허용되지 않습니다.")))
            }
            payment.lastCancelAt = now
            payment.cancelCalls += 1
            switch payment.status {
            case .canceled: return Reply(outcome: .error(TossError("ALREADY_CANCELED_PAYMENT", "이미 취소된 결제 입니다.")))
            case .done, .partialCanceled, .waitingForDeposit: break
            case .inProgress, .aborted, .expired:
                return Reply(outcome: .error(TossError("NOT_CANCELABLE_PAYMENT", "취소 할 수 없는 결제 입니다.")))
            }
            if let refundable = request.refundable, refundable != payment.balance {
                return Reply(outcome: .error(TossError("NOT_MATCHES_REFUNDABLE_AMOUNT", "잔액 결과가 일치하지 않습니다.")))
            }
            let amount = request.amount ?? payment.balance
            guard amount > 0, amount <= payment.balance else {
                return Reply(outcome: .error(TossError("NOT_CANCELABLE_AMOUNT", "취소 할 수 없는 금액 입니다.")))
            }
            let applies = payment.behaviour.cancelTimes.map { payment.cancelCalls - payment.cancelsBefore <= $0 } ?? true
            let way = applies ? payment.behaviour.cancel : .pay
            switch way {
            case .refuse(let code): return Reply(outcome: .error(TossError(code)), isRemembered: payment.behaviour.cancelIsRemembered)
            case .cut: return Reply(outcome: .cut)
            case .pay, .payAndRefuse, .payAndCut: break
            }
            payment.balance -= amount
            payment.status = payment.balance == 0 ? .canceled : .partialCanceled
            Self.record(&payment, -amount, payment.status.rawValue, &books)
            payment.cancels.append(
                .init(
                    amount: amount, reason: request.reason, at: .now(), transactionKey: payment.lastTransactionKey ?? "",
                    refundable: payment.balance))
            switch way {
            case .payAndRefuse(let code): return Reply(outcome: .error(TossError(code)), changed: payment)
            case .payAndCut: return Reply(outcome: .cut, changed: payment)
            case .pay, .refuse, .cut: return Reply(outcome: .payment(payment), changed: payment)
            }
        }
    }

    // MARK: Reading

    func payment(key: String) -> SimulatedPayment? {
        books.withLock { books in
            books.payments[key]?.lapse(now: .now(), after: window)
            return books.payments[key]
        }
    }

    func payment(orderID: String) -> SimulatedPayment? {
        guard let key = books.withLock({ $0.orders[orderID] }) else { return nil }
        return payment(key: key)
    }

    var all: [SimulatedPayment] { books.withLock { Array($0.payments.values) } }

    func transactions(from: Timestamp, to: Timestamp, after: String?, limit: Int) -> [Transaction] {
        books.withLock { books in
            var found = books.transactions[...]
            if let after, let index = found.firstIndex(where: { $0.key == after }) { found = found[(index + 1)...] }
            return Array(found.lazy.filter { $0.at >= from && $0.at < to }.prefix(limit))
        }
    }

    private static func random() -> String { Hex.encode(SecureRandom.bytes(12)) }
}
