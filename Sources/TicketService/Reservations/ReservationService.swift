// Reservations from creation to their end, with the internal steps that payment asks for.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet

/// Creates, reads, cancels and refunds reservations.
struct ReservationService: Sendable {
    let reservations: ReservationStore
    let seats: SeatService
    let announcer: Announcer
    let statuses: StatusService
    let payments: any PaymentClient
    let logger: Logger
    let created: Counter

    func create(event: UUID, seats ids: [UUID], user: UUID) async throws -> Reservation {
        let id = UUID()
        let (reservation, change) = try await seats.take(ids, user) {
            try await reservations.create(id, event: event, seats: ids, user: user)
        }
        await announcer.announce(change)
        created.increment()
        return reservation
    }

    func get(_ id: UUID, for principal: Principal) async throws -> Reservation {
        guard let found = try await reservations.get(id), principal.isAdmin || found.userID == principal.userID else {
            throw TicketError.reservationNotFound
        }
        return found
    }

    /// Where the payment of a reservation stands. When payment does not answer, what the reservation itself says; an open one is `unknown`
    /// then.
    func standing(of reservation: Reservation) async -> PaymentAPI.Standing {
        if let standing = await payments.standing(of: reservation.id) { return standing }
        let state: PaymentAPI.Progress =
            switch reservation.paymentStatus {
            case "completed": .confirmed
            case "refunded": .refunded
            case "failed": .failed
            default: .unknown
            }
        return PaymentAPI.Standing(state: state, orderID: nil)
    }

    /// A user's own, newest first.
    func list(of user: UUID, _ page: Page) async throws -> (reservations: [Reservation], total: Int) {
        try await reservations.list(of: user, page)
    }

    /// What an admin looks for, newest first.
    func list(_ filter: ReservationFilter, _ page: Page) async throws -> (reservations: [Reservation], total: Int) {
        try await reservations.list(filter, page)
    }

    func get(_ id: UUID) async throws -> Reservation {
        guard let found = try await reservations.get(id) else { throw TicketError.reservationNotFound }
        return found
    }

    /// Ends a reservation for its owner, or for an admin when `owner` is nil. True when it is over, false while a refund is under way.
    func cancel(_ id: UUID, owner: UUID?, _ reason: CloseReason) async throws -> Bool {
        switch try await reservations.close(id, owner: owner, reason) {
        case .closed(let change):
            await announce(change)
            return true
        case .alreadyCancelled, .otherOrder: return true
        case .confirmed: return try await refund(id, reason)
        }
    }

    /// Gives a sold reservation's money back, then its seats. False while payment has not finished.
    func refund(_ id: UUID, _ reason: CloseReason) async throws -> Bool {
        try await reservations.requestRefund(id, reason)
        FaultPoint.reach("refund-noted")
        // A cancelled event's buyers are many and nobody waits for each: payment queues them.
        let answer = try await payments.refund(id, reason: reason.rawValue, waits: reason != .eventCancelled)
        FaultPoint.reach("refund-heard")
        switch answer {
        case .refunding:
            try await reservations.refundIsKnown(id)
            return false
        case .unsettled: return false
        case .refunded, .nothingPaid:
            // Payment reports the same through `refunded`; the first of the two does it.
            try await refunded(id, order: nil)
            return true
        }
    }

    // MARK: Payment's steps

    func lease(_ id: UUID, _ request: TicketAPI.LeaseRequest) async throws {
        try await reservations.lease(id, request)
        FaultPoint.reach("lease-committed")
    }

    func confirm(_ id: UUID, _ sale: TicketAPI.ConfirmRequest) async throws {
        let change = try await reservations.confirm(id, sale)
        FaultPoint.reach("sale-committed")
        await announce(change)
    }

    /// The order was declined and the hold lives on: its lease ends now, and the reservation has its own end again.
    func endLease(_ id: UUID, order: String) async throws {
        try await reservations.endLease(id, order: order)
        FaultPoint.reach("lease-ended")
    }

    func paymentFailed(_ id: UUID, order: String) async throws {
        let closing = try await reservations.close(id, .paymentFailed, order: order)
        FaultPoint.reach("failure-committed")
        if case .closed(let change) = closing { await announce(change) }
    }

    func refunded(_ id: UUID, order: String?) async throws {
        let closing = try await reservations.close(id, .refunded, order: order)
        FaultPoint.reach("refund-committed")
        if case .closed(let change) = closing { await announce(change) }
    }

    private func announce(_ change: SeatChange?) async {
        guard let change else { return }
        await announcer.announce(change)
        if change.turnsSoldOut { await statuses.refresh(change.eventID) }
    }
}
