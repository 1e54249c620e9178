import TiketiCore
import TiketiNet
import TiketiStore

/// Gives confirmed payments back, in full, once, whoever asks and however often.
public final class Refunds: Sendable {
    public enum Answer: Sendable {
        case refunded(Payment)
        /// On its way; ticket is told when the money is back.
        case pending(Payment)
    }

    private let store: PaymentStore
    private let saga: PaymentSaga
    private let answerSeconds: Double
    private let flights = Flights<UUID, Payment?>()

    public init(store: PaymentStore, saga: PaymentSaga, answerSeconds: Double) {
        self.store = store
        self.saga = saga
        self.answerSeconds = answerSeconds
    }

    /// - Throws: `PaymentError.notFound` when nothing was ever paid for this reservation.
    public func refund(reservationID: UUID, reason: String) async throws -> Answer {
        guard let payment = try await store.payment(reservationID: reservationID) else { throw PaymentError.notFound }
        switch (payment.status, payment.phase) {
        case (.cancelled, _): return .refunded(payment)
        // Nothing was taken, or the order is being closed as unpaid.
        case (.failed, _), (.pending, .created): throw PaymentError.notFound
        // Ticket will refuse to confirm a reservation that has ended, and that refusal is what sends the money back.
        case (.pending, _): return .pending(payment)
        case (.confirmed, _): break
        }
        let outcome = await flights.join(payment.id, nanoseconds: UInt64(answerSeconds * 1e9)) { [self] in
            await lead(payment, reason: reason)
        }
        let after = (outcome ?? nil) ?? payment
        return after.state.moneyIsBack ? .refunded(after) : .pending(after)
    }

    private func lead(_ payment: Payment, reason: String) async -> Payment? {
        guard let asked = try? await store.askRefund(id: payment.id, reason: reason, driver: UUID()) else {
            return try? await store.payment(id: payment.id)
        }
        FaultPoint.reach("refund-asked")
        // Whoever asks may hold something that ticket needs for hearing of it, so the answer comes first and ticket is told after.
        let after = await saga.drive(asked) { $0.state.moneyIsBack }
        if after.driver != nil, after.state.moneyIsBack, let loop = EventLoop.current {
            _ = loop.spawn { [saga] in _ = await saga.drive(after) }
        }
        return after
    }
}
