// Giving confirmed payments back.
import TiketiCore
import TiketiNet
import TiketiStore

/// Gives confirmed payments back, in full, once, whoever asks and however often.
final class Refunds: Sendable {
    enum Answer: Sendable {
        case refunded(Payment)
        /// On our books for certain; ticket is told when the money is back.
        case refunding(Payment)
        /// The payment itself is not over: to be asked again.
        case unsettled(Payment)
    }

    private let store: PaymentStore
    private let saga: PaymentSaga
    private let announcer: PaymentAnnouncer
    private let answerTime: Duration
    private let refunds = Coalescer<UUID, Payment?, Never>(.callUnderWay)

    init(store: PaymentStore, saga: PaymentSaga, announcer: PaymentAnnouncer, answerTime: Duration) {
        self.store = store
        self.saga = saga
        self.announcer = announcer
        self.answerTime = answerTime
    }

    /// `waits`: carried out now, and answered when it is done or after a few seconds; otherwise it takes its turn in the reconciler's
    /// queue.
    /// - Throws: `PaymentError.nothingPaid` when nothing was ever paid for this reservation.
    func refund(reservationID: UUID, reason: String, waits: Bool) async throws -> Answer {
        guard let payment = try await store.payment(reservationID: reservationID) else { throw PaymentError.nothingPaid }
        switch (payment.status, payment.phase) {
        case (.cancelled, _): return .refunded(payment)
        // Nothing was taken, or the order is being closed as unpaid.
        case (.failed, _), (.pending, .created): throw PaymentError.nothingPaid
        // Either ticket refuses to confirm the reservation, and that sends the money back, or it does not, and then we are asked again.
        case (.pending, _): return .unsettled(payment)
        case (.confirmed, .settling): return .refunding(payment)
        case (.confirmed, _): break
        }
        guard waits else {
            let queued = try await store.askRefund(id: payment.id, reason: reason, driver: nil)
            if let queued {
                announcer.tell(queued)
                return Self.answer(queued)
            }
            return Self.answer(try await store.payment(id: payment.id) ?? payment)
        }
        let outcome = await refunds.value(payment.id, within: answerTime) { [self] in
            await lead(payment, reason: reason)
        }
        if let after = outcome ?? nil { return Self.answer(after) }
        return Self.answer(try await store.payment(id: payment.id) ?? payment)
    }

    private static func answer(_ payment: Payment) -> Answer {
        if payment.state.moneyIsBack { return .refunded(payment) }
        return payment.phase == .settling ? .refunding(payment) : .unsettled(payment)
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
