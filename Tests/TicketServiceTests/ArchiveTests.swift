// Events that are taken away: deleted when nobody ever reserved, archived otherwise.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct ArchiveTests {
    @Test func anEventWithAHistoryIsArchived() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(queue: false)
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").code == "EVENT_HAS_RESERVATIONS")
        #expect(try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user).status == 200)
        for path in ["/api/events/\(event)", "/api/seats/\(event)", "/api/seats/\(event)/states"] {
            #expect(try await fixture.call(.get, path).status == 200)
        }
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 200)
        for path in [
            "/api/events/\(event)", "/api/tickets/event/\(event)", "/api/seats/\(event)", "/api/seats/\(event)/layout",
            "/api/seats/\(event)/states", "/api/queue/\(event)/proof",
        ] {
            let answer = try await fixture.call(.get, path)
            #expect(answer.status == 404, "\(path)")
        }
        #expect(try await fixture.call(.get, "/api/events").json["pagination"]?["total"]?.intValue == 0)
        #expect(try await fixture.hold([seats[1]], as: user).status == 404)
        #expect(try await fixture.reserve(event, [seats[1]], as: user).status == 404)
        #expect(try await fixture.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}").status == 404)
        #expect(try await fixture.inside(.get, "/internal/events/\(event)/version").status == 404)
        #expect(try await fixture.inside(.put, "/internal/events/\(event)", "{\"title\":\"x\"}").status == 404)
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 404)
        // Its buyer, admins and the books keep it.
        let kept = try await fixture.call(.get, "/api/reservations/\(id)", as: user)
        #expect(kept.status == 200 && kept.json["reservation"]?["event"]?["title"]?.stringValue == "Test")
        #expect(try await fixture.call(.get, "/api/reservations/my", as: user).json["reservations"]?.arrayValue?.count == 1)
        let admin = try await fixture.inside(.get, "/internal/events/\(event)")
        #expect(admin.status == 200 && admin.json["event"]?["deletedAt"]?.stringValue != nil)
        let books = try await fixture.database.query(
            "SELECT (SELECT count(*) FROM ticket_schema.stats_events), (SELECT count(*) FROM ticket_schema.stats_reservations)")
        #expect(try books.first?.int(0) == 1 && books.first?.int(1) == 1)
        try await fixture.close()
    }

    @Test func anEventNobodyReservedIsDeleted() async throws {
        let fixture = try await TicketFixture.make()
        let (event, _) = try await fixture.event()
        #expect(try await fixture.inside(.delete, "/internal/events/\(event)").status == 200)
        #expect(try await fixture.inside(.get, "/internal/events/\(event)").status == 404)
        #expect(try await fixture.database.query("SELECT count(*) FROM ticket_schema.events").first?.int(0) == 0)
        try await fixture.close()
    }
}
