// Admin pages about what other services own: the request goes to the owner's internal API, its answer comes back as it is.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

struct AdminRoutes: Sendable {
    let admins: AdminCheck
    let writes: AdminWrites
    let layouts: LayoutStore
    let ticket: InternalClient
    let auth: InternalClient
    let payment: InternalClient

    func install(on router: Router, _ writes: RouteOptions) {
        router.get("/api/admin/events") { try await read($0, ticket, TicketAPI.events.path()) }
        router.post("/api/admin/events", writes) { try await createEvent($0) }
        router.get("/api/admin/events/:id") { try await read($0, ticket, TicketAPI.event.path($0.uuidParameter("id"))) }
        router.put("/api/admin/events/:id", .admin) { try await event($0, "event.update", TicketAPI.updateEvent) { try await $0.json() } }
        router.delete("/api/admin/events/:id") { try await event($0, "event.delete", TicketAPI.deleteEvent) }
        router.post("/api/admin/events/:id/cancel", writes) {
            try await event($0, "event.cancel", TicketAPI.cancelEvent) { try await Self.optionalBody($0) }
        }
        router.get("/api/admin/reservations") { try await read($0, ticket, TicketAPI.reservations.path()) }
        router.patch("/api/admin/reservations/:id/status") { try await reservationStatus($0) }
        router.get("/api/admin/payments") { try await read($0, payment, "/internal/payments") }
        router.get("/api/admin/payments/:id") { try await read($0, payment, "/internal/payments/\($0.uuidParameter("id"))") }
        router.get("/api/admin/users") { try await read($0, auth, "/internal/users") }
        router.patch("/api/admin/users/:id/role") { try await userRole($0) }
    }

    /// The query goes along as it came.
    private func read(_ context: RequestContext, _ service: InternalClient, _ path: String) async throws -> HTTPResponse {
        _ = try await admins.require(context)
        let query = context.request.query
        return Self.response(try await ask(context, service, .get, query.isEmpty ? path : "\(path)?\(query)"))
    }

    private func createEvent(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        let fields = try await context.fields()
        let layout = try await resolveLayout(fields)
        guard case .object(var members) = try await context.json() else { throw APIError.validation("body", "must be a JSON object") }
        members.removeAll { $0.key == "seatLayout" || $0.key == "createdBy" }
        if let layout { members.append(JSONValue.Member("seatLayout", try JSONValue.parse(layout.encoded))) }
        members.append(JSONValue.Member("createdBy", .string(admin.userID.description)))
        let body = JSONValue.object(members)
        let subject = AdminWrites.Subject(action: "event.create", type: "event", id: nil, member: "event")
        return Self.response(
            try await writes.perform(context, by: admin, subject) {
                try await ask(context, ticket, TicketAPI.createEvent.method, TicketAPI.createEvent.path(), body)
            })
    }

    /// The layout of `seatLayoutId` or `seatLayout`. With neither, ticket names that among everything else that is missing.
    private func resolveLayout(_ fields: FieldReader) async throws -> SeatLayout? {
        var fields = fields
        let id = fields.optionalUUID("seatLayoutId")
        let inline = fields.value("seatLayout")
        if fields.value("seatLayoutId") != nil, inline != nil { fields.fail("seatLayout", "must not come with seatLayoutId") }
        var faults: [ContractFault] = []
        var layout: SeatLayout?
        if let inline { layout = SeatLayout.read(inline, field: "seatLayout", faults: &faults) }
        if let id, fields.errors.isEmpty {
            if let stored = try await layouts.find(id: id) {
                layout = SeatLayout.read(
                    try JSONValue.parse(stored.config), field: "seatLayoutId", faults: &faults)
            } else {
                fields.fail("seatLayoutId", "is not a known layout")
            }
        }
        for fault in faults { fields.fail(fault.field, fault.message) }
        try fields.finish()
        return layout
    }

    private func event(
        _ context: RequestContext, _ action: String, _ call: Endpoint,
        body: (RequestContext) async throws -> JSONValue? = { _ in nil }
    ) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        let id = try context.uuidParameter("id")
        let body = try await body(context)
        let subject = AdminWrites.Subject(action: action, type: "event", id: id.description, member: "event")
        return Self.response(
            try await writes.perform(context, by: admin, subject) {
                try await current(context, TicketAPI.event.path(id), "event")
            } write: {
                try await ask(context, ticket, call.method, call.path(id), body)
            })
    }

    private func reservationStatus(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        let id = try context.uuidParameter("id")
        let body = try await context.json()
        let subject = AdminWrites.Subject(
            action: "reservation.status", type: "reservation", id: id.description, member: "reservation")
        return Self.response(
            try await writes.perform(context, by: admin, subject) {
                try await current(context, TicketAPI.reservation.path(id), "reservation")
            } write: {
                try await ask(
                    context, ticket, TicketAPI.setReservationStatus.method, TicketAPI.setReservationStatus.path(id), body)
            })
    }

    private func userRole(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        let id = try context.uuidParameter("id")
        let fields = try await context.fields()
        // The last administrator must not lock everybody out by a slip.
        if id == admin.userID, fields.value("role")?.stringValue != Role.admin.rawValue {
            throw APIError.conflict("OWN_ROLE", "Administrators can't take the role from themselves")
        }
        let body = try await context.json()
        let subject = AdminWrites.Subject(action: "user.role", type: "user", id: id.description, member: "user")
        var answer = try await writes.perform(context, by: admin, subject) {
            try await ask(context, auth, .patch, "/internal/users/\(id)/role", body)
        }
        if case .object(let members) = answer.body { answer.body = .object(members.filter { $0.key != "before" }) }
        return Self.response(answer)
    }

    /// The thing as it is now, for the record; 404 when there is none.
    private func current(_ context: RequestContext, _ path: String, _ member: String) async throws -> JSONValue? {
        let answer = try await ask(context, ticket, .get, path)
        if answer.status.code == 404 { throw APIError.notFound }
        return answer.succeeded ? answer.body[member] : nil
    }

    private func ask(
        _ context: RequestContext, _ service: InternalClient, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil
    ) async throws -> AdminWrites.Answer {
        let (status, body) = try await service.call(method, path, json: body, context: context)
        return AdminWrites.Answer(status: status, body: body)
    }

    private static func optionalBody(_ context: RequestContext) async throws -> JSONValue? {
        context.request.body.isEmpty ? nil : try await context.json()
    }

    /// The owner's refusals reach the admin as they are: same envelope, same codes, this request's id.
    private static func response(_ answer: AdminWrites.Answer) -> HTTPResponse { .json(answer.status, bytes: answer.body.encoded) }
}
