// Words in two languages that a search takes for one, for admins.
import TiketiCore
import TiketiNet

/// `/api/admin/keywords`.
struct KeywordRoutes: Sendable {
    let keywords: KeywordService
    let admins: AdminCheck
    /// How POSTs are taken: by administrators alone, and once for each Idempotency-Key.
    let posts: RouteOptions

    func install(on router: some RouterMethods) {
        router.get("/api/admin/keywords") { try await list($0) }
        router.post("/api/admin/keywords", posts) { try await create($0) }
        router.put("/api/admin/keywords/:id", .admin) { try await update($0) }
        router.delete("/api/admin/keywords/:id") { try await delete($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        let query = context.query
        let page = try Page.read(from: query)
        let found = try await keywords.list(search: try query.string("search", max: 100), page)
        return .success { json in
            json.array("keywords", found.keywords) { json, keyword in json.object { keyword.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        let korean = fields.string("korean", max: 100)
        let english = fields.string("english", max: 100)
        let type = fields.value("entityType") == nil ? .artist : fields.choice("entityType", as: KeywordType.self)
        try fields.finish()
        let keyword = try await keywords.create(korean: korean, english: english, type: type ?? .artist, by: actor)
        return Self.answer(keyword, .created)
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        var change = KeywordChange()
        change.korean = fields.optionalString("korean", min: 1, max: 100)
        change.english = fields.optionalString("english", min: 1, max: 100)
        if fields.value("entityType") != nil { change.entityType = fields.choice("entityType") }
        try fields.finish()
        return Self.answer(try await keywords.update(try context.uuidParameter("id"), change, by: actor))
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        try await keywords.delete(try context.uuidParameter("id"), by: actor)
        return .success()
    }

    private static func answer(_ keyword: Keyword, _ status: HTTPStatus = .ok) -> HTTPResponse {
        .success(status) { json in json.object("keyword") { keyword.write(to: &$0) } }
    }
}
