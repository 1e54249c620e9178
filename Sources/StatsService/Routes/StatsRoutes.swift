// Reports for admins.
import TiketiCore
import TiketiNet

struct StatsRoutes: Sendable {
    let reports: ReportService
    let sessions: SessionCheck

    func install(on router: some RouterMethods) {
        let admin = RouteOptions(middleware: [CurrentAdmin(sessions)])
        router.get("/api/stats", admin) { try await totals($0) }
        router.get("/api/stats/events", admin) { try await events($0) }
        router.get("/api/stats/revenue", admin) { try await revenue($0) }
        router.get("/api/stats/payments", admin) { try await payments($0) }
        router.get("/api/stats/dashboard", admin) { try await dashboard($0) }
    }

    private func totals(_ context: RequestContext) async throws -> HTTPResponse {
        let totals = try await reports.totals()
        return .success { json in json.object("stats") { totals.write(to: &$0) } }
    }

    private func events(_ context: RequestContext) async throws -> HTTPResponse {
        let events = try await reports.events()
        return .success { json in json.array("eventStats", events) { json, event in json.object { event.write(to: &$0) } } }
    }

    private func revenue(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let days = try await reports.revenue(
            from: try query.string("from"), to: try query.string("to"), group: try query.choice("group", as: RevenueGroup.self) ?? .day)
        return .success { json in json.array("revenueByDate", days) { json, day in json.object { day.write(to: &$0) } } }
    }

    private func payments(_ context: RequestContext) async throws -> HTTPResponse {
        let outcomes = try await reports.payments()
        return .success { json in json.object("payments") { outcomes.write(to: &$0) } }
    }

    private func dashboard(_ context: RequestContext) async throws -> HTTPResponse {
        let board = try await reports.dashboard()
        return .success { json in json.object("dashboard") { board.write(to: &$0) } }
    }
}
