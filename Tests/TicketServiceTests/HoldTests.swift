// Holding and giving back: every refusal of spec §3.3, in its order, and what a hold costs its user.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct HoldTests {
    @Test func holdsAllOrNothing() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())

        let first = try await fixture.hold([seats[0], seats[1]], as: anna)
        #expect(first.status == 200)
        #expect(first.json["expiresIn"]?.intValue == 900)
        let again = try await fixture.hold([seats[1], seats[0]], as: anna)
        #expect(again.json["expiresAt"] == first.json["expiresAt"])

        let refused = try await fixture.hold([seats[2], seats[1], seats[0]], as: ben)
        #expect(refused.status == 409 && refused.code == "SEATS_UNAVAILABLE")
        #expect(
            refused.json["unavailableSeats"]?.arrayValue?.compactMap(\.stringValue) == [seats[0], seats[1]].sorted().map(\.description))
        let map = try await fixture.call(.get, "/api/seats/\(event)")
        #expect(map.json["version"]?.intValue == 2)
        #expect(
            map.json["seats"]?.arrayValue?.map { $0["status"]?.stringValue } == ["locked", "locked"]
                + Array(repeating: "available", count: 8))

        // Old and new together: the old keep their end, which is the earliest.
        try await fixture.pass(seconds: 100)
        let mixed = try await fixture.hold([seats[0], seats[3]], as: anna)
        #expect(mixed.status == 200)
        #expect((795...800).contains(mixed.json["expiresIn"]?.intValue ?? 0))

        let released = try await fixture.release([seats[0], seats[5], seats[1]], as: anna)
        #expect(
            Set(released.json["released"]?.arrayValue?.compactMap(\.stringValue) ?? []) == Set([seats[0], seats[1]].map(\.description)))
        #expect(try await fixture.release([seats[3]], as: ben).json["released"]?.arrayValue == [])
        #expect(try await fixture.hold([seats[0]], as: ben).status == 200)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func refusesInOrder() async throws {
        let fixture = try await TicketFixture.make()
        let open = try await fixture.event()
        let other = try await fixture.event()
        let user = UUID()

        let noToken = try await fixture.call(.post, "/api/seats/reserve", TicketFixture.ids(open.seats))
        #expect(noToken.status == 401 && noToken.code == "NO_TOKEN")
        let badToken = try await fixture.app.post("/api/seats/reserve", json: TicketFixture.ids(open.seats), token: "x.y.z")
        #expect(badToken.status == 401 && badToken.code == "INVALID_TOKEN")
        for body in ["{\"seatIds\":[]}", "{}", "{\"seatIds\":\"x\"}", "{\"seatIds\":[\"x\"]}", "{\"seatIds\":[1]}"] {
            let answer = try await fixture.call(.post, "/api/seats/reserve", as: user, body)
            #expect(answer.status == 400 && answer.code == "VALIDATION_FAILED", "\(body)")
        }
        #expect(try await fixture.call(.post, "/api/seats/reserve", as: user, "{").code == "MALFORMED_JSON")
        let unknown = try await fixture.hold([open.seats[0], UUID()], as: user)
        #expect(unknown.status == 404 && unknown.code == "NOT_FOUND")
        #expect(try await fixture.hold([open.seats[0], other.seats[0]], as: user).status == 400)
        for (opens, closes) in [(600, 3600), (-3600, -60)] {
            let shut = try await fixture.event(opens: opens, closes: closes)
            let answer = try await fixture.hold([shut.seats[0]], as: user)
            #expect(answer.status == 409 && answer.code == "EVENT_NOT_ON_SALE")
        }
        let cancelled = try await fixture.event()
        _ = try await fixture.inside(.post, "/internal/events/\(cancelled.id)/cancel")
        #expect(try await fixture.hold([cancelled.seats[0]], as: user).code == "EVENT_NOT_ON_SALE")
        #expect(try await fixture.hold(Array(open.seats[0..<5]), as: user).code == "SEAT_LIMIT")
        #expect(try await fixture.hold(Array(open.seats[0..<3]), as: user).status == 200)
        #expect(try await fixture.hold(Array(open.seats[3..<5]), as: user).code == "SEAT_LIMIT")
        #expect(try await fixture.hold(Array(open.seats[2..<4]), as: user).status == 200)
        // Another event has its own cap.
        #expect(try await fixture.hold([other.seats[0]], as: user).status == 200)
        try await fixture.close()
    }

    @Test func queueGatesNewSeatsOnly() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(queue: true)
        let user = UUID()
        let refused = try await fixture.hold([seats[0]], as: user)
        #expect(refused.status == 403 && refused.code == "QUEUE_REQUIRED")
        func admit(_ end: String, for user: UUID) async throws {
            try await fixture.database.query(
                """
                INSERT INTO ticket_schema.queue_admissions (event_id, user_id, queue_id, expires_at)
                VALUES ('\(event)', '\(user)', '\(UUID())', \(end))
                ON CONFLICT (event_id, user_id) DO UPDATE SET expires_at = excluded.expires_at
                """)
        }
        try await admit("now() + interval '1 minute'", for: user)
        #expect(try await fixture.hold([seats[0]], as: user).status == 200)
        #expect(try await fixture.hold([seats[1]], as: UUID()).code == "QUEUE_REQUIRED")
        // The admission ends; what was held under it stays good, also for a reservation.
        try await admit("now() - interval '1 second'", for: user)
        #expect(try await fixture.hold([seats[0]], as: user).status == 200)
        #expect(try await fixture.hold([seats[1]], as: user).code == "QUEUE_REQUIRED")
        #expect(try await fixture.reserve(event, [seats[0]], as: user).status == 201)
        try await fixture.close()
    }

    @Test func expiredHoldIsFreeForTheNextWithoutAnyJob() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())
        #expect(try await fixture.hold(Array(seats[0..<4]), as: anna).status == 200)
        #expect(try await fixture.hold([seats[0]], as: ben).code == "SEATS_UNAVAILABLE")
        try await fixture.pass(seconds: 901)
        let map = try await fixture.call(.get, "/api/seats/\(event)")
        #expect(map.json["seats"]?.arrayValue?.allSatisfy { $0["status"]?.stringValue == "available" } == true)
        #expect(try await fixture.release([seats[0]], as: anna).json["released"]?.arrayValue == [])
        #expect(try await fixture.hold([seats[0]], as: ben).status == 200)
        // Her own cap does not count what ended, and she may take other seats though nobody has cleaned up.
        #expect(try await fixture.hold(Array(seats[4..<8]), as: anna).status == 200)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func nobodyKeepsASeatForEver() async throws {
        let fixture = try await TicketFixture.make()
        let (_, seats) = try await fixture.event()
        let user = UUID()
        for _ in 0..<3 {
            #expect(try await fixture.hold([seats[0]], as: user).status == 200)
            try await fixture.pass(seconds: 900)
        }
        let refused = try await fixture.hold([seats[0]], as: user)
        #expect(refused.status == 409 && refused.code == "HOLD_LIMIT", "\(refused.text)")
        #expect(try await fixture.hold([seats[1]], as: user).status == 200)
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        try await fixture.pass(seconds: 7200)
        #expect(try await fixture.hold([seats[0]], as: user).status == 200)
        try await fixture.close()
    }

    @Test func cleanerPutsSeatsBackAndTellsEverybody() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        #expect(try await fixture.reserve(event, Array(seats[0..<2]), as: user).status == 201)
        #expect(try await fixture.hold([seats[2]], as: user).status == 200)
        try await fixture.expire()
        #expect(try await fixture.database.query("SELECT FROM ticket_schema.seats WHERE status = 'locked'").count == 3)
        try await fixture.pass(seconds: 901)
        try await fixture.expire()
        #expect(try await fixture.database.query("SELECT FROM ticket_schema.seats WHERE status <> 'available'").isEmpty)
        let states = try await fixture.database.query("SELECT status, cancel_reason FROM ticket_schema.reservations")
        #expect(try states.map { try $0.string(0) + " " + $0.string(1) } == ["cancelled expired"])
        // One change for everything that one statement freed.
        #expect(try await fixture.inside(.get, "/internal/events/\(event)/version").json["version"]?.intValue == 4)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }
}
