// What the gateway asks for organisers, and realtime for joins. Only other services get here.
import TiketiCore
import TiketiNet

struct InternalEventRoutes: Sendable {
    let events: EventService

    func install(on router: Router, auth: InternalAuth) {
        router.group("/internal/events", use: auth) { group in
            group.on(.get, "/") { try await list($0) }
            group.on(.post, "/", .admin) { try await create($0) }
            group.on(.get, "/:id") { Self.one(.ok, try await events.fresh(try $0.uuidParameter("id"))) }
            group.on(.put, "/:id", .admin) { try await update($0) }
            group.on(.delete, "/:id") { try await delete($0) }
            group.on(.post, "/:id/cancel") { try await cancel($0) }
            group.on(.get, "/:id/version", .quiet) { try await version($0) }
        }
    }

    private static func one(_ status: HTTPStatus, _ detail: EventDetail) -> HTTPResponse {
        .success(status) { EventJSON.admin(detail, &$0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query, default: 10)
        let status = try query.choice("status", as: EventStatus.self)
        let search = try query.string("search", max: 100).flatMap { SearchTerms($0) }
        let found = try await events.events.page(page, status: status, search: search)
        return .success(capacity: 4096) {
            $0.array("data", found.events) { writer, event in writer.object { EventJSON.adminSummary(event, &$0) } }
            $0.pagination(page, total: found.total)
        }
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let draft = EventDraft(
            title: fields.string("title"), description: fields.optionalString("description", max: 20_000), venue: fields.string("venue"),
            address: fields.optionalString("address", max: 500), eventDate: fields.timestamp("eventDate"),
            saleStartDate: fields.timestamp("saleStartDate"), saleEndDate: fields.timestamp("saleEndDate"),
            posterImageURL: fields.optionalString("posterImageUrl", max: 2000), artistName: fields.optionalString("artistName"),
            queueEnabled: fields.optionalBool("queueEnabled") ?? false, seatLayoutID: fields.optionalUUID("seatLayoutId"),
            createdBy: fields.optionalUUID("createdBy"), sections: LayoutReader.sections(&fields))
        if fields.errors.isEmpty, draft.saleStartDate >= draft.saleEndDate { fields.fail("saleEndDate", "must be after saleStartDate") }
        try fields.finish()
        return Self.one(.created, try await events.create(draft))
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        var fields = try await context.fields()
        for fixed in ["seatLayout", "seatLayoutId"] where fields.has(fixed) { fields.fail(fixed, "can't be changed; make a new event") }
        func clearable(_ name: String, max: Int) -> String?? { fields.has(name) ? .some(fields.optionalString(name, max: max)) : nil }
        let changes = EventChanges(
            title: fields.optionalString("title", min: 1), description: clearable("description", max: 20_000),
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
        return .success { $0.member("version", version) }
    }
}

/// Reads `seatLayout: {"sections":[{"name","rows","seatsPerRow","price","startRow"?}]}`.
enum LayoutReader {
    /// Seats one event may have.
    static let most = 100_000

    static func sections(_ fields: inout FieldReader) -> [SectionDraft] {
        guard fields.value("seatLayout") != nil else {
            fields.fail("seatLayout", "is required")
            return []
        }
        guard var layout = fields.object("seatLayout") else { return [] }
        var sections: [SectionDraft] = []
        for (index, value) in layout.array("sections", min: 1, max: 200).enumerated() {
            guard var section = layout.element(value, of: "sections", at: index) else { continue }
            sections.append(
                SectionDraft(
                    name: section.string("name", max: 100), rows: section.int("rows", in: 1...1000),
                    seatsPerRow: section.int("seatsPerRow", in: 1...1000), startRow: section.optionalInt("startRow", in: 1...100_000) ?? 1,
                    price: section.won("price", in: 0...99_999_999)))
            layout.absorb(section)
        }
        if layout.errors.isEmpty { check(sections, &layout) }
        fields.absorb(layout)
        return sections
    }

    private static func check(_ sections: [SectionDraft], _ layout: inout FieldReader) {
        if sections.reduce(0, { $0 + $1.seats }) > most { layout.fail("sections", "must have at most \(most) seats together") }
        for (index, section) in sections.enumerated() {
            let rows = section.startRow..<section.startRow + section.rows
            let clash = sections[..<index].contains { other in
                other.name == section.name && rows.overlaps(other.startRow..<other.startRow + other.rows)
            }
            if clash { layout.fail("sections[\(index)].startRow", "makes rows that the section has already") }
        }
    }
}
