// What payment and the gateway ask about reservations. Only other services get here; amounts are whole won.
import TiketiCore
import TiketiNet

struct InternalReservationRoutes: Sendable {
    let reservations: ReservationService

    func install(on router: Router, auth: InternalAuth) {
        router.group("/internal/reservations", use: auth) { group in
            group.on(.get, "/") { try await list($0) }
            group.on(.get, "/:id") { ReservationRoutes.one(.ok, try await reservations.get(try $0.uuidParameter("id"))) }
            group.on(.patch, "/:id/status") { try await setStatus($0) }
            group.on(.post, "/:id/paying") { try await paying($0) }
            group.on(.post, "/:id/confirm") { try await confirm($0) }
            group.on(.post, "/:id/payment-failed") { try await paymentFailed($0) }
            group.on(.post, "/:id/payment-released") { try await paymentReleased($0) }
            group.on(.post, "/:id/refunded") { try await refunded($0) }
        }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query)
        let filter = ReservationFilter(
            status: try query.choice("status", as: ReservationStatus.self), eventID: try query.uuid("eventId"),
            userID: try query.uuid("userId"), search: try query.string("search", max: 100))
        let found = try await reservations.reservations.list(filter, page)
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

    private func paying(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let user = fields.uuid("userId")
        let order = fields.string("orderId", max: 100)
        let amount = fields.won("amount", in: 0...99_999_999)
        let seconds = fields.int("seconds", in: 1...86_400)
        try fields.finish()
        return ReservationRoutes.one(
            .ok, try await reservations.lease(id, user: user, order: order, amount: String(amount), seconds: seconds))
    }

    private func confirm(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let order = fields.string("orderId", max: 100)
        let payment = fields.optionalString("paymentId", max: 100)
        let amount = fields.won("amount", in: 0...99_999_999)
        try fields.finish()
        try await reservations.confirm(id, order: order, payment: payment, amount: String(amount))
        return ReservationRoutes.one(.ok, try await reservations.get(id))
    }

    private func paymentFailed(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let order = fields.string("orderId", max: 100)
        try fields.finish()
        try await reservations.paymentFailed(id, order: order)
        return ReservationRoutes.one(.ok, try await reservations.get(id))
    }

    private func paymentReleased(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let order = fields.string("orderId", max: 100)
        try fields.finish()
        try await reservations.endLease(id, order: order)
        return ReservationRoutes.one(.ok, try await reservations.get(id))
    }

    private func refunded(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        let order = fields.optionalString("orderId", max: 100)
        try fields.finish()
        try await reservations.refunded(id, order: order)
        return ReservationRoutes.one(.ok, try await reservations.get(id))
    }
}
