// /api/reservations: decode, authorise, call, encode.
import TiketiContracts
import TiketiCore
import TiketiNet

struct ReservationRoutes: Sendable {
    let reservations: ReservationService
    let sessions: SessionCheck
    /// What repeats answers by their `Idempotency-Key`.
    let repeats: [any Middleware]

    func install(on router: some RouterMethods) {
        let live = RouteOptions(middleware: [LiveSession(sessions)])
        router.post("/api/reservations", RouteOptions(middleware: [LiveSession(sessions)] + repeats)) { try await create($0) }
        router.get("/api/reservations/my") { try await mine($0) }
        router.get("/api/reservations/:id", RouteOptions(middleware: [CurrentRole(sessions)])) { try await get($0) }
        router.put("/api/reservations/:id/cancel", live) { try await cancel($0) }
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        var fields = try await context.fields()
        let event = fields.uuid("eventId")
        let seats = fields.uuids("seatIds", min: 1, max: 100)
        try fields.finish()
        let made = try await reservations.create(event: event, seats: seats, user: user)
        context.logger.info("reservation", metadata: ["reservationId": "\(made.id)", "eventId": "\(event)", "userId": "\(user)"])
        return Self.one(.created, made)
    }

    private func mine(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        let page = try Page.read(from: context.query)
        let found = try await reservations.list(of: user, page)
        return Self.list(found.reservations, page, total: found.total)
    }

    private func get(_ context: RequestContext) async throws -> HTTPResponse {
        let principal = try context.requirePrincipal()
        let reservation = try await reservations.get(try context.uuidParameter("id"), for: principal)
        let standing = await reservations.standing(of: reservation)
        return .success {
            TicketAPI.ReservationAnswer.write(reservation, to: &$0) { $0.object("payment") { standing.writeMembers(to: &$0) } }
        }
    }

    private func cancel(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        let id = try context.uuidParameter("id")
        let isOver = try await reservations.cancel(id, owner: user, .user)
        context.logger.info(
            "reservation cancelled", metadata: ["reservationId": "\(id)", "userId": "\(user)", "isOver": "\(isOver)"])
        return Self.cancelled(isOver, try await reservations.get(id))
    }

    /// 202 while the money is on its way back: the seats are free when it has arrived.
    static func cancelled(_ isOver: Bool, _ reservation: Reservation) -> HTTPResponse {
        .success(isOver ? .ok : .accepted) {
            $0.member("message", isOver ? "Reservation cancelled" : "The refund is under way")
            TicketAPI.ReservationAnswer.write(reservation, to: &$0)
        }
    }

    static func one(_ status: HTTPStatus, _ reservation: Reservation) -> HTTPResponse {
        .success(status) { TicketAPI.ReservationAnswer.write(reservation, to: &$0) }
    }

    static func list(_ reservations: [Reservation], _ page: Page, total: Int) -> HTTPResponse {
        .success(capacity: 512 + reservations.count * 800) {
            $0.array("reservations", reservations) { writer, reservation in
                writer.object { reservation.writeMembers(to: &$0) }
            }
            $0.pagination(page, total: total)
        }
    }
}
