// What goes out after a commit: one message for each seat with version and count, the holder's id for the holder alone.
import Testing
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct AnnouncementTests {
    /// Everything published, as text: MessagePack keeps strings readable.
    private func published(_ world: TicketWorld, until count: Int, _ work: () async throws -> Void) async throws -> [(
        channel: String, text: String
    )] {
        let seen = Locked<[(channel: String, text: String)]>([])
        let subscriber = RedisSubscriber(world.redis.configuration, loop: EventLoopGroup.shared.next()) { channel, payload in
            seen.withLock { $0.append((channel, String(decoding: payload.map { $0 < 128 ? $0 : 46 }, as: UTF8.self))) }
        }
        subscriber.psubscribe("socket.io#/#*")
        #expect(await subscriber.waitUntilSubscribed())
        try await work()
        for _ in 0..<500 where seen.withLock({ $0.count }) < count {
            try await world.on { try await EventLoop.current?.sleep(nanoseconds: 10_000_000) }
        }
        subscriber.close()
        return seen.withLock { $0 }
    }

    @Test func tellsEverybodyOfSeatsAndOnlyTheHolderOfTheHolder() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event()
        let user = UUID()
        let held = try await published(world, until: 4) { _ = try await world.hold(Array(seats[0..<2]), as: user) }
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

        let freed = try await published(world, until: 2) { _ = try await world.release(seats, as: user) }
        #expect(freed.count == 2 && freed.allSatisfy { $0.text.contains("seat-released") && $0.channel == "socket.io#/#seats:\(event)#" })

        let made = try #require(try await world.reserve(event, [seats[0]], as: user).reservationID)
        try await world.pass(seconds: 901)
        let expired = try await published(world, until: 2) { try await world.settle() }
        #expect(expired.count == 2)
        #expect(
            expired.contains {
                $0.channel == "socket.io#/#\(user)#" && $0.text.contains("\(made)")
                    && $0.text.contains("reservation-expired")
            })
        try await world.close()
    }

    @Test func tellsOfSellingOut() async throws {
        let world = try await TicketWorld.make()
        let (event, seats) = try await world.event(seats: 1)
        let user = UUID()
        let id = try #require(try await world.reserve(event, seats, as: user).reservationID)
        let sold = try await published(world, until: 3) { _ = try await world.pay(id, user, order: "O1", amount: 1000) }
        #expect(sold.contains { $0.channel == "socket.io#/#event:\(event)#" && $0.text.contains("sold_out") })
        #expect(try await world.call(.get, "/api/events?status=sold_out").json["data"]?.arrayValue?.count == 1)
        let back = try await published(world, until: 2) {
            _ = try await world.call(.put, "/api/reservations/\(id)/cancel", as: user)
        }
        #expect(back.contains { $0.channel == "socket.io#/#event:\(event)#" && $0.text.contains("on_sale") })
        try await world.close()
    }
}
