// Seat layouts and the audit trail, for admins.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

struct LayoutRoutes: Sendable {
    let layouts: LayoutStore
    let audit: AuditStore
    let admins: AdminCheck

    func install(on router: Router, _ writes: RouteOptions) {
        router.get("/api/admin/seat-layouts") { try await list($0) }
        router.post("/api/admin/seat-layouts", writes) { try await create($0) }
        router.get("/api/admin/audit") { try await trail($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await admins.require(context)
        let page = try Page.read(from: context.query)
        let found = try await layouts.list(limit: page.limit, offset: page.offset)
        return .success { json in
            json.array("seatLayouts", found.layouts) { json, layout in json.object { layout.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        var fields = try await context.fields()
        let name = fields.string("name", max: 100)
        let description = fields.optionalString("description", max: 2000, lines: true)
        // The layout under either of the names that the API shows it by, or its sections at the top level.
        let field = fields.has("layoutConfig") ? "layoutConfig" : "seatLayout"
        let value = fields.value(field) ?? fields.value("sections").map { .object([JSONValue.Member("sections", $0)]) }
        var faults: [ContractFault] = []
        let layout = SeatLayout.read(value, field: field, faults: &faults)
        for fault in faults { fields.fail(fault.field, fault.message) }
        try fields.finish()
        guard let layout else { throw APIError.internal }
        let stored = try await layouts.create(
            name: name, description: description, layout: layout, audit: AuditEntry(context, by: admin, "layout.create", "seat-layout"))
        return .success(.created) { json in json.object("seatLayout") { stored.write(to: &$0) } }
    }

    private func trail(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await admins.require(context)
        let query = context.query
        let page = try Page.read(from: query)
        let found = try await audit.list(
            entityType: try query.string("entityType"), entityID: try query.string("entityId"), limit: page.limit, offset: page.offset)
        return try .success { json in
            try json.array("audit", found.rows) { json, row in
                try json.object { json in
                    json.member("id", try row.int("id"))
                    json.member("at", try row.timestamp("at"))
                    json.member("actorId", try row.uuid("actor_id"))
                    json.member("actorEmail", try row.string("actor_email"))
                    json.member("action", try row.string("action"))
                    json.member("entityType", try row.string("entity_type"))
                    json.member("entityId", try row.stringOrNil("entity_id"))
                    json.member("outcome", try row.string("outcome"))
                    json.member("before", raw: try row.stringOrNil("before").map { Array($0.utf8) })
                    json.member("after", raw: try row.stringOrNil("after").map { Array($0.utf8) })
                    json.member("requestId", try row.string("request_id"))
                    json.member("address", try row.string("address"))
                }
            }
            json.pagination(page, total: found.total)
        }
    }
}
