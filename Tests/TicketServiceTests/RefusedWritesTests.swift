// A Redis that answers reads and refuses writes: what it has is not served once an invalidation was refused.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct RefusedWritesTests {
    private func listed(_ fixture: TicketFixture, _ event: UUID) async throws -> String? {
        try await fixture.call(.get, "/api/events").json["data"]?.arrayValue?.first { $0["id"]?.stringValue == event.description }?[
            "status"]?
            .stringValue
    }

    @Test(arguments: [["min-replicas-to-write", "1", "0"], ["maxmemory", "1", "0"]])
    func aLostInvalidationIsNotServedAsTruth(setting: [String]) async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        for path in ["/api/seats/\(event)", "/api/events/\(event)", "/api/events", "/api/tickets/event/\(event)"] {
            for _ in 0..<2 { _ = try await fixture.call(.get, path) }
        }
        let tag = try #require(try await fixture.call(.get, "/api/seats/\(event)").headers["ETag"])
        _ = try await fixture.client.send(["CONFIG", "SET", .init(setting[0]), .init(setting[1])])
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        let map = try await fixture.call(.get, "/api/seats/\(event)", headers: ["If-None-Match": tag])
        #expect(map.status == 200 && map.json["seats"]?.arrayValue?.first?["status"]?.stringValue == "locked")
        let types = try await fixture.call(.get, "/api/tickets/event/\(event)").json["ticketTypes"]?.arrayValue
        #expect(types?.first?["availableSeats"]?.intValue == 9)
        #expect(try await fixture.inside(.post, "/internal/events/\(event)/cancel", "{}").status == 200)
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "cancelled")
        #expect(try await listed(fixture, event) == "cancelled")
        // Once Redis takes writes again, the lost ones are repeated and it is believed again.
        _ = try await fixture.client.send(["CONFIG", "SET", .init(setting[0]), .init(setting[2])])
        try await fixture.on { await fixture.parts.announcer.repair() }
        #expect(!fixture.parts.announcer.distrust.contains(event) && !fixture.parts.announcer.distrust.contains(nil))
        #expect(try await listed(fixture, event) == "cancelled")
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "cancelled")
        try await fixture.close()
    }
}
