// News: everybody reads, admins write.
import TiketiCore
import TiketiNet

struct NewsRoutes: Sendable {
    let store: NewsStore
    let admins: AdminCheck

    func install(on router: Router, _ writes: RouteOptions) {
        router.get("/api/news") { try await list($0) }
        router.get("/api/news/:id") { try await find($0) }
        router.post("/api/news", writes) { try await create($0) }
        router.put("/api/news/:id", .admin) { try await update($0) }
        router.delete("/api/news/:id") { try await delete($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let page = try Page.read(from: context.query)
        let found = try await store.list(limit: page.limit, offset: page.offset)
        return .success { json in
            json.array("news", found.items) { json, item in json.object { item.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func find(_ context: RequestContext) async throws -> HTTPResponse {
        guard let item = try await store.view(id: try context.uuidParameter("id")) else { throw APIError.notFound }
        return Self.answer(item)
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        var fields = try await context.fields()
        let title = fields.string("title", max: 200)
        let content = fields.string("content", max: 100_000, lines: true)
        let pinned = fields.optionalBool("isPinned") ?? false
        try fields.finish()
        let item = try await store.create(
            title: title, content: content, isPinned: pinned, authorID: admin.userID, authorEmail: admin.email,
            audit: AuditEntry(context, by: admin, "news.create", "news"))
        return Self.answer(item, .created)
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        var fields = try await context.fields()
        let change = NewsChange(
            title: fields.optionalString("title", min: 1, max: 200),
            content: fields.optionalString("content", min: 1, max: 100_000, lines: true),
            isPinned: fields.optionalBool("isPinned"))
        try fields.finish()
        let id = try context.uuidParameter("id")
        guard let item = try await store.update(id: id, change, audit: AuditEntry(context, by: admin, "news.update", "news")) else {
            throw APIError.notFound
        }
        return Self.answer(item)
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        let id = try context.uuidParameter("id")
        guard try await store.delete(id: id, audit: AuditEntry(context, by: admin, "news.delete", "news")) else { throw APIError.notFound }
        return .success()
    }

    private static func answer(_ item: NewsItem, _ status: HTTPStatus = .ok) -> HTTPResponse {
        .success(status, capacity: item.content.utf8.count + 512) { json in json.object("news") { item.write(to: &$0) } }
    }
}
