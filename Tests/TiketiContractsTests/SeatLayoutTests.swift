// Layouts as organisers send them: what passes, what is refused and with which words.
import Testing
import TiketiContracts
import TiketiJSON

struct SeatLayoutTests {
    private func read(_ text: String, seatsPerUser: Int = 4) throws -> (layout: SeatLayout?, faults: [ContractFault]) {
        var faults: [ContractFault] = []
        let layout = SeatLayout.read(
            try JSONValue.parse(Array(text.utf8)), field: "seatLayout", seatsPerUser: seatsPerUser, clean: { $0 }, faults: &faults)
        return (layout, faults)
    }

    private func section(_ members: String) -> String {
        #"{"sections":[{"name":"A","rows":2,"seatsPerRow":5,"price":100\#(members)}]}"#
    }

    @Test func sectionsMayComeInParts() throws {
        let (layout, faults) = try read(
            #"""
            {"sections":[{"name":"A","rows":2,"seatsPerRow":5,"price":100},
                         {"name":"A","rows":1,"seatsPerRow":9,"price":50,"startRow":3},
                         {"name":"A","rows":1,"seatsPerRow":1,"price":50,"startRow":"B"}]}
            """#)
        #expect(faults.isEmpty)
        #expect(layout?.totalSeats == 20)
        let again = try read(String(decoding: layout?.encoded ?? [], as: UTF8.self))
        #expect(again.layout == layout)
    }

    @Test(arguments: [
        (#","startRow":"A""#, ["A", "B"]), (#","startRow":"z""#, ["Z", "AA"]), (#","startRow":"AZ""#, ["AZ", "BA"]),
        (#","startRow":"ZZ""#, ["ZZ", "AAA"]), (#","startRow":9"#, ["9", "10"]), (#","startRow":100000"#, ["100000", "100001"]),
        ("", ["1", "2"]),
    ])
    func rowsAreLabelled(start: String, labels: [String]) throws {
        let first = try #require(try read(section(start)).layout?.sections.first)
        #expect((0..<first.rows).map { first.firstRow.advanced(by: $0).text } == labels)
    }

    @Test(arguments: [
        (#","startRow":"""#, "startRow"), (#","startRow":"A1""#, "startRow"), (#","startRow":"ABCD""#, "startRow"),
        (#","startRow":0"#, "startRow"),
        (#","startRow":100001"#, "startRow"), (#","price":24999999.5"#, "price"),
    ])
    func faultsNameTheirField(members: String, field: String) throws {
        let text = members.contains("price") ? section("").replacing("\"price\":100", with: String(members.dropFirst())) : section(members)
        let (layout, faults) = try read(text)
        #expect(layout == nil)
        #expect(faults.map(\.field) == ["seatLayout.sections[0].\(field)"])
    }

    @Test func rowsOfOneSectionAreMadeOnce() throws {
        let twice =
            #"{"sections":[{"name":"A","rows":2,"seatsPerRow":1,"price":1},{"name":"A","rows":1,"seatsPerRow":1,"price":2,"startRow":2}]}"#
        #expect(try read(twice).faults.map(\.field) == ["seatLayout.sections[1].startRow"])
    }

    @Test(arguments: [(24_999_999, 4, true), (25_000_000, 4, false), (99_999_999, 1, true), (100_000_000, 1, false), (0, 1000, true)])
    func aPriceTimesTheSeatsOfOneBuyerFitsAReservation(price: Int, seats: Int, passes: Bool) throws {
        let text = section("").replacing("\"price\":100", with: "\"price\":\(price)")
        #expect(try read(text, seatsPerUser: seats).faults.isEmpty == passes)
    }

    @Test func limitsAreThoseOfTheSpecification() throws {
        func layout(_ sections: Int, name: String = "A", rows: Int = 1, seats: Int = 1) -> String {
            let list = (0..<sections).map { #"{"name":"\#(name)\#($0)","rows":\#(rows),"seatsPerRow":\#(seats),"price":1}"# }
            return "{\"sections\":[\(list.joined(separator: ","))]}"
        }
        #expect(try read(layout(200)).faults.isEmpty)
        #expect(try read(layout(201)).faults.map(\.field) == ["seatLayout.sections"])
        #expect(try read(layout(0)).faults.map(\.field) == ["seatLayout.sections"])
        #expect(try read(layout(1, name: String(repeating: "가", count: 99))).faults.isEmpty)
        #expect(try read(layout(1, name: String(repeating: "가", count: 100))).faults.map(\.field) == ["seatLayout.sections[0].name"])
        #expect(try read(layout(1, rows: 1000, seats: 100)).faults.isEmpty)
        #expect(try read(layout(2, rows: 1000, seats: 51)).faults.map(\.field) == ["seatLayout.sections"])
    }
}
