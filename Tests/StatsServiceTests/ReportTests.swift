// Who may read the reports, and the bounds of what can be asked.
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import StatsService

@Suite struct ReportTests {
    @Test func onlyAdminsMayRead() async throws {
        let stats = try await StatsFixture.make()
        let user = JWT.sign(
            Principal(userID: UUID(), email: "u@example.com", role: .user), secret: CommonConfig.developmentJWTSecret,
            lifetime: .seconds(60))
        for path in ["", "/events", "/revenue", "/payments", "/dashboard"] {
            #expect(try await stats.app.get("/api/stats" + path).code == "NO_TOKEN")
            #expect(try await stats.app.get("/api/stats" + path, token: user).code == "ADMIN_REQUIRED")
            #expect(try await stats.get("/api/stats" + path).status == 200)
        }
        try await stats.close()
    }

    @Test func spansAreBounded() async throws {
        let stats = try await StatsFixture.make()
        func days(_ query: String) async throws -> [JSONValue]? {
            try await stats.get("/api/stats/revenue?" + query).json["revenueByDate"]?.arrayValue
        }
        #expect(try await days("from=2026-01-01&to=2026-01-31")?.count == 31)
        #expect(
            try await days("from=2024-02-28&to=2024-03-01")?.map { $0["date"]?.stringValue } == ["2024-02-28", "2024-02-29", "2024-03-01"])
        #expect(
            try await days("from=2026-01-15&to=2026-03-02&group=month")?.map { $0["date"]?.stringValue } == [
                "2026-01", "2026-02", "2026-03",
            ])
        #expect(try await days("to=2026-01-31")?.first?["date"]?.stringValue == "2026-01-02")
        #expect(try await days("from=2020-01-01")?.last?["date"]?.stringValue == "2020-01-30")
        #expect(try await days("from=2025-01-01&to=2026-02-04")?.count == 400)
        for bad in ["from=2025-01-01&to=2026-02-05", "from=2026-02-02&to=2026-02-01", "from=2026-02-30", "to=yesterday", "group=week"] {
            let answer = try await stats.get("/api/stats/revenue?" + bad)
            #expect(answer.status == 400, "\(bad)")
            #expect(answer.code == "VALIDATION_FAILED")
        }
        try await stats.close()
    }

    @Test func theDashboardHasEverything() async throws {
        let stats = try await StatsFixture.make()
        let event = try await stats.event()
        for _ in 0..<12 { try await stats.reservation(event: event, amount: 5, state: .confirmed) }
        try await stats.follow()
        let board = try await stats.get("/api/stats/dashboard").json["dashboard"]
        #expect(board?["totalRevenue"]?.intValue == 60)
        #expect(board?["eventStats"]?.arrayValue?.count == 1)
        #expect(board?["revenueByDate"]?.arrayValue?.count == 30)
        #expect(board?["recentReservations"]?.arrayValue?.count == 10)
        #expect(board?["payments"]?["confirmed"]?["payments"]?.intValue == 0)
        #expect(board?["recentReservations"]?[0]?["eventTitle"]?.stringValue == "공연")
        // Redis is away: the rest stands.
        #expect(board?["queue"]?["waiting"] == .null)
        try await stats.close()
    }

    @Test func daysAreDays() {
        for text in ["1970-01-01", "2000-02-29", "2024-12-31", "0001-01-01", "9999-12-31"] {
            #expect(CalendarDay(text)?.description == text)
        }
        for text in ["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-1-01", "24-01-01", "2024-01-00", "2024-01-32", "x", ""] {
            #expect(CalendarDay(text) == nil, "\(text)")
        }
        #expect(CalendarDay("1970-01-01")?.number == 0)
        #expect(CalendarDay("2026-03-15")?.number == 20_527)
        #expect(CalendarDay("2024-02-28")?.adding(2).description == "2024-03-01")
    }
}
