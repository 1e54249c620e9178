// Holds decided together: each keeps its own answer, in the order of arrival, and a request that fails takes nobody with it.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

@Suite struct HoldBatchTests {
    /// One statement, every kind of answer, on a known order of requests.
    @Test func everyRequestHasItsOwnAnswer() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 20)
        let other = try await fixture.event(seats: 2)
        let users = (0..<12).map { _ in UUID() }
        #expect(try await fixture.hold([seats[0]], as: users[11]).status == 200)
        let requests = [
            HoldRequest(user: users[0], seats: [seats[1], seats[2]]),
            // Wants what the first gets; and one that wants what this one wants waits as well, so that nobody is overtaken.
            HoldRequest(user: users[1], seats: [seats[2], seats[3]]),
            HoldRequest(user: users[2], seats: [seats[3], seats[4]]),
            HoldRequest(user: users[3], seats: [seats[0], seats[5]]),
            HoldRequest(user: users[4], seats: [seats[5]]),
            HoldRequest(user: users[0], seats: [seats[6]]),
            HoldRequest(user: users[5], seats: [seats[7], other.seats[0]]),
            HoldRequest(user: users[6], seats: [seats[8], UUID()]),
            HoldRequest(user: users[7], seats: Array(seats[9..<14])),
            HoldRequest(user: users[11], seats: [seats[0], seats[15]]),
            HoldRequest(user: users[11], seats: [seats[16]]),
        ]
        let answers = try await fixture.on { try await fixture.parts.seatStore.hold(requests, event: event) }
        let outcomes = answers.map { answer -> String in
            switch answer {
            case .held(let hold, let change): "held \(hold.fresh.count) at \(change.map { "\($0.version)" } ?? "-")"
            case .refused(let error): "\(error)".prefix { $0 != "(" }.description
            case .expireFirst: "expire first"
            case .again: "again"
            }
        }
        #expect(
            outcomes == [
                "held 2 at 3", "again", "again", "seatsUnavailable", "held 1 at 4", "again", "seatsOfAnotherEvent", "seatsNotFound",
                "seatLimit", "held 1 at 5", "again",
            ])
        guard case .refused(.seatsUnavailable(let taken)) = answers[3] else { throw Failure(text: "\(answers[3])") }
        #expect(taken == [seats[0]])
        guard case .held(let mixed, _) = answers[9], case .held(let new, _) = answers[0] else { throw Failure(text: "\(answers)") }
        #expect(mixed.fresh == [seats[15]] && mixed.expiresAt < new.expiresAt)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func aCrowdAtOneSeatIsAnsweredInTwoRounds() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 40)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<400 {
                // Half want the same pair, the others pairs of their own or of a few.
                let pair = index.isMultiple(of: 2) ? [seats[0], seats[1]] : [seats[index % 39], seats[index % 39 + 1]]
                group.addTask { try await fixture.hold(pair, as: UUID()).status }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(Set(statuses.keys) == [200, 409], "\(statuses)")
        let held = try await fixture.database.query(
            "SELECT count(*), count(DISTINCT reserved_by) FROM ticket_schema.seats WHERE event_id = '\(event)' AND status = 'locked'")
        let row = try #require(held.first)
        let (locked, holders) = try (row.int(0), row.int(1))
        #expect(locked == 2 * holders && holders == statuses[200])
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// One user's many windows through the batch: the cap holds and every refusal is the cap's.
    @Test func oneUserInManyWindows() async throws {
        let fixture = try await TicketFixture.make()
        let (_, seats) = try await fixture.event(seats: 60)
        let user = UUID()
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            for seat in seats { group.addTask { try await fixture.hold([seat], as: user).code ?? "held" } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(codes == ["held": 4, "SEAT_LIMIT": 56])
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// A seat whose row can't be written fails its own request only.
    @Test func aBrokenSeatFailsAlone() async throws {
        let fixture = try await TicketFixture.make()
        let (_, seats) = try await fixture.event(seats: 40)
        try await fixture.database.run(
            script: """
                CREATE FUNCTION ticket_schema.break_seat() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'this row is broken'; END $$;
                CREATE TRIGGER break_seat BEFORE UPDATE ON ticket_schema.seats FOR EACH ROW
                    WHEN (OLD.id = '\(seats[7])') EXECUTE FUNCTION ticket_schema.break_seat();
                """)
        let answers = try await withThrowingTaskGroup(of: (Int, TestResponse).self) { group in
            for index in 0..<40 { group.addTask { (index, try await fixture.hold([seats[index]], as: UUID())) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers.filter { $0.value.status != 200 }.map(\.key) == [7])
        #expect(answers[7]?.status == 500, "\(answers[7]?.text ?? "")")
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// Every taken seat is announced once, with its own version, whatever batch it travelled in.
    @Test func announcesEachVersionOnce() async throws {
        let fixture = try await TicketFixture.make { $0.holdBatchSize = 7 }
        let (event, seats) = try await fixture.event(seats: 60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in stride(from: 0, to: 60, by: 2) {
                group.addTask {
                    let answer = try await fixture.hold([seats[index], seats[index + 1]], as: UUID())
                    #expect(answer.status == 200)
                }
            }
            try await group.waitForAll()
        }
        let map = try await fixture.call(.get, "/api/seats/\(event)")
        #expect(map.json["version"]?.intValue == 31)
        #expect(map.json["seats"]?.arrayValue?.allSatisfy { $0["status"]?.stringValue == "locked" } == true)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }
}
