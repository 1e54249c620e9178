// The live seat map: entity tags, encodings, sections, and that no stale map is ever served.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct SeatMapTests {
    @Test func answersNotModifiedUntilSomethingChanges() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let target = "/api/seats/\(event)"
        let first = try await fixture.call(.get, target)
        #expect(first.status == 200 && first.json["validUntil"] == .null)
        let tag = try #require(first.headers["ETag"])
        for field in [tag, "\"x\", \(tag)", String(tag.dropFirst(2)), "*"] {
            let same = try await fixture.call(.get, target, headers: ["If-None-Match": field])
            #expect(same.status == 304 && same.body.isEmpty && same.headers["ETag"] == tag, "\(field)")
        }
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        let changed = try await fixture.call(.get, target, headers: ["If-None-Match": tag])
        #expect(changed.status == 200 && changed.json["version"]?.intValue == 2)
        // The map ends when its earliest hold does.
        let end = try #require(changed.json["validUntil"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
        #expect(abs((end - Timestamp.now()) / .seconds(1) - 900) < 5)
        // A wiped Redis costs nothing but time.
        _ = try await fixture.client.send(["FLUSHALL"])
        let again = try await fixture.call(.get, target, headers: ["If-None-Match": try #require(changed.headers["ETag"])])
        #expect(again.status == 304)
        #expect(try await fixture.call(.get, "/api/seats/\(UUID())").status == 404)
        #expect(try await fixture.call(.get, "/api/seats/x").status == 404)
        try await fixture.close()
    }

    @Test func compressesAndCutsSections() async throws {
        let fixture = try await TicketFixture.make()
        let now = Timestamp.now()
        let made = try await fixture.inside(
            .post, "/internal/events",
            """
            {"title":"T","venue":"V","eventDate":"\(now.adding(seconds: 9000))","saleStartDate":"\(now)",
             "saleEndDate":"\(now.adding(seconds: 8000))",
             "seatLayout":{"sections":[{"name":"VIP","rows":3,"seatsPerRow":10,"price":150000},
              {"name":"R석","rows":40,"seatsPerRow":20,"price":90000}]}}
            """)
        let event = try #require(made.json["event"]?["id"]?.stringValue)
        #expect(made.json["event"]?["totalSeats"]?.intValue == 830)
        let plain = try await fixture.call(.get, "/api/seats/\(event)")
        let packed = try await fixture.call(.get, "/api/seats/\(event)", headers: ["Accept-Encoding": "br, gzip;q=0.8"])
        #expect(plain.headers["Content-Encoding"] == nil && packed.headers["Content-Encoding"] == "gzip")
        #expect(Gzip.decompress(packed.body[...]) == plain.body)
        #expect(packed.body.count * 4 < plain.body.count)
        #expect(
            try await fixture.call(.get, "/api/seats/\(event)", headers: ["Accept-Encoding": "gzip;q=0"]).headers["Content-Encoding"] == nil
        )
        for (name, code, count) in [("VIP", "VIP", 30), ("R석", "R%EC%84%9D", 800), ("none", "none", 0)] {
            // The second answer comes from what the first left in Redis.
            let part = try await fixture.call(.get, "/api/seats/\(event)?section=\(code)")
            let found = part.json["seats"]?.arrayValue ?? []
            #expect(found.count == count && found.allSatisfy { $0["section"]?.stringValue == name })
            #expect(part.headers["ETag"] != plain.headers["ETag"])
        }
        let types = try await fixture.call(.get, "/api/tickets/event/\(event)")
        #expect(types.json["ticketTypes"]?.arrayValue?.map { $0["availableSeats"]?.intValue } == [30, 800])
        try await fixture.close()
    }

    /// Another process fills the cache, this one reads it; a change makes both let go.
    @Test func twoProcessesAgree() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let cache = SnapshotCache(redis: fixture.client)
        let blocking = BlockingPool(name: "other", threads: 1, queueLimit: 10)
        let other = SeatMapService(store: SeatMapStore(postgres: fixture.pool, blocking: blocking), cache: cache)
        _ = try await fixture.call(.get, "/api/seats/\(event)")
        let (map, _) = try await fixture.on { try await other.map(event) { _ in false } }
        #expect(map?.header.version == 1 && map?.plan.sections.map(\.name) == ["A"])
        #expect(try await fixture.hold([seats[3]], as: UUID()).status == 200)
        let (next, _) = try await fixture.on { try await other.map(event) { _ in false } }
        #expect(next?.header.version == 2)
        // A slow reader's old map is not stored over the announced change.
        let old = try #require(map)
        try await fixture.on {
            await fixture.parts.announcer.invalidate(event: event, revision: 5)
            try await cache.store(CacheKey.seats(event), old.header, [], milliseconds: 30_000)
            let header = try await cache.header(CacheKey.seats(event))
            #expect(header?.isFilled == false && header?.revision == 5)
        }
        try await fixture.close()
    }

    /// A client that missed messages asks for what changed since the version it has.
    @Test func tellsWhatChangedSinceAVersion() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 60)
        let target = "/api/seats/\(event)"
        let user = UUID()
        #expect(try await fixture.hold([seats[3], seats[4]], as: user).status == 200)
        #expect(try await fixture.hold([seats[40]], as: UUID()).status == 200)
        #expect(try await fixture.release([seats[4]], as: user).status == 200)
        func changed(since version: Int) async throws -> [String: String]? {
            let answer = try await fixture.call(.get, target + "?since=\(version)", headers: ["Accept-Encoding": "gzip"])
            #expect(answer.status == 200 && answer.json["version"]?.intValue == 4)
            guard answer.json["since"]?.intValue == version else { return nil }
            let pairs = answer.json["seats"]?.arrayValue?.map { ($0["id"]?.stringValue ?? "", $0["status"]?.stringValue ?? "") } ?? []
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        let three = try await changed(since: 1)
        #expect(three == ["\(seats[3])": "locked", "\(seats[4])": "available", "\(seats[40])": "locked"])
        #expect(try await changed(since: 3) == ["\(seats[4])": "available"])
        #expect(try await changed(since: 4) == [:])
        // Of the future, as after a restored backup, and from before anything that is known: the whole map.
        for version in [0, 5, 1_000_000] {
            let whole = try await fixture.call(.get, target + "?since=\(version)")
            #expect(whole.json["since"] == nil && whole.json["seats"]?.arrayValue?.count == 60, "\(version)")
        }
        #expect(try await fixture.call(.get, target + "?since=-1").status == 400)
        #expect(try await fixture.call(.get, target + "?since=x").status == 400)
        // Another process, which never saw the older maps, knows them as well.
        let blocking = BlockingPool(name: "other", threads: 1, queueLimit: 10)
        let other = SeatMapService(
            store: SeatMapStore(postgres: fixture.pool, blocking: blocking), cache: SnapshotCache(redis: fixture.client))
        let map = try await fixture.on { try await other.map(event) { _ in false }.map }
        #expect(map?.changes(since: 1) != nil && map?.changes(since: 0) == nil)
        // A hold that the clock has ended is free, before anybody ended it and without a version.
        try await fixture.pass(seconds: 901)
        #expect(try await changed(since: 4) == ["\(seats[3])": "available", "\(seats[40])": "available"])
        try await fixture.close()
    }

    /// A map made step by step from the ones before is, byte for byte, the map that a process makes that starts now; compressed as well.
    @Test func mapsMadeOfChangesAreTheWholeTruth() async throws {
        let fixture = try await TicketFixture.make { $0.seatsPerUser = 1000 }
        let now = Timestamp.now()
        let made = try await fixture.inside(
            .post, "/internal/events",
            """
            {"title":"T","venue":"V","eventDate":"\(now.adding(seconds: 9000))","saleStartDate":"\(now)",
             "saleEndDate":"\(now.adding(seconds: 8000))",
             "seatLayout":{"sections":[{"name":"VIP","rows":3,"seatsPerRow":43,"price":1500},
              {"name":"R석","rows":13,"seatsPerRow":23,"price":900}]}}
            """)
        let event = try #require(made.json["event"]?["id"]?.stringValue.flatMap { UUID($0) })
        let seats = try await fixture.database.query("SELECT id FROM ticket_schema.seats WHERE event_id = '\(event)'").map {
            try $0.uuid(0)
        }
        let users = (0..<5).map { _ in UUID() }
        for round in 0..<30 {
            let user = users[round % 5]
            let some = Array(seats.shuffled().prefix([1, 3, 90][round % 3]))
            switch round % 4 {
            case 3: _ = try await fixture.release(seats.shuffled().suffix(100), as: user)
            case 2:
                let free = try await fixture.database.query("SELECT id FROM ticket_schema.seats WHERE status = 'available' LIMIT 2")
                if let id = try await fixture.reserve(event, free.map { try $0.uuid(0) }, as: user).reservationID {
                    _ = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
                }
            default: _ = try await fixture.hold(some, as: user)
            }
            if round == 17 { try await fixture.pass(seconds: 901) }
            for path in ["/api/seats/\(event)", "/api/seats/\(event)?section=VIP", "/api/seats/\(event)?section=R%EC%84%9D"] {
                let plain = try await fixture.call(.get, path)
                let packed = try await fixture.call(.get, path, headers: ["Accept-Encoding": "gzip"])
                #expect(Gzip.decompress(packed.body[...]) == plain.body, "round \(round)")
                #expect(plain.json["seats"]?.arrayValue?.isEmpty == false)
            }
            let blocking = BlockingPool(name: "other", threads: 1, queueLimit: 10)
            let other = SeatMapStore(postgres: fixture.pool, blocking: blocking)
            let fresh = try await fixture.on { try await other.read(event, base: nil) }
            #expect(try await fixture.call(.get, "/api/seats/\(event)").body == fresh?.plain(), "round \(round)")
        }
        try await fixture.close()
    }

    @Test func worksWithoutRedis() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        fixture.redis.kill()
        let first = try await fixture.call(.get, "/api/seats/\(event)")
        #expect(first.status == 200)
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        #expect(try await fixture.call(.get, "/api/seats/\(event)").json["version"]?.intValue == 2)
        #expect(try await fixture.call(.get, "/api/events/\(event)").status == 200)
        #expect(try await fixture.call(.get, "/api/events").json["data"]?.arrayValue?.count == 1)
        try await fixture.close()
    }
}
