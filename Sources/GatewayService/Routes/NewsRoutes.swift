// News: everybody reads, admins write.
import TiketiCore
import TiketiNet

/// `/api/news` and `/api/admin/news`.
struct NewsRoutes: Sendable {
    let news: NewsService
    let rendered: RenderedNews
    let admins: AdminCheck
    /// How POSTs are taken: by administrators alone, and once for each Idempotency-Key.
    let posts: RouteOptions

    func install(on router: some RouterMethods) {
        router.get("/api/news") { try await list($0) }
        router.get("/api/news/:id") { try await find($0) }
        router.get("/api/admin/news") { try await listAll($0) }
        router.get("/api/admin/news/:id") { try await findAny($0) }
        router.post("/api/news", posts) { try await create($0) }
        router.put("/api/news/:id", .admin) { try await update($0) }
        router.delete("/api/news/:id") { try await delete($0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        try await answer(.published, Page.read(from: context.query))
    }

    /// Drafts too; `?status=draft` those alone.
    private func listAll(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        let query = context.query
        return try await answer(query.choice("status") ?? NewsSelection.all, Page.read(from: query))
    }

    private func answer(_ selection: NewsSelection, _ page: Page) async throws -> HTTPResponse {
        let found = try await news.list(selection, page)
        return .success { json in
            json.array("news", found.items) { json, item in json.object { item.write(to: &$0) } }
            json.pagination(page, total: found.total)
        }
    }

    private func find(_ context: RequestContext) async throws -> HTTPResponse {
        let isView = context.method == .get && !Self.isPrefetch(context.request.headers)
        return try await page(try await news.read(try context.uuidParameter("id"), isView: isView))
    }

    private func findAny(_ context: RequestContext) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        return try await page(try await news.find(try context.uuidParameter("id")))
    }

    private func create(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        let text = NewsText(
            title: fields.string("title", max: 200), content: fields.string("content", max: 100_000, lines: true),
            isPinned: fields.optionalBool("isPinned") ?? false, isDraft: fields.optionalBool("isDraft") ?? false)
        try fields.finish()
        return Self.answer(try await news.create(text, by: actor), .created)
    }

    private func update(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        var fields = try await context.fields()
        let change = NewsChange(
            title: fields.optionalString("title", min: 1, max: 200),
            content: fields.optionalString("content", min: 1, max: 100_000, lines: true),
            isPinned: fields.optionalBool("isPinned"), isDraft: fields.optionalBool("isDraft"))
        try fields.finish()
        return Self.answer(try await news.update(try context.uuidParameter("id"), change, by: actor))
    }

    private func delete(_ context: RequestContext) async throws -> HTTPResponse {
        let actor = try await context.requireAdmin(admins)
        try await news.delete(try context.uuidParameter("id"), by: actor)
        return .success()
    }

    /// A browser that fetches what its user may want next says so: `Sec-Purpose: prefetch`, before that `Purpose` and `X-Moz`.
    private static func isPrefetch(_ headers: HTTPHeaders) -> Bool {
        ["sec-purpose", "purpose", "x-purpose", "x-moz"].contains { headers[$0]?.lowercased().hasPrefix("pre") == true }
    }

    /// One item with its content as a page shows it.
    private func page(_ item: NewsItem) async throws -> HTTPResponse { Self.answer(item, html: try await rendered.html(of: item)) }

    private static func answer(_ item: NewsItem, _ status: HTTPStatus = .ok, html: String? = nil) -> HTTPResponse {
        .success(status, capacity: item.content.utf8.count + (html?.utf8.count ?? 0) + 512) { json in
            json.object("news") { json in
                item.write(to: &json)
                if let html { json.member("html", html) }
            }
        }
    }
}
