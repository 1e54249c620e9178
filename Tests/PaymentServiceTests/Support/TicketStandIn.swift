import TiketiContracts
import TiketiCore
import TiketiNet

/// Ticket's internal API as the contract between the services has it, with reservations in memory and switches for trouble.
final class TicketStandIn: Sendable {
    struct Reservation: Sendable {
        var userID: UUID
        var amount: Int64
        var status = "pending"
        var paymentStatus = "pending"
        var expiresAt = Timestamp.now().adding(seconds: 900)
        var payingOrder: String?
        var payingUntil: Timestamp?
        var cancelReason: String?
        var eventIsCancelled = false
        /// Its seats are lost in the moment before the confirmation arrives: after the charge.
        var endsBeforeConfirm = false

        var isRunning: Bool { max(expiresAt, payingUntil ?? expiresAt) > Timestamp.now() }
    }

    struct State: Sendable {
        var reservations: [UUID: Reservation] = [:]
        var calls: [String] = []
        /// Calls whose last path segment is in here are answered 503.
        var down: Set<String> = []
    }

    let state = Locked<State>(State())

    func add(userID: UUID, amount: Int64) -> UUID {
        let id = UUID()
        state.withLock { $0.reservations[id] = Reservation(userID: userID, amount: amount) }
        return id
    }

    subscript(_ id: UUID) -> Reservation? { state.withLock { $0.reservations[id] } }

    func change(_ id: UUID, _ body: (inout Reservation) -> Void) {
        state.withLock { state in
            if var reservation = state.reservations[id] {
                body(&reservation)
                state.reservations[id] = reservation
            }
        }
    }

    func down(_ calls: Set<String>) { state.withLock { $0.down = calls } }

    func calls(_ name: String, of id: UUID) -> Int { state.withLock { $0.calls.filter { $0 == "\(name) \(id)" }.count } }

    func router(token: String) -> Router {
        let router = Router()
        router.group("/internal/reservations", use: InternalAuth(token: token)) { group in
            group.on(.get, "/:id") { context in
                let id = try context.uuidParameter("id")
                guard let found = self[id] else { throw APIError.notFound }
                return Self.answer(id, found)
            }
            group.on(.post, "/:id/paying") { context in
                var fields = try await context.fields()
                let user = fields.uuid("userId")
                let order = fields.string("orderId")
                let amount = fields.won("amount", in: TicketAPI.amounts)
                let seconds = fields.int("seconds", in: 0...3600)
                try fields.finish()
                return try self.act("paying", context) { reservation in
                    guard reservation.userID == user else { throw APIError.notFound }
                    guard reservation.amount == amount else { throw APIError.badRequest("AMOUNT_MISMATCH", "amount") }
                    let now = Timestamp.now()
                    let frozen = reservation.payingUntil.map { $0 > now } ?? false
                    guard reservation.status == "pending", !reservation.eventIsCancelled, frozen || reservation.expiresAt > now else {
                        throw APIError.conflict("RESERVATION_EXPIRED", "expired")
                    }
                    if frozen, reservation.payingOrder != order { throw APIError.conflict("PAYMENT_IN_PROGRESS", "busy") }
                    reservation.payingOrder = order
                    reservation.payingUntil = now.adding(seconds: seconds)
                }
            }
            group.on(.post, "/:id/confirm") { context in
                try self.act("confirm", context) { reservation in
                    if reservation.status == "confirmed" { return }
                    guard reservation.status == "pending" else { throw APIError.conflict("RESERVATION_EXPIRED", "expired") }
                    reservation.status = "confirmed"
                    reservation.paymentStatus = "completed"
                }
            }
            group.on(.post, "/:id/payment-failed") { context in
                try self.act("payment-failed", context) { reservation in
                    guard reservation.status == "pending" else { return }
                    reservation.status = "cancelled"
                    reservation.paymentStatus = "failed"
                    reservation.cancelReason = "payment_failed"
                }
            }
            group.on(.post, "/:id/payment-released") { context in
                var fields = try await context.fields()
                let order = fields.string("orderId")
                try fields.finish()
                return try self.act("payment-released", context) { reservation in
                    if reservation.payingOrder == order { reservation.payingUntil = nil }
                }
            }
            group.on(.post, "/:id/refunded") { context in
                try self.act("refunded", context) { reservation in
                    if reservation.status == "cancelled", reservation.paymentStatus == "refunded" { return }
                    reservation.status = "cancelled"
                    reservation.paymentStatus = "refunded"
                }
            }
        }
        return router
    }

    private func act(_ name: String, _ context: RequestContext, _ body: (inout Reservation) throws -> Void) throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        return try state.withLock { state throws -> HTTPResponse in
            state.calls.append("\(name) \(id)")
            if state.down.contains(name) { throw APIError.unavailable() }
            guard var reservation = state.reservations[id] else { throw APIError.notFound }
            if name == "confirm", reservation.endsBeforeConfirm {
                reservation.status = "cancelled"
                state.reservations[id] = reservation
            }
            try body(&reservation)
            state.reservations[id] = reservation
            return Self.answer(id, reservation)
        }
    }

    private static func answer(_ id: UUID, _ reservation: Reservation) -> HTTPResponse {
        let now = Timestamp.now()
        let shown = TicketAPI.Reservation(
            id: id, number: "TKT-20260315-00001", userID: reservation.userID, eventID: id, eventTitle: "공연", eventDate: now, venue: "Hall",
            seatsJSON: Array("[]".utf8), totalAmount: String(reservation.amount),
            // As ticket's database sees it: a pending reservation ends by the clock.
            status: reservation.status == "pending" && !reservation.isRunning ? "cancelled" : reservation.status,
            paymentStatus: reservation.paymentStatus, expiresAt: reservation.expiresAt, createdAt: now)
        return .success { TicketAPI.ReservationAnswer.write(shown, to: &$0) }
    }
}
