import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// What buyers can do: open an order, pay it, look at their payments. One method per use case.
public final class Payments: Sendable {
    private let store: PaymentStore
    private let ticket: TicketClient
    private let saga: PaymentSaga
    private let config: PaymentConfig
    private let metrics: PaymentMetrics
    private let attempts = Coalescer<Attempt, ConfirmAnswer?, Never>(.callUnderWay)

    private struct Attempt: Hashable {
        var orderID: String
        var paymentKey: String
    }

    public init(store: PaymentStore, ticket: TicketClient, saga: PaymentSaga, config: PaymentConfig, metrics: PaymentMetrics) {
        self.store = store
        self.ticket = ticket
        self.saga = saga
        self.config = config
        self.metrics = metrics
    }

    /// Opens the reservation's order, or returns the one that is open already.
    public func prepare(reservationID: UUID, userID: UUID, amount: Int64, context: RequestContext?) async throws -> Payment {
        guard let reservation = try await ticket.reservation(reservationID, context: context), reservation.userID == userID else {
            throw PaymentError.notFound
        }
        guard reservation.totalAmount == amount else { throw PaymentError.amountMismatch }
        guard reservation.status == "pending" else { throw PaymentError.reservationExpired }
        let payment = try await store.prepare(reservationID: reservationID, userID: userID, amount: amount)
        switch payment.phase {
        case .created: return payment
        case .done: throw PaymentError.reservationExpired
        case .confirming, .approved, .settling: throw PaymentError.inProgress
        }
    }

    /// Pays an order, once, however often and from wherever it is asked. The answer is the same for everyone who asks; who asks before it
    /// is known is told so after `answerSeconds`, while the payment goes on.
    public func confirm(paymentKey: String, orderID: String, amount: Int64, userID: UUID) async throws -> ConfirmAnswer {
        guard let payment = try await store.payment(orderID: orderID), payment.userID == userID else { throw PaymentError.notFound }
        guard payment.amount == amount else { throw PaymentError.amountMismatch }
        if payment.phase != .created {
            if let bound = payment.paymentKey, bound != paymentKey { throw PaymentError.otherPaymentKey }
            let answer = ConfirmAnswer(payment)
            if answer.isFinal { return answer }
        }
        let outcome = await attempts.value(
            Attempt(orderID: orderID, paymentKey: paymentKey), within: .seconds(config.answerSeconds)
        ) { [self] in
            await lead(paymentKey: paymentKey, orderID: orderID)
        }
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
    private func lead(paymentKey: String, orderID: String) async -> ConfirmAnswer? {
        do {
            if let begun = try await store.begin(orderID: orderID, paymentKey: paymentKey, driver: UUID()) {
                FaultPoint.reach("begun")
                return ConfirmAnswer(await saga.drive(begun))
            }
            return try await follow(paymentKey: paymentKey, orderID: orderID)
        } catch {
            return nil
        }
    }

    /// Another process has the order: looks at the row until somebody knows, or nobody works on it.
    private func follow(paymentKey: String, orderID: String) async throws -> ConfirmAnswer? {
        var pause: UInt64 = 50_000_000
        var waited: UInt64 = 0
        while let payment = try await store.payment(orderID: orderID) {
            if let bound = payment.paymentKey, bound != paymentKey { return .otherPaymentKey }
            let answer = ConfirmAnswer(payment)
            if answer.isFinal || payment.driver == nil || Double(waited) > config.answerSeconds * 1e9 { return answer }
            try await EventLoop.current?.sleep(nanoseconds: pause)
            waited += pause
            pause = min(pause * 2, 500_000_000)
        }
        return nil
    }

    public func payment(_ id: UUID, userID: UUID) async throws -> Payment {
        guard let payment = try await store.payment(id: id), payment.userID == userID else { throw PaymentError.notFound }
        return payment
    }

    public func payments(of userID: UUID, limit: Int, offset: Int) async throws -> (payments: [Payment], total: Int) {
        try await store.payments(userID: userID, limit: limit, offset: offset)
    }
}
