// What the gateway asks for organisers, and realtime for joins. Only other services get here.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalEventRoutes: Sendable {
    let events: EventService
    let seatsPerUser: Int

    func install(on router: some RouterMethods) {
        router.answer(TicketAPI.events) { try await list($0) }
        router.answer(TicketAPI.createEvent, .admin) { try await create($0) }
        router.answer(TicketAPI.event) { Self.one(.ok, try await events.fresh(try $0.uuidParameter("id"))) }
        router.answer(TicketAPI.updateEvent, .admin) { try await update($0) }
        router.answer(TicketAPI.deleteEvent) { try await delete($0) }
        router.answer(TicketAPI.cancelEvent) { try await cancel($0) }
        router.answer(TicketAPI.eventVersion, .quiet) { try await version($0) }
    }

    private static func one(_ status: HTTPStatus, _ detail: EventDetail) -> HTTPResponse {
        .success(status) { EventJSON.admin(detail, &$0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query, default: 10)
        let status = try query.choice("status", as: EventStatus.self)
        let search = try query.searchTerms()
        let found = try await events.page(page, status: status, search: search)
        return .success(capacity: 4096) {
            $0.array("data", found.events) { writer, event in writer.object { EventJSON.adminSummary(event, &$0) } }
            $0.pagination(page, total: found.total)
        }
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let draft = EventDraft(
            title: fields.string("title"), description: fields.optionalString("description", max: 20_000, lines: true),
            venue: fields.string("venue"),
            address: fields.optionalString("address", max: 500), eventDate: fields.timestamp("eventDate"),
            saleStartDate: fields.timestamp("saleStartDate"), saleEndDate: fields.timestamp("saleEndDate"),
            posterImageURL: fields.optionalString("posterImageUrl", max: 2000), artistName: fields.optionalString("artistName"),
            queueEnabled: fields.optionalBool("queueEnabled") ?? false, seatLayoutID: fields.optionalUUID("seatLayoutId"),
            createdBy: fields.optionalUUID("createdBy"), layout: layout(&fields))
        if fields.errors.isEmpty, draft.saleStartDate >= draft.saleEndDate { fields.fail("saleEndDate", "must be after saleStartDate") }
        try fields.finish()
        return Self.one(.created, try await events.create(draft))
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        for fixed in ["seatLayout", "seatLayoutId"] where fields.has(fixed) { fields.fail(fixed, "can't be changed; make a new event") }
        func clearable(_ name: String, max: Int, lines: Bool = false) -> String?? {
            fields.has(name) ? .some(fields.optionalString(name, max: max, lines: lines)) : nil
        }
        let changes = EventChanges(
            title: fields.optionalString("title", min: 1), description: clearable("description", max: 20_000, lines: true),
            venue: fields.optionalString("venue", min: 1), address: clearable("address", max: 500),
            eventDate: fields.optionalTimestamp("eventDate"), saleStartDate: fields.optionalTimestamp("saleStartDate"),
            saleEndDate: fields.optionalTimestamp("saleEndDate"), posterImageURL: clearable("posterImageUrl", max: 2000),
            artistName: clearable("artistName", max: 255), queueEnabled: fields.optionalBool("queueEnabled"))
        try fields.finish()
        return Self.one(.ok, try await events.update(id, changes))
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        try await events.delete(try context.uuidParameter("id"))
        return .success()
    }

    private func cancel(_ context: RequestContext) async throws -> HTTPResponse {
        let (detail, refunds) = try await events.cancel(try context.uuidParameter("id"))
        return .success {
            EventJSON.admin(detail, &$0)
            $0.member("refunds", refunds)
        }
    }

    private func version(_ context: RequestContext) async throws -> HTTPResponse {
        let version = try await events.version(try context.uuidParameter("id"))
        return .success { TicketAPI.SeatMapVersion(version: version).write(to: &$0) }
    }

    private func layout(_ fields: inout FieldReader) -> SeatLayout {
        var faults: [ContractFault] = []
        let layout = SeatLayout.read(
            fields.value("seatLayout"), field: "seatLayout", seatsPerUser: seatsPerUser, clean: TextNormalizer.line, faults: &faults)
        for fault in faults { fields.fail(fault.field, fault.message) }
        return layout ?? SeatLayout(sections: [])
    }
}
