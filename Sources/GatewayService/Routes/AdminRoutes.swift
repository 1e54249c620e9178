// Admin pages about what other services own: the request goes to the owner's internal API, its answer comes back as it is.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// `/api/admin/events`, `reservations`, `payments` and `users`.
struct AdminRoutes: Sendable {
    let admins: AdminCheck
    let writes: AuditedWrites
    let layouts: LayoutService
    let ticket: OwnerClient
    let auth: OwnerClient
    let payment: OwnerClient
    /// How POSTs are taken: by administrators alone, and once for each Idempotency-Key.
    let posts: RouteOptions

    func install(on router: some RouterMethods) {
        router.get("/api/admin/events") { try await read($0, ticket, TicketAPI.events.path()) }
        router.post("/api/admin/events", posts) { try await createEvent($0) }
        router.get("/api/admin/events/:id") { try await read($0, ticket, TicketAPI.event.path($0.uuidParameter("id"))) }
        router.put("/api/admin/events/:id", .admin) {
            try await event($0, "event.update", TicketAPI.updateEvent) { try await Self.changes($0) }
        }
        router.delete("/api/admin/events/:id") { try await event($0, "event.delete", TicketAPI.deleteEvent) }
        router.post("/api/admin/events/:id/cancel", posts) {
            try await event($0, "event.cancel", TicketAPI.cancelEvent, recent: true) { try await Self.optionalBody($0) }
        }
        router.get("/api/admin/reservations") { try await read($0, ticket, TicketAPI.reservations.path()) }
        router.patch("/api/admin/reservations/:id/status") { try await reservationStatus($0) }
        router.get("/api/admin/payments") { try await read($0, payment, PaymentAPI.payments.path()) }
        router.get("/api/admin/payments/:id") { try await read($0, payment, PaymentAPI.payment.path($0.uuidParameter("id"))) }
        router.post("/api/admin/payments/:id/settle", posts) { try await settle($0) }
        router.get("/api/admin/users") { try await read($0, auth, AuthAPI.users.path()) }
        router.patch("/api/admin/users/:id/role") { try await userRole($0) }
        router.get("/api/admin/users/:id/sessions") { try await read($0, auth, AuthAPI.userSessions.path($0.uuidParameter("id"))) }
        router.delete("/api/admin/users/:id/sessions") { try await endSessions($0) }
    }

