// GET /api/events, /api/events/:id, /api/tickets/event/:id: decode, call, encode.
import TiketiCore
import TiketiNet

struct EventRoutes: Sendable {
    let events: EventService

    func install(on router: some RouterMethods) {
        router.get("/api/events") { try await list($0) }
        router.get("/api/events/:id") { .json(bytes: try await events.detail(try $0.uuidParameter("id"))) }
        router.get("/api/tickets/event/:id") { .json(bytes: try await events.ticketTypes(try $0.uuidParameter("id"))) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query, default: 10)
        let status = try query.choice("status", as: EventStatus.self)
        let search = try query.searchTerms()
        return .json(bytes: try await events.list(page, status: status, search: search))
    }
}
