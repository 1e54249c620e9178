// A Redis that answers reads and refuses writes: what it has is not served once a change could not be told to it.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct RefusedWritesTests {
    private func listed(_ world: TicketWorld, _ event: UUID) async throws -> String? {
        try await world.call(.get, "/api/events").json["data"]?.arrayValue?.first { $0["id"]?.stringValue == event.description }?["status"]?
            .stringValue
    }

    @Test(arguments: [["min-replicas-to-write", "1", "0"], ["maxmemory", "1", "0"]])
    func aLostInvalidationIsNotServedAsTruth(setting: [String]) async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event()
        for path in ["/api/seats/\(event)", "/api/events/\(event)", "/api/events", "/api/tickets/event/\(event)"] {
            for _ in 0..<2 { _ = try await world.call(.get, path) }
        }
        let tag = try #require(try await world.call(.get, "/api/seats/\(event)").headers["ETag"])
        _ = try await world.client.send(["CONFIG", "SET", .init(setting[0]), .init(setting[1])])
        #expect(try await world.hold([seats[0]], as: UUID()).status == 200)
        let map = try await world.call(.get, "/api/seats/\(event)", headers: ["If-None-Match": tag])
        #expect(map.status == 200 && map.json["seats"]?.arrayValue?.first?["status"]?.stringValue == "locked")
        let types = try await world.call(.get, "/api/tickets/event/\(event)").json["ticketTypes"]?.arrayValue
        #expect(types?.first?["availableSeats"]?.intValue == 9)
        #expect(try await world.inside(.post, "/internal/events/\(event)/cancel", "{}").status == 200)
        #expect(try await world.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "cancelled")
        #expect(try await listed(world, event) == "cancelled")
        // Once Redis takes writes again, the lost ones are repeated and it is believed again.
        _ = try await world.client.send(["CONFIG", "SET", .init(setting[0]), .init(setting[2])])
        try await world.on { await world.parts.announcer.repair() }
        #expect(!world.parts.announcer.distrust.contains(event) && !world.parts.announcer.distrust.contains(nil))
        #expect(try await listed(world, event) == "cancelled")
        #expect(try await world.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "cancelled")
        try await world.close()
    }
}
