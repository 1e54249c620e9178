// Answers that are repeated by their Idempotency-Key, and who may still ask for them.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct SessionTests {
    /// The key of a hold and of a reservation gives their answers again, but not to a session that has ended.
    @Test func anEndedSessionGetsNoRepeatedAnswer() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (user, session) = (UUID(), UUID())
        try await fixture.database.run(
            script: """
                INSERT INTO auth_schema.users (id, email, password_hash, name) VALUES ('\(user)', '\(user)@example.com', 'x', 'n');
                INSERT INTO auth_schema.sessions (id, user_id, generation, expires_at)
                    VALUES ('\(session)', '\(user)', 0, now() + interval '1 day');
                """)
        let token = TicketFixture.token(user, session: session)
        func hold(_ app: TestApp) async throws -> TestResponse {
            try await app.send(
                .post, "/api/seats/reserve", headers: ["Idempotency-Key": "hold"], json: TicketFixture.ids([seats[0]]), token: token)
        }
        func reserve(_ app: TestApp) async throws -> TestResponse {
            try await app.send(
                .post, "/api/reservations", headers: ["Idempotency-Key": "reserve"],
                json: "{\"eventId\":\"\(event)\",\"seatIds\":[\"\(seats[0])\"]}", token: token)
        }
        let first = (held: try await hold(fixture.app), reserved: try await reserve(fixture.app))
        #expect(first.held.status == 200 && first.reserved.status == 201)
        let repeated = (held: try await hold(fixture.app), reserved: try await reserve(fixture.app))
        #expect(repeated.held.text == first.held.text && repeated.held.headers["Idempotency-Replayed"] == "true")
        #expect(repeated.reserved.text == first.reserved.text && repeated.reserved.headers["Idempotency-Replayed"] == "true")

        try await fixture.database.run(script: "UPDATE auth_schema.sessions SET ended_at = now() WHERE id = '\(session)'")
        try await SessionStore(postgres: fixture.pool, redis: fixture.client).announceEnd(of: [session], role: .user)
        // A process that has not asked for this session in the last seconds.
        let other = try await TicketFixture.reader(of: fixture)
        #expect(try await hold(other).code == "SESSION_ENDED")
        #expect(try await reserve(other).code == "SESSION_ENDED")
        try await fixture.close()
    }
}
