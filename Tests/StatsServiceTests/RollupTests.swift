// The numbers against real facts: what counts, on which day, in whatever order and however often the facts come.
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import StatsService

@Suite struct RollupTests {
    @Test func totalsCountWhatWasSoldAndKept() async throws {
        let stats = try await StatsFixture.make()
        let event = try await stats.event(seats: 30)
        try await stats.reservation(event: event, seats: 3, amount: 300, state: .confirmed)
        try await stats.reservation(event: event, seats: 2, amount: 200, state: .pending)
        try await stats.reservation(event: event, seats: 4, amount: 400, state: .cancelled)
        try await stats.reservation(event: event, seats: 1, amount: 100, state: .refunded)
        try await stats.reservation(event: event, seats: 4, amount: 50, state: .confirmed, confirmed: "now() - interval '3 days'")
        #expect(try await stats.follow() == 6)
        let totals = try await stats.get("/api/stats").json["stats"]
        #expect(totals?["totalEvents"]?.intValue == 1)
        #expect(totals?["totalReservations"]?.intValue == 2)
        #expect(totals?["totalRevenue"]?.intValue == 350)
        // Today: one kept, one sold and given back.
        #expect(totals?["todayReservations"]?.intValue == 1)
        #expect(totals?["todayRevenue"]?.intValue == 300)
        let row = try await stats.get("/api/stats/events").json["eventStats"]?[0]
        #expect(row?["eventId"]?.stringValue == event)
        #expect(row?["eventTitle"]?.stringValue == "공연")
        #expect(row?["totalReservations"]?.intValue == 2)
        #expect(row?["totalRevenue"]?.intValue == 350)
        #expect(row?["availableSeats"]?.intValue == 30 - 7 - 2)
        #expect(row?["soldOutPercentage"]?.doubleValue == 23.3)
        try await stats.close()
    }

    @Test func aLifeIsFollowedStepByStepOrAtOnce() async throws {
        for stepwise in [true, false] {
            let stats = try await StatsFixture.make()
            let event = try await stats.event(seats: 10)
            let id = UUID().description
            for state in [StatsFixture.State.pending, .confirmed, .refunded] {
                try await stats.reservation(id, event: event, seats: 5, amount: 500, state: state, confirmed: "now() - interval '2 days'")
                if stepwise { try await stats.follow(limit: 1) }
            }
            try await stats.follow()
            let totals = try await stats.get("/api/stats").json["stats"]
            #expect(totals?["totalReservations"]?.intValue == 0)
            #expect(totals?["totalRevenue"]?.intValue == 0)
            // The sale stays on its day, the refund is booked on today.
            #expect(totals?["todayRevenue"]?.intValue == -500)
            let days = try await stats.get("/api/stats/revenue").json["revenueByDate"]?.arrayValue ?? []
            #expect(days.count == 30)
            #expect(days.map { $0["revenue"]?.intValue ?? 0 }.suffix(3) == [500, 0, -500])
            #expect(try await stats.get("/api/stats/events").json["eventStats"]?[0]?["availableSeats"]?.intValue == 10)
            try await stats.close()
        }
    }

    /// Two transactions may get their numbers in one order and change the reservation in the other: the later state stands.
    @Test func olderFactsChangeNothing() async throws {
        let stats = try await StatsFixture.make()
        let event = try await stats.event()
        let id = UUID().description
        try await stats.reservation(id, event: event, amount: 700, state: .confirmed)
        try await stats.database.query(
            """
            INSERT INTO ticket_schema.outbox (kind, payload)
            SELECT 'reservation', payload || '{"status":"pending","paymentStatus":"pending","confirmedAt":null}' FROM ticket_schema.outbox
            WHERE kind = 'reservation'
            """)
        try await stats.follow(limit: 1)
        try await stats.follow()
        #expect(try await stats.get("/api/stats").json["stats"]?["totalRevenue"]?.intValue == 700)
        try await stats.close()
    }

    @Test func factsOfOpenTransactionsAreNotSkipped() async throws {
        let stats = try await StatsFixture.make()
        let event = try await stats.event()
        try await stats.follow()
        let writer = stats.database.pool()
        let facts = stats.facts
        try await EventLoopGroup.shared.next().run {
            try await writer.transaction { transaction in
                _ = try await transaction.execute(
                    "INSERT INTO ticket_schema.outbox (kind, payload) VALUES ('event.deleted', jsonb_build_object('id', $1::text))",
                    [.text(event)])
                // A later transaction commits first; nothing beyond the open one may be taken yet.
                try await stats.reservation(event: event, amount: 900, state: .confirmed)
                #expect(try await facts.applyNext(limit: 100) == 0)
            }
        }
        #expect(try await stats.follow() == 2)
        let totals = try await stats.get("/api/stats").json["stats"]
        #expect(totals?["totalEvents"]?.intValue == 0)
        #expect(totals?["totalRevenue"]?.intValue == 900)
        await writer.close()
        try await stats.close()
    }

