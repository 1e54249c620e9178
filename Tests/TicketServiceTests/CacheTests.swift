// Redis makes reading fast and nothing else: whatever it holds, lacks or forgets, seats go to whom PostgreSQL says.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct CacheTests {
    /// A lock key of somebody else, a wiped Redis and a dead one: holds, releases and sales go on.
    @Test func redisNeitherRefusesNorSellsASeat() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())
        _ = try await fixture.client.send(["SET", "reservation:lock:\(seats[0])", "somebody"])
        #expect(try await fixture.hold([seats[0]], as: anna).status == 200)
        _ = try await fixture.client.send(["FLUSHALL"])
        #expect(try await fixture.hold([seats[0]], as: ben).code == "SEATS_UNAVAILABLE")
        fixture.redis.kill()
        #expect(try await fixture.hold([seats[0]], as: ben).code == "SEATS_UNAVAILABLE")
        #expect(try await fixture.hold([seats[1]], as: ben).status == 200)
        let id = try #require(try await fixture.reserve(event, [seats[1]], as: ben).reservationID)
        #expect(try await fixture.pay(id, ben, order: "O1", amount: 1000).status == 200)
        #expect(try await fixture.release([seats[0]], as: anna).json["released"]?.arrayValue?.count == 1)
        #expect(try await fixture.call(.get, "/api/events").json["data"]?.arrayValue?.count == 1)
        #expect(try await fixture.call(.get, "/api/events/\(event)").status == 200)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func keysHaveTheirNamesAndLivesAndNobodySearchesForThem() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        // What is asked for twice is kept.
        for _ in 0..<2 { _ = try await fixture.call(.get, "/api/events?page=2&limit=10&status=on_sale&search=Te%20st") }
        _ = try await fixture.call(.get, "/api/events/\(event)")
        _ = try await fixture.call(.get, "/api/tickets/event/\(event)")
        _ = try await fixture.call(.get, "/api/seats/\(event)")
        for (key, seconds) in [
            ("events:list:on_sale:2:10:st te", 300), ("event:\(event)", 60), ("tickets:\(event)", 300), ("seats:\(event)", 30),
        ] {
            let life = try await fixture.client.send(["PTTL", RedisArgument(key)]).int ?? -2
            #expect(life > Int64(seconds) * 1000 - 5000 && life <= Int64(seconds) * 1000, "\(key): \(life)")
        }
        #expect(try await fixture.hold([seats[0]], as: user).status == 200)
        let lock = try await fixture.client.send(["TTL", "reservation:lock:\(seats[0])"]).int ?? 0
        #expect(lock > 895 && lock <= 900)
        _ = try await fixture.inside(.put, "/internal/events/\(event)", "{\"title\":\"Other\"}")
        _ = try await fixture.release([seats[0]], as: user)
        _ = try await fixture.inside(.post, "/internal/events/\(event)/cancel")
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["title"]?.stringValue == "Other")
        let statistics = try await fixture.client.send(["INFO", "commandstats"]).string ?? ""
        #expect(statistics.contains("cmdstat_set:"))
        for command in ["keys", "scan", "flushall", "flushdb"] { #expect(!statistics.contains("cmdstat_\(command):"), "\(command)") }
        try await fixture.close()
    }

    /// A thousand readers after a change: PostgreSQL is asked a few times, not a thousand.
    @Test func oneMissFillsForEverybody() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 100)
        func calls() async throws -> Int {
            try await fixture.database.query(
                "SELECT coalesce(sum(idx_scan + seq_scan), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'events'"
            ).first?.int(0) ?? 0
        }
        let before = try await calls()
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<600 {
                group.addTask {
                    let path = ["/api/events/\(event)", "/api/tickets/event/\(event)", "/api/events?limit=7"][index % 3]
                    let status = try await fixture.call(.get, path).status
                    #expect(status == 200)
                }
            }
            try await group.waitForAll()
        }
        // A server process reports what it counted before it ends, at the latest.
        await fixture.pool.close()
        try await eventually {
            try await fixture.database.query(
                "SELECT FROM pg_stat_activity WHERE usename = 'tiketi_ticket' AND datname = current_database()"
            )
            .isEmpty
        }
        #expect(try await calls() - before < 120)
        try await fixture.close()
    }

    /// Long texts can't fill Redis: a cached page has no descriptions, and answers made from it have them all the same, as they are now.
    @Test func cachedListsCarryNoDescriptions() async throws {
        let fixture = try await TicketFixture.make()
        let (event, _) = try await fixture.event()
        let (plain, _) = try await fixture.event()
        func describe(_ text: String) async throws {
            #expect(try await fixture.inside(.put, "/internal/events/\(event)", "{\"description\":\"\(text)\"}").status == 200)
        }
        func listed(_ app: TestApp) async throws -> [UUID: String] {
            let answer = try await app.get("/api/events?limit=10")
            #expect(answer.json["pagination"]?["total"]?.intValue == 2)
            return (answer.json["data"]?.arrayValue ?? []).reduce(into: [:]) { all, each in
                guard let id = each["id"]?.stringValue.flatMap({ UUID($0) }) else { return }
                all[id] = each["description"]?.stringValue ?? "none"
            }
        }
        try await describe(#"The \"description\":null of {\"id\":\"0\"} 소개"#)
        let text = #"The "description":null of {"id":"0"} 소개"#
        let other = try await TicketFixture.reader(of: fixture)
        for app in [fixture.app, fixture.app, other, other] { #expect(try await listed(app) == [event: text, plain: "none"]) }
        let kept = try await fixture.client.get("events:list:all:1:10:").map { String(decoding: $0, as: UTF8.self) }
        #expect(kept?.contains(event.description) == true && kept?.contains("소개") == false)
        try await describe("Changed")
        for app in [fixture.app, fixture.app, other, other] { #expect(try await listed(app) == [event: "Changed", plain: "none"]) }
        try await fixture.close()
    }

    @Test func cachedListsHaveABudget() {
        let budget = ListCacheBudget()
        let pages = (0..<1000).count { _ in budget.takes(64 << 10, now: 1) }
        #expect(pages == ListCacheBudget.limit / (64 << 10))
        #expect(!budget.takes(64 << 10, now: ListCacheBudget.life.nanoseconds - 1))
        #expect(budget.takes(64 << 10, now: ListCacheBudget.life.nanoseconds + 1))
    }

    @Test func everyListIsPaged() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        for seat in seats[0..<3] { #expect(try await fixture.reserve(event, [seat], as: user).status == 201) }
        let page = try await fixture.call(.get, "/api/reservations/my?page=2&limit=2", as: user)
        #expect(page.json["reservations"]?.arrayValue?.count == 1)
        #expect(page.json["pagination"]?["total"]?.intValue == 3 && page.json["pagination"]?["totalPages"]?.intValue == 2)
        let all = try await fixture.inside(.get, "/internal/reservations?limit=2&eventId=\(event)&status=pending")
        #expect(all.json["reservations"]?.arrayValue?.count == 2 && all.json["pagination"]?["total"]?.intValue == 3)
        for bad in ["page=0", "page=-1", "limit=0", "limit=101", "page=x", "limit=9999999999999999999"] {
            #expect(try await fixture.call(.get, "/api/reservations/my?\(bad)", as: user).status == 400, "\(bad)")
            #expect(try await fixture.inside(.get, "/internal/reservations?\(bad)").status == 400, "\(bad)")
            #expect(try await fixture.inside(.get, "/internal/events?\(bad)").status == 400, "\(bad)")
        }
        try await fixture.close()
    }

    /// Holds under one key: the second is the first's answer, another body is refused, and another user's key is another key.
    @Test func theSameIdempotencyKeyHoldsOnce() async throws {
        let fixture = try await TicketFixture.make()
        let (_, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())
        func hold(_ seat: Int, _ user: UUID) async throws -> TestResponse {
            try await fixture.call(
                .post, "/api/seats/reserve", as: user, headers: ["Idempotency-Key": "one"], TicketFixture.ids([seats[seat]]))
        }
        let first = try await hold(0, anna)
        #expect(first.status == 200)
        #expect(try await fixture.release([seats[0]], as: anna).status == 200)
        let again = try await hold(0, anna)
        #expect(again.text == first.text && again.headers["Idempotency-Replayed"] == "true")
        #expect(try await fixture.database.query("SELECT FROM ticket_schema.seats WHERE status <> 'available'").isEmpty)
        #expect(try await hold(1, anna).code == "IDEMPOTENCY_MISMATCH")
        #expect(try await hold(1, ben).status == 200)
        let refused = try await hold(2, ben)
        #expect(refused.code == "IDEMPOTENCY_MISMATCH")
        for bad in ["", "a b", String(repeating: "x", count: 201)] {
            let answer = try await fixture.call(
                .post, "/api/seats/reserve", as: anna, headers: ["Idempotency-Key": bad], TicketFixture.ids([seats[3]]))
            #expect(answer.status == 400, "\(bad)")
        }
        try await fixture.close()
    }
}
