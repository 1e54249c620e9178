// Seat layouts, for admins.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// `/api/admin/seat-layouts`.
struct LayoutRoutes: Sendable {
    let layouts: LayoutService
    let admins: AdminCheck
    /// How POSTs are taken: by administrators alone, and once for each Idempotency-Key.
    let posts: RouteOptions

    func install(on router: some RouterMethods) {
        router.get("/api/admin/seat-layouts") { try await list($0) }
        router.post("/api/admin/seat-layouts", posts) { try await create($0) }
        router.get("/api/admin/seat-layouts/:id") { try await find($0) }
        router.put("/api/admin/seat-layouts/:id", .admin) { try await update($0) }
        router.delete("/api/admin/seat-layouts/:id") { try await delete($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        let page = try Page.read(from: context.query)
        let found = try await layouts.list(page)
        return .success { json in
            json.array("seatLayouts", found.layouts) { json, layout in json.object { layout.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func find(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        guard let layout = try await layouts.find(try context.uuidParameter("id")) else { throw APIError.notFound }
        return Self.answer(layout)
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        let name = fields.string("name", max: 100)
        let description = fields.optionalString("description", max: 2000, lines: true)
        let layout = Self.layout(&fields, isRequired: true)
        try fields.finish()
        guard let layout else { throw APIError.internal }
        return Self.answer(try await layouts.create(name: name, description: description, layout: layout, by: actor), .created)
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        var change = LayoutChange()
        change.name = fields.optionalString("name", min: 1, max: 100)
        change.setsDescription = fields.has("description")
        change.description = fields.optionalString("description", max: 2000, lines: true)
        change.layout = Self.layout(&fields, isRequired: false)
        try fields.finish()
        return Self.answer(try await layouts.update(try context.uuidParameter("id"), change, by: actor))
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        try await layouts.delete(try context.uuidParameter("id"), by: actor)
        return .success()
    }

    /// The layout under either of the names that the API shows it by, or its sections at the top level.
    private static func layout(_ fields: inout FieldReader, isRequired: Bool) -> SeatLayout? {
        let field = fields.has("layoutConfig") ? "layoutConfig" : "seatLayout"
        let value = fields.value(field) ?? fields.value("sections").map { .object([JSONValue.Member("sections", $0)]) }
        if value == nil, !isRequired { return nil }
        var faults: [ContractFault] = []
        let layout = SeatLayout.read(value, field: field, clean: TextNormalizer.line, faults: &faults)
        for fault in faults { fields.fail(fault.field, fault.message) }
        return layout
    }

    private static func answer(_ layout: StoredLayout, _ status: HTTPStatus = .ok) -> HTTPResponse {
        .success(status) { json in json.object("seatLayout") { layout.write(to: &$0) } }
    }
}
