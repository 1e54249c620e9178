// The live seat map: entity tags, encodings, sections, and that no stale map is ever served.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct SeatMapTests {
    @Test func answersNotModifiedUntilSomethingChanges() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event()
        let target = "/api/seats/\(event)"
        let first = try await world.call(.get, target)
        #expect(first.status == 200 && first.json["validUntil"] == .null)
        let tag = try #require(first.headers["ETag"])
        for field in [tag, "\"x\", \(tag)", String(tag.dropFirst(2)), "*"] {
            let same = try await world.call(.get, target, headers: ["If-None-Match": field])
            #expect(same.status == 304 && same.body.isEmpty && same.headers["ETag"] == tag, "\(field)")
        }
        #expect(try await world.hold([seats[0]], as: UUID()).status == 200)
        let changed = try await world.call(.get, target, headers: ["If-None-Match": tag])
        #expect(changed.status == 200 && changed.json["version"]?.intValue == 2)
        // The map ends when its earliest hold does.
        let end = try #require(changed.json["validUntil"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
        #expect(abs((end - Timestamp.now()) / .seconds(1) - 900) < 5)
        // A wiped Redis costs nothing but time.
        _ = try await world.client.send(["FLUSHALL"])
        let again = try await world.call(.get, target, headers: ["If-None-Match": try #require(changed.headers["ETag"])])
        #expect(again.status == 304)
        #expect(try await world.call(.get, "/api/seats/\(UUID())").status == 404)
        #expect(try await world.call(.get, "/api/seats/x").status == 404)
        try await world.close()
    }

    @Test func compressesAndCutsSections() async throws {
        let world = try await TicketWorld.make()
        let now = Timestamp.now()
        let made = try await world.inside(
            .post, "/internal/events",
            """
            {"title":"T","venue":"V","eventDate":"\(now.adding(seconds: 9000))","saleStartDate":"\(now)","saleEndDate":"\(now.adding(seconds: 8000))",
             "seatLayout":{"sections":[{"name":"VIP","rows":3,"seatsPerRow":10,"price":150000},{"name":"R석","rows":40,"seatsPerRow":20,"price":90000}]}}
            """)
        let event = try #require(made.json["event"]?["id"]?.stringValue)
        #expect(made.json["event"]?["totalSeats"]?.intValue == 830)
        let plain = try await world.call(.get, "/api/seats/\(event)")
        let packed = try await world.call(.get, "/api/seats/\(event)", headers: ["Accept-Encoding": "br, gzip;q=0.8"])
        #expect(plain.headers["Content-Encoding"] == nil && packed.headers["Content-Encoding"] == "gzip")
        #expect(Gzip.decompress(packed.body[...]) == plain.body)
        #expect(packed.body.count * 4 < plain.body.count)
        #expect(
            try await world.call(.get, "/api/seats/\(event)", headers: ["Accept-Encoding": "gzip;q=0"]).headers["Content-Encoding"] == nil)
        for (name, code, count) in [("VIP", "VIP", 30), ("R석", "R%EC%84%9D", 800), ("none", "none", 0)] {
            // The second answer comes from what the first left in Redis.
            let part = try await world.call(.get, "/api/seats/\(event)?section=\(code)")
            let found = part.json["seats"]?.arrayValue ?? []
            #expect(found.count == count && found.allSatisfy { $0["section"]?.stringValue == name })
            #expect(part.headers["ETag"] != plain.headers["ETag"])
        }
        let types = try await world.call(.get, "/api/tickets/event/\(event)")
        #expect(types.json["ticketTypes"]?.arrayValue?.map { $0["availableSeats"]?.intValue } == [30, 800])
        try await world.close()
    }

    /// Another process fills the cache, this one reads it; a change makes both let go.
    @Test func twoProcessesAgree() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event()
        let cache = SnapshotCache(redis: world.client)
        let store = SeatMapStore(postgres: world.pool)
        let blocking = BlockingPool(name: "other", threads: 1, queueLimit: 10)
        let other = SeatMapService(store: store, cache: cache, blocking: blocking)
        _ = try await world.call(.get, "/api/seats/\(event)")
        let (map, _) = try await world.on { try await other.map(event) { _ in false } }
        #expect(map?.header.version == 1 && map?.sections.keys.sorted() == ["A"])
        #expect(try await world.hold([seats[3]], as: UUID()).status == 200)
        let (next, _) = try await world.on { try await other.map(event) { _ in false } }
        #expect(next?.header.version == 2)
        // A slow reader's old map is not stored over the announced change.
        let old = try #require(map)
        try await world.on {
            await world.parts.announcer.send([cache.invalidation(of: event, revision: 5)])
            try await cache.store(CacheKey.seats(event), old.header, old.cached, milliseconds: 30_000)
            let header = try await cache.header(CacheKey.seats(event))
            #expect(header?.isFilled == false && header?.revision == 5)
        }
        try await world.close()
    }

    @Test func worksWithoutRedis() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event()
        world.redis.kill()
        let first = try await world.call(.get, "/api/seats/\(event)")
        #expect(first.status == 200)
        #expect(try await world.hold([seats[0]], as: UUID()).status == 200)
        #expect(try await world.call(.get, "/api/seats/\(event)").json["version"]?.intValue == 2)
        #expect(try await world.call(.get, "/api/events/\(event)").status == 200)
        #expect(try await world.call(.get, "/api/events").json["data"]?.arrayValue?.count == 1)
        try await world.close()
    }
}
