// Many buyers at once, against the real database: each seat once, nobody above the cap, sums right, versions without a gap.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct ConcurrencyTests {
    /// 300 buyers want pairs of 100 seats, go through hold, reservation and payment, and try again elsewhere when they are too late.
    @Test func threeHundredBuyersForAHundredSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 100, price: 12_000)
        let outcomes = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
            for buyer in 0..<300 {
                group.addTask {
                    let user = UUID()
                    var seen: [Int: Int] = [:]
                    for attempt in 0..<4 {
                        // Even the last buyers start where seats are wanted by many.
                        let first = (buyer * 7 + attempt * 31) % 100
                        let pair = [seats[first], seats[(first + 1) % 100]].shuffled()
                        let hold = try await fixture.hold(pair, as: user)
                        seen[hold.status, default: 0] += 1
                        guard hold.status == 200 else { continue }
                        let made = try await fixture.reserve(event, pair, as: user)
                        guard made.status == 201, let id = made.reservationID else { throw Failure(text: made.text) }
                        let paid = try await fixture.pay(id, user, order: "ORDER-\(id)", amount: 24_000)
                        guard paid.status == 200 else { throw Failure(text: paid.text) }
                        break
                    }
                    return seen
                }
            }
            return try await group.reduce(into: [:]) { all, seen in all.merge(seen) { $0 + $1 } }
        }
        #expect(Set(outcomes.keys).isSubset(of: [200, 409]), "\(outcomes)")
        let sold = try await fixture.database.query(
            """
            SELECT (SELECT count(*) FROM ticket_schema.seats WHERE status = 'reserved'),
                   (SELECT count(DISTINCT seat_id) FROM ticket_schema.reservation_items WHERE active),
                   (SELECT count(*) FROM ticket_schema.reservation_items WHERE active),
                   (SELECT sum(total_amount)::bigint FROM ticket_schema.reservations WHERE status = 'confirmed'),
                   (SELECT count(*) FROM ticket_schema.reservations WHERE status = 'confirmed'),
                   (SELECT sold FROM ticket_schema.event_counters WHERE event_id = '\(event)'),
                   (SELECT count(*) FROM ticket_schema.seats WHERE status = 'locked')
            """)
        let row = try #require(sold.first)
        let (reserved, distinct, items, revenue, reservations) = try (row.int(0), row.int(1), row.int(2), row.int(3), row.int(4))
        #expect(reserved == distinct && distinct == items && reserved == 2 * reservations)
        #expect(revenue == reserved * 12_000)
        #expect(try row.int(5) == reserved && row.int(6) == 0)
        // Pairs from both sides can leave a single seat between two; most are sold.
        #expect(reserved >= 60)
        #expect(outcomes[200] == reservations)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func oneSeatHasOneBuyer() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 1)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for buyer in 0..<100 {
                group.addTask {
                    let user = UUID()
                    return buyer.isMultiple(of: 2)
                        ? try await fixture.hold(seats, as: user).status : try await fixture.reserve(event, seats, as: user).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 || $0 == 201 } == 1)
        #expect(statuses.count { $0 == 409 } == 99)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// One user with many windows: the cap holds under any race, and nothing is refused for want of a slot.
    @Test func oneUserNeverPassesTheCap() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 40)
        let user = UUID()
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<40 {
                group.addTask {
                    let answer =
                        index.isMultiple(of: 2)
                        ? try await fixture.hold([seats[index]], as: user) : try await fixture.reserve(event, [seats[index]], as: user)
                    return answer.code ?? "\(answer.status)"
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == "200" || $0 == "201" } == 4, "\(codes)")
        #expect(codes.count { $0 == "SEAT_LIMIT" } == 36, "\(codes)")
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// Holds, releases, cancels, expiries, payments, all at once on few seats.
    @Test func everythingAtOnceKeepsTheBooks() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 24)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<24 {
                group.addTask {
                    var generator = SystemRandomNumberGenerator()
                    let user = UUID()
                    for step in 0..<20 {
                        let pair = Array(seats.shuffled(using: &generator).prefix(Int.random(in: 1...3)))
                        let answer: TestResponse
                        switch Int.random(in: 0..<5) {
                        case 0: answer = try await fixture.hold(pair, as: user)
                        case 1: answer = try await fixture.release(seats, as: user)
                        case 2 where worker == 0:
                            try await fixture.database.run(
                                script: """
                                    WITH l AS MATERIALIZED (SELECT id FROM ticket_schema.seats
                                        WHERE status = 'locked' AND reservation_id IS NULL ORDER BY id LIMIT 2 FOR UPDATE),
                                    s AS (UPDATE ticket_schema.seats s SET hold_expires_at = now() FROM l WHERE s.id = l.id RETURNING s.id)
                                    UPDATE ticket_schema.seat_claims c SET expires_at = now()
                                    FROM s WHERE c.seat_id = s.id AND c.ended_at IS NULL
                                    """)
                            try await fixture.expire()
                            continue
                        default:
                            answer = try await fixture.reserve(event, pair, as: user)
                            guard let id = answer.reservationID else { break }
                            let amount = pair.count * 1000
                            switch Int.random(in: 0..<3) {
                            case 0: _ = try await fixture.pay(id, user, order: "ORDER-\(worker)-\(step)", amount: amount)
                            case 1: _ = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
                            default:
                                _ = try await fixture.pay(id, user, order: "ORDER-\(worker)-\(step)", amount: amount)
                                _ = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
                            }
                        }
                        #expect(answer.status < 500, "\(answer.text)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }
}
