// What buyers can do: open an order, pay it, look at their payments. One method per use case.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// What buyers can do: open an order, pay it, look at their payments. One method per use case.
final class Payments: Sendable {
    private let store: PaymentStore
    private let saga: PaymentSaga
    private let announcer: PaymentAnnouncer
    private let config: PaymentConfig
    private let metrics: PaymentMetrics
    private let attempts = Coalescer<Attempt, ConfirmAnswer?, Never>(.callUnderWay)

    private struct Attempt: Hashable {
        var orderID: String
        var paymentKey: String?
    }

    init(
        store: PaymentStore, saga: PaymentSaga, announcer: PaymentAnnouncer, config: PaymentConfig, metrics: PaymentMetrics
    ) {
        self.store = store
        self.saga = saga
        self.announcer = announcer
        self.config = config
        self.metrics = metrics
    }

    /// Opens the reservation's order, or returns the one that is open already.
    /// - Parameter reservation: As ticket shows it now; nil when it knows none.
    func prepare(_ reservation: TicketAPI.Reservation?, userID: UUID, amount: Int64) async throws -> Payment {
        guard let reservation, reservation.userID == userID else { throw PaymentError.notFound }
        guard reservation.totalWon == amount else { throw PaymentError.amountMismatch }
        guard reservation.status == "pending" else { throw PaymentError.reservationExpired }
        let payment = try await store.prepare(reservationID: reservation.id, userID: userID, amount: amount)
        switch payment.phase {
        case .created:
            announcer.tell(payment)
            return payment
        case .done: throw PaymentError.reservationExpired
        case .confirming, .approved, .settling: throw PaymentError.inProgress
        }
    }

    /// Pays an order, once, however often and from wherever it is asked. The answer is the same for everyone who asks; who asks before it
    /// is known is told so after `answerTime`, while the payment goes on.
    /// - Parameter paymentKey: What the payment window gave; nil for an order of 0 won, which has no window.
    func confirm(paymentKey: String?, orderID: String, amount: Int64, userID: UUID) async throws -> ConfirmAnswer {
        guard let payment = try await store.payment(orderID: orderID), payment.userID == userID else { throw PaymentError.notFound }
        guard payment.amount == amount else { throw PaymentError.amountMismatch }
        if payment.phase != .created {
            if let bound = payment.paymentKey, bound != paymentKey { throw PaymentError.otherPaymentKey }
            let answer = ConfirmAnswer(payment)
            if answer.isFinal { return answer }
        }
        let attempt = Attempt(orderID: orderID, paymentKey: paymentKey)
        let outcome = await attempts.value(attempt, within: config.answerTime) { [self] in await lead(attempt) }
        let answer: ConfirmAnswer
        if let known = outcome ?? nil {
            answer = known
        } else {
            // No answer in time, or the database went away before the order was bound. Only a row that says so is on its way: a 202 for
            // one that nobody works on would let the buyer wait for nothing.
            guard let row = try await store.payment(orderID: orderID), row.phase != .created else { throw APIError.unavailable() }
            answer = ConfirmAnswer(row)
        }
        if case .pending = answer { metrics.processed(.pending) }
        return answer
    }

    /// Runs once per order and process; nil when the database does not answer.
    private func lead(_ attempt: Attempt) async -> ConfirmAnswer? {
        do {
            if let begun = try await begin(attempt) {
                FaultPoint.reach("begun")
                return ConfirmAnswer(await saga.drive(begun))
            }
            // The key may be another order's, whatever became of that one. Toss is not asked: our own books know.
            if let key = attempt.paymentKey, let owner = try await store.orderID(ofKey: key), owner != attempt.orderID {
                return .paymentKeyUsed
            }
            return try await follow(attempt)
        } catch {
            return nil
        }
    }

    private func begin(_ attempt: Attempt) async throws -> Payment? {
        guard let key = attempt.paymentKey else { return try await store.beginFree(orderID: attempt.orderID, driver: UUID()) }
        return try await store.begin(orderID: attempt.orderID, paymentKey: key, driver: UUID())
    }

    /// Another process has the order: looks at the row until somebody knows, or nobody works on it.
    private func follow(_ attempt: Attempt) async throws -> ConfirmAnswer? {
        var pauses = Backoff(.milliseconds(50)...(.milliseconds(500)))
        var waited: Duration = .zero
        while let payment = try await store.payment(orderID: attempt.orderID) {
            if let bound = payment.paymentKey, bound != attempt.paymentKey { return .otherPaymentKey }
            let answer = ConfirmAnswer(payment)
            if answer.isFinal || payment.driver == nil || waited > config.answerTime { return answer }
            let pause = pauses.next()
            try await EventLoop.current?.sleep(for: pause)
            waited += pause
        }
        return nil
    }

    func payment(_ id: UUID, userID: UUID) async throws -> Payment {
        guard let payment = try await store.payment(id: id), payment.userID == userID else { throw PaymentError.notFound }
        return payment
    }

    func payments(of userID: UUID, limit: Int, offset: Int) async throws -> (payments: [Payment], total: Int) {
        try await store.payments(userID: userID, limit: limit, offset: offset)
    }
}
