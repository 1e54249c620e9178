// Halls with lettered rows in their given order, the short forms of the seat map, and a user's own seats.
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct HallTests {
    private func hall(_ fixture: TicketFixture, _ sections: String) async throws -> TestResponse {
        let now = Timestamp.now()
        return try await fixture.inside(
            .post, "/internal/events",
            """
            {"title":"T","venue":"V","eventDate":"\(now.adding(seconds: 9000))","saleStartDate":"\(now)",
             "saleEndDate":"\(now.adding(seconds: 8000))",
             "seatLayout":{"sections":[\(sections)]}}
            """)
    }

    /// Section names follow the rule for all texts: composed, without invisible characters; two that read alike are one section.
    @Test func sectionNamesAreNormalised() async throws {
        let fixture = try await TicketFixture.make()
        let made = try await hall(
            fixture, "{\"name\":\" \u{1105}\u{1169}\u{110B}\u{1163}\u{11AF}\u{200B}\u{FEFF} \",\"rows\":1,\"seatsPerRow\":1,\"price\":1}")
        #expect(made.status == 201, "\(made.text)")
        let section = made.json["event"]?["ticketTypes"]?[0]?["section"]?.stringValue
        #expect(section.map { Array($0.unicodeScalars) } == Array("\u{B85C}\u{C584}".unicodeScalars))
        for name in ["\u{200B}", "\u{3000}\u{AD}", "A\u{7F}B", "A\\u0000", "A\\nB"] {
            let refused = try await hall(fixture, "{\"name\":\"\(name)\",\"rows\":1,\"seatsPerRow\":1,\"price\":1}")
            #expect(refused.status == 400 && refused.code == "VALIDATION_FAILED", "\(name.unicodeScalars)")
        }
        let twice = try await hall(
            fixture,
            """
            {"name":"Caf\u{E9}","rows":1,"seatsPerRow":1,"price":1},{"name":"Cafe\u{301}\u{AD}","rows":1,"seatsPerRow":1,"price":1}
            """)
        #expect(twice.status == 400 && twice.text.contains("already"))
        try await fixture.close()
    }

    @Test func rowsAreLabelsInTheOrderOfTheHall() async throws {
        let fixture = try await TicketFixture.make()
        let made = try await hall(
            fixture,
            """
            {"name":"Z","rows":2,"seatsPerRow":2,"price":300,"startRow":"Z"},{"name":"A","rows":2,"seatsPerRow":1,"price":200,"startRow":9},
            {"name":"Z","rows":1,"seatsPerRow":1,"price":100,"startRow":2}
            """)
        let event = try #require(made.json["event"]?["id"]?.stringValue)
        let seats = try await fixture.call(.get, "/api/seats/\(event)").json["seats"]?.arrayValue ?? []
        #expect(
            seats.map { $0["seatLabel"]?.stringValue ?? "" }
                == ["Z-2-1", "Z-Z-1", "Z-Z-2", "Z-AA-1", "Z-AA-2", "A-9-1", "A-10-1"])
        #expect(seats.map { $0["rowNumber"]?.stringValue } == ["2", "Z", "Z", "AA", "AA", "9", "10"])
        #expect(seats.map { $0["seatNumber"]?.stringValue } == ["1", "1", "2", "1", "2", "1", "1"])
        // Rows that the version before made have no labels and read as their numbers.
        try await fixture.database.run(
            script: "UPDATE ticket_schema.seats SET row_label = NULL, number_label = NULL WHERE section = 'A'")
        _ = try await fixture.client.send(["FLUSHALL"])
        let other = try await TicketFixture.reader(of: fixture)
        let old = try await other.get("/api/seats/\(event)").json["seats"]?.arrayValue ?? []
        #expect(old.map { $0["rowNumber"]?.stringValue } == ["2", "Z", "Z", "AA", "AA", "9", "10"])

        let layout = try await fixture.call(.get, "/api/seats/\(event)/layout")
        let sections = layout.json["sections"]?.arrayValue ?? []
        #expect(sections.map { $0["name"]?.stringValue } == ["Z", "A"])
        #expect(sections.first?["price"] == nil && sections.last?["price"]?.intValue == 200)
        let rows = sections.first?["rows"]?.arrayValue ?? []
        #expect(rows.map { $0["label"]?.stringValue } == ["2", "Z", "AA"] && rows.map { $0["price"]?.intValue } == [100, 300, 300])
        let ids = sections.flatMap { $0["rows"]?.arrayValue ?? [] }.flatMap { $0["seats"]?.arrayValue ?? [] }.map { $0["id"]?.stringValue }
        #expect(ids == seats.map { $0["id"]?.stringValue })
        let tag = try #require(layout.headers["ETag"])
        #expect(try await fixture.call(.get, "/api/seats/\(event)/layout", headers: ["If-None-Match": tag]).status == 304)
        let packed = try await fixture.call(.get, "/api/seats/\(event)/layout", headers: ["Accept-Encoding": "gzip"])
        #expect(Gzip.decompress(packed.body[...]) == layout.body)
        #expect(try await fixture.call(.get, "/api/seats/\(UUID())/layout").status == 404)
        #expect(try await fixture.call(.get, "/api/seats/\(UUID())/states").status == 404)
        try await fixture.close()
    }

    @Test func priceTimesTheSeatsOfABuyerMustFit() async throws {
        let fixture = try await TicketFixture.make { $0.seatsPerUser = 4 }
        let refused = try await hall(fixture, #"{"name":"A","rows":1,"seatsPerRow":1,"price":25000000}"#)
        #expect(refused.status == 400)
        #expect(refused.json["details"]?.arrayValue?.first?["field"]?.stringValue == "seatLayout.sections[0].price")
        #expect(try await hall(fixture, #"{"name":"A","rows":1,"seatsPerRow":4,"price":24999999}"#).status == 201)
        try await fixture.close()
    }

    /// A reservation that costs nothing is leased and confirmed without a payment.
    @Test func aFreeReservationCompletes() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(price: 0)
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        _ = try await fixture.inside(
            .post, "/internal/reservations/\(id)/paying", "{\"userId\":\"\(user)\",\"orderId\":\"O\",\"amount\":0,\"seconds\":60}")
        #expect(try await fixture.inside(.post, "/internal/reservations/\(id)/confirm", "{\"orderId\":\"O\",\"amount\":0}").status == 200)
        let read = try await fixture.call(.get, "/api/reservations/\(id)", as: user)
        #expect(read.reservation("status") == "confirmed" && read.json["reservation"]?["totalAmount"]?.intValue == 0)
        try await fixture.close()
    }

    /// What creating answers is what reading answers.
    @Test func aNewReservationIsAnsweredAsItReads() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let made = try await fixture.reserve(event, [seats[1], seats[0]], as: user)
        let id = try #require(made.reservationID)
        let read = try await fixture.call(.get, "/api/reservations/\(id)", as: user).json["reservation"]?.objectValue ?? []
        // Reading adds what payment knows of it.
        #expect(read.filter { $0.key != "payment" } == made.json["reservation"]?.objectValue)
        try await fixture.close()
    }

    @Test func statesAreOneCharacterASeat() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 20)
        let target = "/api/seats/\(event)/states"
        let first = try await fixture.call(.get, target)
        #expect(first.json["states"]?.stringValue == String(repeating: "a", count: 20) && first.json["version"]?.intValue == 1)
        let tag = try #require(first.headers["ETag"])
        #expect(try await fixture.call(.get, target, headers: ["If-None-Match": tag]).status == 304)
        let user = UUID()
        #expect(try await fixture.hold([seats[3]], as: user).status == 200)
        let bought = try #require(try await fixture.reserve(event, [seats[5]], as: user).reservationID)
        #expect(try await fixture.pay(bought, user, order: "O", amount: 1000).status == 200)
        let second = try await fixture.call(.get, target, headers: ["If-None-Match": tag])
        #expect(second.json["states"]?.stringValue == "aaalar" + String(repeating: "a", count: 14))
        let since = try await fixture.call(.get, target + "?since=1")
        #expect(since.json["changes"] == .array([.array([.integer(3), .string("l")]), .array([.integer(5), .string("r")])]))
        let packed = try await fixture.call(.get, target, headers: ["Accept-Encoding": "gzip"])
        #expect(Gzip.decompress(packed.body[...]) == second.body)
        try await fixture.close()
    }

    @Test func theStatesOfALargeHallAreSmall() async throws {
        let seats = (0..<50_000).map {
            SeatRow(id: UUID(), section: "S", row: "\($0 / 100 + 1)", number: "\($0 % 100 + 1)", label: "x", price: "1")
        }
        // As mixed as can be: nothing to compress but three letters.
        let states = seats.map { _ in SeatState(rawValue: UInt8.random(in: 0...2)) ?? .available }
        let map = try SeatMap.whole(
            SeatPlan(event: UUID(), seats), .init(revision: 1, version: 1), states, log: [], deadline: nil)
        #expect(try #require(map.shortGzip()).count <= 20_000)
        #expect(map.shortGzip().flatMap { Gzip.decompress($0[...]) } == map.shortForm())
    }

    @Test func aUserSeesTheOwnSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())
        let target = "/api/seats/\(event)/mine"
        #expect(try await fixture.call(.get, target).status == 401)
        #expect(try await fixture.call(.get, "/api/seats/\(UUID())/mine", as: anna).status == 404)
        #expect(try await fixture.call(.get, target, as: anna).json["seats"]?.arrayValue == [])
        #expect(try await fixture.hold([seats[0]], as: anna).status == 200)
        let pending = try #require(try await fixture.reserve(event, [seats[1]], as: anna).reservationID)
        let bought = try #require(try await fixture.reserve(event, [seats[2]], as: anna).reservationID)
        #expect(try await fixture.pay(bought, anna, order: "O", amount: 1000).status == 200)
        #expect(try await fixture.hold([seats[3]], as: ben).status == 200)
        let mine = try await fixture.call(.get, target, as: anna)
        #expect(mine.headers["Cache-Control"] == "private, no-store")
        var found: [String: [String?]] = [:]
        for seat in mine.json["seats"]?.arrayValue ?? [] {
            found[seat["id"]?.stringValue ?? ""] = [seat["status"]?.stringValue, seat["reservationId"]?.stringValue]
            #expect((seat["expiresAt"]?.stringValue == nil) == (seat["status"]?.stringValue == "reserved"))
        }
        #expect(
            found == [
                seats[0].description: ["held", nil], seats[1].description: ["pending", pending.description],
                seats[2].description: ["reserved", bought.description],
            ])
        try await fixture.pass(seconds: 1000)
        #expect(try await fixture.call(.get, target, as: anna).json["seats"]?.arrayValue?.count == 1)
        try await fixture.close()
    }
}
