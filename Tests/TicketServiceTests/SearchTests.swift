// Search: one form of text on both sides, any number of words in any order, nothing in them a pattern.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct SearchTests {
    private func event(_ fixture: TicketFixture, _ title: String, venue: String = "올림픽홀") async throws {
        let now = Timestamp.now()
        let made = try await fixture.inside(
            .post, "/internal/events",
            """
            {"title":"\(title)","venue":"\(venue)","eventDate":"\(now.adding(seconds: 9000))","saleStartDate":"\(now)",
             "saleEndDate":"\(now.adding(seconds: 8000))","seatLayout":{"sections":[{"name":"A","rows":1,"seatsPerRow":1,"price":1}]}}
            """)
        #expect(made.status == 201)
    }

    private func hits(_ fixture: TicketFixture, _ text: String) async throws -> Int? {
        let query = text.utf8.map { "%" + Hex.encode([$0]) }.joined()
        return try await fixture.call(.get, "/api/events?search=\(query)").json["pagination"]?["total"]?.intValue
    }

    // Jamo and combining accents, as macOS sends them.
    private static let decomposed = "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1161}\u{11BC} Cafe\u{301}"
    private static let composed = "한강 Café"

    @Test func eitherFormFindsTheOther() async throws {
        let fixture = try await TicketFixture.make()
        try await event(fixture, Self.decomposed)
        try await event(fixture, Self.composed)
        try await event(fixture, "STRASSE ΟΔΥΣΣΕΥΣ")
        for text in [Self.decomposed, Self.composed, "한강", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1161}\u{11BC}", "CAFÉ", "cafe\u{301}"] {
            #expect(try await hits(fixture, text) == 2, "\(text.unicodeScalars.map(\.value))")
        }
        for text in ["straße", "οδυσσευς", "Σευ"] { #expect(try await hits(fixture, text) == 1, "\(text)") }
        try await fixture.close()
    }

    @Test func anyNumberOfWordsInAnyOrder() async throws {
        let fixture = try await TicketFixture.make()
        let title = "2027 가을 앙코르  서울 콘서트 투어 100%_x"
        try await event(fixture, title)
        let found = [
            title, "투어 콘서트 서울 앙코르 가을 2027", "2027 가을 앙코르 서울 콘서트 올림픽홀", "100%_x", "100%",
        ]
        for text in found {
            #expect(try await hits(fixture, text) == 1, "\(text)")
        }
        for text in ["2027 가을 앙코르 서울 콘서트 투어 없는", "1%x", "1__%", "%\u{301}", "\\"] {
            #expect(try await hits(fixture, text) == 0, "\(text)")
        }
        let many = (0..<20).map { "w\($0)" }.joined(separator: "+")
        #expect(try await fixture.call(.get, "/api/events?search=\(many)").status == 200)
        let refused = try await fixture.call(.get, "/api/events?search=\(many)+w20")
        #expect(refused.status == 400 && refused.json["details"]?.arrayValue?.first?["field"]?.stringValue == "search")
        try await fixture.close()
    }

    @Test func onlyWhatIsAskedOftenIsKept() async throws {
        let fixture = try await TicketFixture.make()
        try await event(fixture, "Concert")
        for number in 0..<100 {
            _ = try await fixture.call(.get, "/api/events?search=word\(number)")
            _ = try await fixture.call(.get, "/api/events?page=\(number + 4)")
            _ = try await fixture.call(.get, "/api/events?limit=\(number % 9 + 1)")
        }
        func keys() async throws -> Int { try await fixture.client.send(["DBSIZE"]).int.map { Int($0) } ?? -1 }
        let before = try await keys()
        // The mark of today's lists, and the three that the new event left.
        #expect(before <= 4)
        // Asked for again: worth keeping.
        for _ in 0..<2 { _ = try await fixture.call(.get, "/api/events?search=concert") }
        _ = try await fixture.call(.get, "/api/events")
        #expect(try await keys() > before)
        try await fixture.close()
    }

    @Test func patternsEscapeByScalar() {
        #expect(SearchTerms.pattern("50%\u{301}_\\") == "%50\\%\u{301}\\_\\\\%")
        #expect(SearchTerms("  ") == nil)
        #expect(SearchTerms("a b a")?.words == ["a", "b"])
    }
}