    /// The query goes along as it came.
    private func read(_ context: RequestContext, _ service: OwnerClient, _ path: String) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        let query = context.request.query
        return Self.response(try await service.ask(context, .get, query.isEmpty ? path : "\(path)?\(query)"))
    }

    private func createEvent(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        let fields = try await context.fields()
        let layout = try await resolveLayout(fields)
        guard case .object(var members) = try await context.json() else { throw APIError.validation("body", "must be a JSON object") }
        try Self.checkPoster(fields)
        members.removeAll { $0.key == "seatLayout" || $0.key == "createdBy" }
        if let layout { members.append(JSONValue.Member("seatLayout", try JSONValue.parse(layout.encoded))) }
        members.append(JSONValue.Member("createdBy", .string(actor.id.description)))
        let body = JSONValue.object(members)
        let subject = AuditedWrites.Subject(action: "event.create", type: "event", id: nil, member: "event")
        return Self.response(
            try await writes.perform(by: actor, subject) {
                try await ticket.ask(context, TicketAPI.createEvent.method, TicketAPI.createEvent.path(), body)
            })
    }

    private static func changes(_ context: RequestContext) async throws -> JSONValue {
        try checkPoster(try await context.fields())
        return try await context.json()
    }

    /// A poster is a page's image: by http or https, or uploaded here. Every other scheme does something else in a browser.
    private static func checkPoster(_ fields: FieldReader) throws(APIError) {
        guard let url = fields.value("posterImageUrl")?.stringValue, !url.trimmed.isEmpty else { return }
        guard PosterURL.isAllowed(url.trimmed) else {
            throw .validation("posterImageUrl", "must be an http or https address, or an image uploaded here")
        }
    }

    /// The layout of `seatLayoutId` or `seatLayout`. With neither, ticket names that among everything else that is missing.
    private func resolveLayout(_ fields: FieldReader) async throws -> SeatLayout? {
        var fields = fields
        let id = fields.optionalUUID("seatLayoutId")
        let inline = fields.value("seatLayout")
        if fields.value("seatLayoutId") != nil, inline != nil { fields.fail("seatLayout", "must not come with seatLayoutId") }
        var faults: [ContractFault] = []
        var layout: SeatLayout?
        if let inline { layout = SeatLayout.read(inline, field: "seatLayout", clean: TextNormalizer.line, faults: &faults) }
        if let id, fields.errors.isEmpty {
            if let stored = try await layouts.find(id) {
                layout = SeatLayout.read(
                    try JSONValue.parse(stored.config), field: "seatLayoutId", clean: TextNormalizer.line, faults: &faults)
            } else {
                fields.fail("seatLayoutId", "is not a known layout")
            }
        }
        for fault in faults { fields.fail(fault.field, fault.message) }
        try fields.finish()
        return layout
    }

    private func event(
        _ context: RequestContext, _ action: String, _ call: Endpoint, recent: Bool = false,
        body: (RequestContext) async throws -> JSONValue? = { _ in nil }
    ) async throws -> HTTPResponse {
        let actor = recent ? try await context.requireRecentAdmin(admins) : try await context.requireAdmin(admins)
        let id = try context.uuidParameter("id")
        let body = try await body(context)
        let subject = AuditedWrites.Subject(action: action, type: "event", id: id.description, member: "event")
        return Self.response(
            try await writes.perform(by: actor, subject) {
                try await current(context, ticket, TicketAPI.event.path(id), "event")
            } write: {
                try await ticket.ask(context, call.method, call.path(id), body)
            })
    }

    private func settle(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        let id = try context.uuidParameter("id")
        let body = try await Self.optionalBody(context)
        let subject = AuditedWrites.Subject(action: "payment.settle", type: "payment", id: id.description, member: "payment")
        return Self.response(
            try await writes.perform(by: actor, subject) {
                try await current(context, payment, PaymentAPI.payment.path(id), "payment")
            } write: {
                try await payment.ask(context, PaymentAPI.settle.method, PaymentAPI.settle.path(id), body)
            })
    }

    private func reservationStatus(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        let id = try context.uuidParameter("id")
        let body = try await context.json()
        let subject = AuditedWrites.Subject(action: "reservation.status", type: "reservation", id: id.description, member: "reservation")
        return Self.response(
            try await writes.perform(by: actor, subject) {
                try await current(context, ticket, TicketAPI.reservation.path(id), "reservation")
            } write: {
                try await ticket.ask(context, TicketAPI.setReservationStatus.method, TicketAPI.setReservationStatus.path(id), body)
            })
    }

    private func userRole(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireRecentAdmin(admins)
        let id = try context.uuidParameter("id")
        let fields = try await context.fields()
        // The last administrator must not lock everybody out by a slip.
        if id == actor.id, fields.value(AuthAPI.roleField)?.stringValue != Role.admin.rawValue {
            throw APIError.conflict("OWN_ROLE", "Administrators can't take the role from themselves")
        }
        let body = try await context.json()
        let subject = AuditedWrites.Subject(action: "user.role", type: "user", id: id.description, member: "user")
        return Self.withoutBefore(
            try await writes.perform(by: actor, subject) {
                try await auth.ask(context, AuthAPI.changeRole.method, AuthAPI.changeRole.path(id), body)
            })
    }

    /// Signs a user out everywhere: a lost phone, a stolen password.
    private func endSessions(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        let id = try context.uuidParameter("id")
        let subject = AuditedWrites.Subject(action: "user.sessions.end", type: "user", id: id.description, member: "sessions")
        return Self.withoutBefore(
            try await writes.perform(by: actor, subject) {
                try await auth.ask(context, AuthAPI.endUserSessions.method, AuthAPI.endUserSessions.path(id))
            })
    }

    /// What was before is for the record alone.
    private static func withoutBefore(_ answer: OwnerAnswer) -> HTTPResponse {
        var answer = answer
        if case .object(let members) = answer.body { answer.body = .object(members.filter { $0.key != "before" }) }
        return response(answer)
    }

    /// The thing as it is now, for the record; 404 when there is none.
    private func current(
        _ context: RequestContext, _ owner: OwnerClient, _ path: String, _ member: String
    ) async throws -> JSONValue? {
        let answer = try await owner.ask(context, .get, path)
        if answer.status == 404 { throw APIError.notFound }
        return answer.succeeded ? answer.body[member] : nil
    }

    private static func optionalBody(_ context: RequestContext) async throws -> JSONValue? {
        context.request.body.isEmpty ? nil : try await context.json()
    }

    /// The owner's refusals reach the admin as they are: same envelope, same codes, this request's id.
    private static func response(_ answer: OwnerAnswer) -> HTTPResponse { .json(HTTPStatus(answer.status), bytes: answer.body.encoded) }
}
