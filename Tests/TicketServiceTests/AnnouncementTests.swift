// What goes out after a commit: one message for each seat with version and count, the holder's id for the holder alone.
import Testing
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct AnnouncementTests {
    /// Everything published to sockets, as text: MessagePack keeps strings readable.
    private func published(
        _ fixture: TicketFixture, until count: Int, _ work: () async throws -> Void
    ) async throws -> [(channel: String, text: String)] {
        try await fixture.published("socket.io#/#*", until: count, work).map { channel, payload in
            (channel, String(decoding: payload.map { $0 < 128 ? $0 : 46 }, as: UTF8.self))
        }
    }

    @Test func tellsEverybodyOfSeatsAndOnlyTheHolderOfTheHolder() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let held = try await published(fixture, until: 4) { _ = try await fixture.hold(Array(seats[0..<2]), as: user) }
        #expect(held.count == 4)
        let toRoom = held.filter { $0.channel == "socket.io#/#seats:\(event)#" }
        #expect(toRoom.count == 2)
        for message in toRoom {
            #expect(message.text.contains("seat-reserved") && message.text.contains("locked"))
            // Named only as the room that is left out.
            #expect(message.text.ranges(of: user.description).count == 1 && message.text.contains("except"))
        }
        let toUser = held.filter { $0.channel == "socket.io#/#\(user)#" }
        #expect(toUser.count == 2 && toUser.allSatisfy { $0.text.ranges(of: user.description).count == 2 })

        let freed = try await published(fixture, until: 2) { _ = try await fixture.release(seats, as: user) }
        #expect(freed.count == 2 && freed.allSatisfy { $0.text.contains("seat-released") && $0.channel == "socket.io#/#seats:\(event)#" })

        let made = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        try await fixture.pass(seconds: 901)
        let expired = try await published(fixture, until: 2) { try await fixture.expire() }
        #expect(expired.count == 2)
        #expect(
            expired.contains {
                $0.channel == "socket.io#/#\(user)#" && $0.text.contains("\(made)")
                    && $0.text.contains("reservation-expired")
            })
        try await fixture.close()
    }

    /// Messages speak the account's language, Korean where none is known, and say how long a reservation may wait.
    @Test func messagesSpeakTheLanguageOfTheAccount() async throws {
        let fixture = try await TicketFixture.make { $0.queue.activeLimit = 2 }
        let (event, seats) = try await fixture.event(queue: true)
        let (korean, english) = (UUID(), UUID())
        try await fixture.database.run(
            script: """
                INSERT INTO auth_schema.users (id, email, password_hash, name, language)
                    VALUES ('\(english)', '\(english)@example.com', 'x', 'n', 'en')
                """)
        func sent(to user: UUID, _ messages: [(channel: String, payload: [UInt8])]) -> String {
            messages.map { $0.channel + String(decoding: $0.payload, as: UTF8.self) }.filter { $0.contains(user.description) }.joined()
        }
        let admitted = try await fixture.published("socket.io#/#*", until: 2) {
            for user in [korean, english] {
                let joined = try await fixture.call(.post, "/api/queue", as: user, "{\"eventId\":\"\(event)\"}")
                #expect(joined.status == 200)
            }
        }
        #expect(sent(to: korean, admitted).contains("입장 순서가 되었습니다."))
        #expect(sent(to: english, admitted).contains("It is your turn."))
        #expect(try await fixture.reserve(event, [seats[0]], as: korean).status == 201)
        #expect(try await fixture.reserve(event, [seats[1]], as: english).status == 201)
        try await fixture.pass(seconds: 901)
        let expired = try await fixture.published("socket.io#/#*", until: 4) { try await fixture.expire() }
        #expect(sent(to: korean, expired).contains("15분이 경과하여 예약이 만료되었습니다."))
        #expect(sent(to: english, expired).contains("Your reservation has expired after 15 minutes."))
        #expect(LiveText.reservationExpired(.korean, after: .seconds(90)) == "90초가 경과하여 예약이 만료되었습니다.")
        try await fixture.close()
    }

    @Test func tellsOfSellingOut() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 1)
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, seats, as: user).reservationID)
        let sold = try await published(fixture, until: 3) { _ = try await fixture.pay(id, user, order: "O1", amount: 1000) }
        #expect(sold.contains { $0.channel == "socket.io#/#event:\(event)#" && $0.text.contains("sold_out") })
        #expect(try await fixture.call(.get, "/api/events?status=sold_out").json["data"]?.arrayValue?.count == 1)
        let back = try await published(fixture, until: 2) {
            _ = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
        }
        #expect(back.contains { $0.channel == "socket.io#/#event:\(event)#" && $0.text.contains("on_sale") })
        try await fixture.close()
    }
}