    @Test func followersDoNotCountTwice() async throws {
        let stats = try await StatsFixture.make()
        let event = try await stats.event(seats: 1000)
        for _ in 0..<40 { try await stats.reservation(event: event, seats: 1, amount: 10, state: .confirmed) }
        let facts = stats.facts
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await EventLoopGroup.shared.next().run {
                        for _ in 0..<20 { _ = try await facts.applyNext(limit: 7) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await stats.follow()
        #expect(try await stats.get("/api/stats").json["stats"]?["totalRevenue"]?.intValue == 400)
        try await stats.close()
    }

    @Test func aRebuildGivesTheSameNumbers() async throws {
        let stats = try await StatsFixture.make()
        let events = [try await stats.event("하나", seats: 50), try await stats.event("둘", seats: 70)]
        for (index, event) in events.enumerated() {
            try await stats.reservation(
                event: event, seats: 2, amount: 100 + index, state: .confirmed, confirmed: "now() - interval '1 day'")
            try await stats.reservation(event: event, seats: 3, amount: 30, state: .pending)
            try await stats.reservation(event: event, seats: 1, amount: 70, state: .refunded, confirmed: "now() - interval '9 days'")
        }
        try await stats.follow()
        func numbers() async throws -> [JSONValue] {
            var all: [JSONValue] = []
            for path in ["/api/stats", "/api/stats/events", "/api/stats/revenue?group=month"] { all.append(try await stats.get(path).json) }
            return all
        }
        let before = try await numbers()
        #expect(try await stats.app.send(.post, "/internal/stats/rebuild").status == 401)
        let answer = try await stats.app.send(.post, "/internal/stats/rebuild", token: CommonConfig.developmentInternalToken)
        #expect(answer.status == 200)
        #expect(try await numbers() == before)
        // Facts after the rebuild go on from there, and those before it do no harm if they come again.
        try await stats.reservation(event: events[0], amount: 1, state: .confirmed)
        #expect(try await stats.follow() == 1)
        try await stats.database.query("UPDATE stats_schema.feeds SET last_id = 0")
        try await stats.follow()
        let totals = try await stats.get("/api/stats").json["stats"]
        #expect(totals?["totalRevenue"]?.intValue == 202)
        #expect(totals?["totalReservations"]?.intValue == 3)
        try await stats.close()
    }

    /// An event that was deleted took its reservations with it; what was sold and given back stays on its days, also after a rebuild.
    @Test func aRebuildKeepsWhatADeletedEventSold() async throws {
        let stats = try await StatsFixture.make()
        let gone = try await stats.event("지움", seats: 50)
        let kept = try await stats.event("남음", seats: 70)
        try await stats.reservation(event: gone, amount: 500, state: .refunded, confirmed: "now() - interval '3 days'")
        try await stats.reservation(event: gone, amount: 40, state: .cancelled)
        try await stats.reservation(event: kept, amount: 100, state: .confirmed)
        try await stats.follow()
        try await stats.database.query("DELETE FROM ticket_schema.reservations WHERE event_id = $1::uuid", [gone])
        try await stats.database.query(
            """
            WITH gone AS (DELETE FROM ticket_schema.event_counters WHERE event_id = $1::uuid),
                event AS (DELETE FROM ticket_schema.events WHERE id = $1::uuid)
            INSERT INTO ticket_schema.outbox (kind, payload) VALUES ('event.deleted', jsonb_build_object('id', $1::text))
            """, [gone])
        try await stats.follow()
        func numbers() async throws -> [JSONValue] {
            var all: [JSONValue] = []
            for path in ["/api/stats", "/api/stats/events", "/api/stats/revenue", "/api/stats/revenue?group=month"] {
                all.append(try await stats.get(path).json)
            }
            return all
        }
        let before = try await numbers()
        #expect(before[2]["revenueByDate"]?.arrayValue?.suffix(4).map { $0["revenue"]?.intValue } == [500, 0, 0, -400])
        for _ in 0..<2 {
            let answer = try await stats.app.send(.post, "/internal/stats/rebuild", token: CommonConfig.developmentInternalToken)
            #expect(answer.status == 200)
            #expect(try await numbers() == before)
        }
        try await stats.close()
    }
}
