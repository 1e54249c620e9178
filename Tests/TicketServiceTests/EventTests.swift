// Events: search in two languages, status from the clock, caches that are exact, and what organisers may do.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct EventTests {
    private func create(
        _ fixture: TicketFixture, _ title: String, venue: String = "Hall", artist: String? = nil, opens: Int = -60, closes: Int = 3600,
        layout: String = "{\"sections\":[{\"name\":\"A\",\"rows\":1,\"seatsPerRow\":2,\"price\":1000}]}"
    ) async throws -> TestResponse {
        let now = Timestamp.now()
        let artist = artist.map { "\"\($0)\"" } ?? "null"
        return try await fixture.inside(
            .post, "/internal/events",
            """
            {"title":"\(title)","venue":"\(venue)","artistName":\(artist),"eventDate":"\(now.adding(seconds: 7200))",
             "saleStartDate":"\(now.adding(seconds: opens))","saleEndDate":"\(now.adding(seconds: closes))","seatLayout":\(layout)}
            """)
    }

    private func titles(_ fixture: TicketFixture, _ query: String) async throws -> Set<String> {
        let answer = try await fixture.call(.get, "/api/events?limit=100&\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return Set(answer.json["data"]?.arrayValue?.compactMap { $0["title"]?.stringValue } ?? [])
    }

    @Test func searchesAcrossLanguages() async throws {
        let fixture = try await TicketFixture.make()
        for (title, venue, artist) in [
            ("The Golden Hour", "Olympic Stadium", "IU"), ("아이유 콘서트", "잠실", nil), ("Dream", "Hall", "BTS"),
            ("100% _Fun_", "Club", "psy"),
        ] { #expect(try await create(fixture, title, venue: venue, artist: artist).status == 201) }
        #expect(try await titles(fixture, "search=%EC%95%84%EC%9D%B4%EC%9C%A0") == ["The Golden Hour", "아이유 콘서트"])
        #expect(try await titles(fixture, "search=IU").isSuperset(of: ["The Golden Hour", "아이유 콘서트"]))
        #expect(try await titles(fixture, "search=gold") == ["The Golden Hour"])
        #expect(try await titles(fixture, "search=%EB%B0%A9%ED%83%84%EC%86%8C%EB%85%84%EB%8B%A8") == ["Dream"])
        #expect(try await titles(fixture, "search=golden%20%EC%95%84%EC%9D%B4%EC%9C%A0") == ["The Golden Hour"])
        // Nothing typed acts as a pattern.
        #expect(try await titles(fixture, "search=%25") == ["100% _Fun_"])
        #expect(try await titles(fixture, "search=_") == ["100% _Fun_"])
        #expect(try await titles(fixture, "search=.*") == [])
        #expect(try await titles(fixture, "search=%28%5B") == [])
        #expect(try await titles(fixture, "search=%20%20").count == 4)
        let page = try await fixture.call(.get, "/api/events?page=2&limit=3")
        #expect(page.json["data"]?.arrayValue?.count == 1)
        #expect(page.json["pagination"]?["totalPages"]?.intValue == 2 && page.json["pagination"]?["total"]?.intValue == 4)
        for bad in ["page=0", "limit=0", "limit=101", "page=x", "status=open"] {
            #expect(try await fixture.call(.get, "/api/events?\(bad)").status == 400, "\(bad)")
        }
        try await fixture.close()
    }

    @Test func statusFollowsTheClock() async throws {
        let fixture = try await TicketFixture.make()
        let soon = try await create(fixture, "Soon", opens: 1800, closes: 3600)
        let id = try #require(soon.json["event"]?["id"]?.stringValue)
        func status() async throws -> String? { try await fixture.call(.get, "/api/events/\(id)").json["event"]?["status"]?.stringValue }
        #expect(try await status() == "upcoming")
        #expect(try await titles(fixture, "status=on_sale") == [])
        try await fixture.database.run(script: "UPDATE ticket_schema.events SET sale_start_date = now() + interval '1 s'")
        _ = try await fixture.client.send(["FLUSHALL"])
        _ = try await status()
        _ = try await titles(fixture, "status=on_sale")
        try await eventually {
            try await fixture.database.query("SELECT FROM ticket_schema.events WHERE sale_start_date > now()").isEmpty
        }
        // No job has run, and the answers before the opening were cached.
        #expect(try await status() == "on_sale")
        #expect(try await titles(fixture, "status=on_sale") == ["Soon"])
        let stored = try await fixture.database.query("SELECT status FROM ticket_schema.events")
        #expect(try stored.first?.string(0) == "upcoming")
        try await fixture.on { _ = try await fixture.parts.updater.tick() }
        #expect(try await fixture.database.query("SELECT status FROM ticket_schema.events").first?.string(0) == "on_sale")
        try await fixture.close()
    }

    @Test func organisersWritesShowAtOnce() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        #expect(try await titles(fixture, "") == ["Test"])
        #expect(
            try await fixture.call(.get, "/api/events/\(event)").json["event"]?["ticketTypes"]?.arrayValue?.first?["availableSeats"]?
                .intValue
                == 10)
        let renamed = try await fixture.inside(
            .put, "/internal/events/\(event)", "{\"title\":\"New\",\"description\":\"text\",\"artistName\":null}")
        #expect(renamed.status == 200 && renamed.json["event"]?["description"]?.stringValue == "text")
        #expect(try await titles(fixture, "") == ["New"])
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["title"]?.stringValue == "New")
        #expect(
            try await fixture.inside(.put, "/internal/events/\(event)", "{\"description\":null}").json["event"]?["description"] == .null)
        #expect(try await fixture.inside(.put, "/internal/events/\(event)", "{\"title\":\"\"}").status == 400)
        #expect(try await fixture.inside(.put, "/internal/events/\(event)", "{\"saleEndDate\":\"2001-01-01T00:00:00Z\"}").status == 400)
        #expect(try await fixture.inside(.put, "/internal/events/\(event)", "{\"seatLayout\":{}}").status == 400)
        #expect(try await fixture.inside(.put, "/internal/events/\(UUID())", "{}").status == 404)
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        #expect(
            try await fixture.call(.get, "/api/tickets/event/\(event)").json["ticketTypes"]?.arrayValue?.first?["availableSeats"]?.intValue
                == 9)
        #expect(
            try await fixture.call(.get, "/api/events/\(event)").json["event"]?["ticketTypes"]?.arrayValue?.first?["availableSeats"]?
                .intValue
                == 9)

        let busy = try await fixture.inside(.delete, "/internal/events/\(event)")
        #expect(busy.status == 409 && busy.code == "EVENT_HAS_RESERVATIONS")
        try await fixture.pass(seconds: 901)
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[1]], as: user).reservationID)
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 409)
        #expect(try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user).status == 200)
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 200)
        #expect(try await fixture.call(.get, "/api/events/\(event)").status == 404)
        #expect(try await fixture.call(.get, "/api/seats/\(event)").status == 404)
        #expect(try await titles(fixture, "") == [])
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 404)
        try await fixture.close()
    }

    @Test func cancelledEventsGiveEverybodyTheMoneyBack() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben, carl) = (UUID(), UUID(), UUID())
        let paid = try #require(try await fixture.reserve(event, [seats[0]], as: anna).reservationID)
        #expect(try await fixture.pay(paid, anna, order: "O1", amount: 1000).status == 200)
        let pending = try #require(try await fixture.reserve(event, [seats[1]], as: ben).reservationID)
        let paying = try #require(try await fixture.reserve(event, [seats[2]], as: carl).reservationID)
        _ = try await fixture.inside(
            .post, "/internal/reservations/\(paying)/paying", "{\"userId\":\"\(carl)\",\"orderId\":\"O3\",\"amount\":1000,\"seconds\":60}")

        let cancelled = try await fixture.inside(.post, "/internal/events/\(event)/cancel")
        #expect(cancelled.status == 200 && cancelled.json["event"]?["status"]?.stringValue == "cancelled")
        #expect(try await fixture.inside(.post, "/internal/events/\(event)/cancel").status == 200)
        // The first attempt finds payment away; nothing is forgotten.
        fixture.payments.answer.withLock { $0 = .failure(.unavailable()) }
        try await fixture.on { _ = try await fixture.parts.refunds.tick() }
        #expect(try await fixture.call(.get, "/api/reservations/\(paid)", as: anna).reservation("status") == "confirmed")
        #expect(try await fixture.call(.get, "/api/reservations/\(pending)", as: ben).reservation("cancelReason") == "event_cancelled")
        // Payment has it on its books: it is not asked again and again, but not forgotten either.
        func later(_ minutes: Int) async throws -> Int {
            let interval = "interval '\(minutes) minutes'"
            try await fixture.database.run(
                script: """
                    UPDATE ticket_schema.reservations SET refund_attempted_at = refund_attempted_at - \(interval),
                        refund_known_at = refund_known_at - \(interval)
                    """)
            let before = fixture.payments.asked.withLock { $0.count }
            try await fixture.on { _ = try await fixture.parts.refunds.tick() }
            return fixture.payments.asked.withLock { $0.count } - before
        }
        #expect(try await later(0) == 0)
        #expect(try await later(1) == 1)
        fixture.payments.answer.withLock { $0 = .success(.refunding) }
        #expect(try await later(1) == 1)
        #expect(try await later(5) == 0)
        fixture.payments.answer.withLock { $0 = .success(.refunded) }
        #expect(try await later(6) == 1)
        let refunded = try await fixture.call(.get, "/api/reservations/\(paid)", as: anna)
        #expect(refunded.reservation("paymentStatus") == "refunded" && refunded.reservation("cancelReason") == "event_cancelled")
        // Whoever was paying is not confirmed any more, so payment gives the money back.
        let late = try await fixture.inside(.post, "/internal/reservations/\(paying)/confirm", "{\"orderId\":\"O3\",\"amount\":1000}")
        #expect(late.status == 409 && late.code == "RESERVATION_EXPIRED")
        _ = try await fixture.inside(.post, "/internal/reservations/\(paying)/refunded", "{\"orderId\":\"O3\",\"reason\":\"late\"}")
        #expect(try await fixture.call(.get, "/api/reservations/\(paying)", as: carl).reservation("paymentStatus") == "refunded")
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func checksLayoutsAndMakesFiftyThousandSeats() async throws {
        let fixture = try await TicketFixture.make()
        for layout in [
            "{}", "{\"sections\":[]}", "{\"sections\":[{\"name\":\"A\",\"rows\":0,\"seatsPerRow\":1,\"price\":1}]}",
            "{\"sections\":[{\"name\":\"A\",\"rows\":1,\"seatsPerRow\":1,\"price\":-1}]}", "{\"sections\":[1]}",
            """
            {"sections":[{"name":"A","rows":2,"seatsPerRow":1,"price":1},{"name":"A","rows":1,"seatsPerRow":1,"price":2,"startRow":2}]}
            """,
            "{\"sections\":[{\"name\":\"A\",\"rows\":1000,\"seatsPerRow\":1000,\"price\":1}]}",
        ] { #expect(try await create(fixture, "T", layout: layout).code == "VALIDATION_FAILED", "\(layout)") }
        #expect(try await create(fixture, "T", opens: 100, closes: 50).status == 400)
        let clock = ContinuousClock()
        let start = clock.now
        let made = try await create(
            fixture, "Big", layout: "{\"sections\":[{\"name\":\"A\",\"rows\":500,\"seatsPerRow\":100,\"price\":1000}]}")
        #expect(made.status == 201 && made.json["event"]?["totalSeats"]?.intValue == 50_000)
        let took = clock.now - start
        #expect(took < .seconds(30))
        let id = try #require(made.json["event"]?["id"]?.stringValue)
        let map = try await fixture.call(.get, "/api/seats/\(id)", headers: ["Accept-Encoding": "gzip"])
        #expect(map.status == 200 && map.headers["Content-Encoding"] == "gzip")
        print("50,000 seats: made in \(took), gzip \(map.body.count) bytes")
        let fact = try await fixture.database.query("SELECT payload ->> 'totalSeats' FROM ticket_schema.outbox_feed WHERE kind = 'event'")
        #expect(try fact.first?.string(0) == "50000")
        try await fixture.close()
    }
}
