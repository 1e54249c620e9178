// A stats service on a database of its own, with facts written as ticket would write them.
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import StatsService

final class StatsFixture: Sendable {
    private let service: TestService
    let app: TestApp
    let facts: PostgresFactStore

    static let adminID = UUID()
    static let admin = TestUser.token(adminID, role: .admin)

    var database: TestDatabase { service.database }
    var runtime: ServiceRuntime { service.runtime }

    static func make() async throws -> StatsFixture {
        let made = try await TestService.make(.stats, compose: StatsApp.make)
        try await made.service.database.account(adminID, role: .admin)
        return StatsFixture(made.service, made.app)
    }

    private init(_ service: TestService, _ app: ServiceApp) {
        self.service = service
        self.app = TestApp(app.router)
        facts = PostgresFactStore(pool: service.runtime.postgres)
    }

    func close() async throws { try await service.close() }

    /// Takes every fact that is there; how many there were. A transaction open anywhere on the server holds the feed back for a moment, and
    /// other suites have theirs.
    @discardableResult
    func follow(limit: Int = 1000) async throws -> Int {
        var total = 0
        try await eventually {
            while let count = try await facts.applyNext(limit: limit), count > 0 { total += count }
            let behind = try await database.query(
                "SELECT last_id < coalesce((SELECT max(id) FROM ticket_schema.outbox), 0) FROM stats_schema.feeds WHERE source = 'ticket'")
            return try !behind[0].bool(0)
        }
        return total
    }

    func get(_ path: String) async throws -> TestResponse { try await app.get(path, token: Self.admin) }

    /// A real event and its fact.
    func event(_ title: String = "공연", seats: Int = 100) async throws -> String {
        let id = UUID().description
        try await database.query(
            """
            WITH made AS (
                INSERT INTO ticket_schema.events AS e (id, title, venue, event_date, sale_start_date, sale_end_date)
                VALUES ($1::uuid, $2, 'v', now() + interval '30 days', now() - interval '1 day', now() + interval '20 days') RETURNING e
            ), counted AS (INSERT INTO ticket_schema.event_counters (event_id, total) VALUES ($1::uuid, $3::integer))
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'event', ticket_schema.event_fact(e, $3::integer) FROM made
            """, [id, title, String(seats)])
        return id
    }

    /// A reservation in one state of its life, in the source and in the feed. Times are SQL expressions.
    func reservation(
        _ id: String = UUID().description, event: String, seats: Int = 2, amount: Int = 1000, state: State,
        confirmed: String = "now()", cancelled: String = "now()"
    ) async throws {
        let (status, payment) = state.columns
        let confirmedAt = state == .confirmed || state == .refunded ? confirmed : "NULL"
        let cancelledAt = state == .cancelled || state == .refunded ? cancelled : "NULL"
        let reason = state == .cancelled || state == .refunded ? "'user'" : "NULL"
        try await database.query(
            """
            WITH made AS (
                INSERT INTO ticket_schema.reservations AS r (id, user_id, event_id, reservation_number, total_amount, seat_count, status,
                    payment_status, cancel_reason, expires_at, confirmed_at, cancelled_at)
                VALUES ($1::uuid, gen_random_uuid(), $2::uuid, 'TKT-' || $1::uuid::text, $3::numeric, $4::integer,
                    '\(status)', '\(payment)', \(reason), now() + interval '15 minutes', \(confirmedAt), \(cancelledAt))
                ON CONFLICT (id) DO UPDATE SET status = excluded.status, payment_status = excluded.payment_status,
                    cancel_reason = excluded.cancel_reason, cancelled_at = excluded.cancelled_at,
                    confirmed_at = coalesce(r.confirmed_at, excluded.confirmed_at)
                RETURNING r
            )
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'reservation', ticket_schema.reservation_fact(r) FROM made
            """, [id, event, String(amount), String(seats)])
    }

    enum State {
        case pending, confirmed, cancelled, refunded

        var columns: (String, String) {
            switch self {
            case .pending: ("pending", "pending")
            case .confirmed: ("confirmed", "completed")
            case .cancelled: ("cancelled", "pending")
            case .refunded: ("cancelled", "refunded")
            }
        }
    }
}
