// What payment and the gateway ask about reservations. Only other services get here; amounts are whole won.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalReservationRoutes: Sendable {
    let reservations: ReservationService

    func install(on router: some RouterMethods) {
        router.answer(TicketAPI.reservations) { try await list($0) }
        router.answer(TicketAPI.reservation) { ReservationRoutes.one(.ok, try await reservations.get(try $0.uuidParameter("id"))) }
        router.answer(TicketAPI.setReservationStatus) { try await setStatus($0) }
        router.answer(TicketAPI.lease) { context in
            try await reservations.lease(context.uuidParameter("id"), context.contract(TicketAPI.LeaseRequest.init))
            return .success()
        }
        router.answer(TicketAPI.confirm) { context in
            try await reservations.confirm(context.uuidParameter("id"), context.contract(TicketAPI.ConfirmRequest.init))
            return .success()
        }
        router.answer(TicketAPI.paymentFailed) { try await report($0) { try await reservations.paymentFailed($0, order: $1) } }
        router.answer(TicketAPI.paymentReleased) { try await report($0) { try await reservations.endLease($0, order: $1) } }
        router.answer(TicketAPI.refunded) { context in
            let id = try context.uuidParameter("id")
            try await reservations.refunded(id, order: context.contract(TicketAPI.OrderReport.init).orderID)
            return .success()
        }
    }

    /// What became of an order, which has to be named. Payment asks for nothing but whether it was taken.
    private func report(_ context: RequestContext, _ write: (UUID, String) async throws -> Void) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        guard let order = try await context.contract(TicketAPI.OrderReport.init).orderID else {
            throw APIError.validation("orderId", "is required")
        }
        try await write(id, order)
        return .success()
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query)
        let filter = ReservationFilter(
            status: try query.choice("status", as: ReservationStatus.self), eventID: try query.uuid("eventId"),
            userID: try query.uuid("userId"), search: try query.string("search", max: 100))
        let found = try await reservations.list(filter, page)
        return ReservationRoutes.list(found.reservations, page, total: found.total)
    }

    /// An admin can only cancel; a paid reservation is refunded.
    private func setStatus(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let status = fields.string("status")
        if fields.errors.isEmpty, status != ReservationStatus.cancelled.rawValue { fields.fail("status", "can only be set to cancelled") }
        try fields.finish()
        let isOver = try await reservations.cancel(id, owner: nil, .admin)
        return ReservationRoutes.cancelled(isOver, try await reservations.get(id))
    }
}
