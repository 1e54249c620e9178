// What administrators can see and do about payments, and what ticket asks about one.
import TiketiContracts
import TiketiCore
import TiketiNet

struct PaymentAdmin: Sendable {
    let store: PaymentStore
    let saga: PaymentSaga
    /// How long an admin waits for the end of a payment.
    let answerTime: Duration
    private let settlements = Coalescer<UUID, Payment?, Never>(.callUnderWay)

    init(store: PaymentStore, saga: PaymentSaga, answerTime: Duration) {
        self.store = store
        self.saga = saga
        self.answerTime = answerTime
    }

    func payments(_ filter: PaymentFilter, _ page: Page) async throws -> (payments: [Payment], total: Int) {
        try await store.payments(filter, limit: page.limit, offset: page.offset)
    }

    /// One payment with every step it ever took.
    func story(of id: UUID) async throws -> (payment: Payment, history: [PaymentHistoryLine]) {
        guard let payment = try await store.payment(id: id) else { throw PaymentError.notFound }
        return (payment, try await store.history(of: id))
    }

    /// Where the payment of a reservation stands.
    func standing(of reservationID: UUID) async throws -> PaymentAPI.Standing {
        guard let payment = try await store.payment(reservationID: reservationID) else { return .init(state: .none, orderID: nil) }
        return .init(state: payment.progress, orderID: payment.orderID)
    }

    /// Ends a payment that is stuck: by what Toss says now, or, when Toss says nothing, by giving its seats up; what turns out to be
    /// charged goes back later. Returns how it stands after a few seconds at most.
    /// - Throws: `PaymentError.notStuck` for one that is over and on which both books agree, or that nobody began to pay.
    func settle(_ id: UUID) async throws -> Payment {
        guard let payment = try await store.payment(id: id) else { throw PaymentError.notFound }
        guard let asked = try await store.askSettlement(id: id, driver: UUID()) else { throw PaymentError.notStuck }
        let ended = await settlements.value(payment.id, within: answerTime) { [saga] in await saga.drive(asked) }
        if let ended = ended ?? nil { return ended }
        return try await store.payment(id: id) ?? asked
    }
}
