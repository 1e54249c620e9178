// A stats service on a database of its own, with facts written as ticket would write them.
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import StatsService

final class StatsFixture: Sendable {
    let database: TestDatabase
    let runtime: ServiceRuntime
    let app: TestApp
    let facts: PostgresFactStore

    static func make() async throws -> StatsFixture {
        let database = try await TestPostgres.shared().database()
        try await database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'admin@example.com', 'x', 'Admin', 'admin')",
            [adminID.description])
        var reader = EnvironmentReader(["REDIS_PORT": "1", "DB_PASSWORD": "tiketi"])
        var config = CommonConfig.read(&reader, service: "stats", port: 0)
        config.postgres = database.configuration(role: "tiketi_stats")
        // Many fixtures share one server.
        config.postgres.writeConnectionsPerLoop = 2
        config.postgres.readConnectionsPerLoop = 1
        let runtime = ServiceRuntime(name: "stats", config: config, group: .shared)
        return StatsFixture(database, runtime, StatsApp.make(runtime, StatsConfig(&reader)))
    }

    private init(_ database: TestDatabase, _ runtime: ServiceRuntime, _ app: ServiceApp) {
        self.database = database
        self.runtime = runtime
        self.app = TestApp(app.router)
        facts = PostgresFactStore(pool: runtime.postgres)
    }

    static let adminID = UUID()
    static let admin = JWT.sign(
        Principal(userID: adminID, email: "admin@example.com", role: .admin), secret: CommonConfig.developmentJWTSecret,
        lifetimeSeconds: 3600)

    func close() async throws {
        await runtime.close()
        try await database.drop()
    }

    /// Takes every fact that is there; how many there were. A transaction open anywhere on the server holds the feed back for a moment, and
    /// other suites have theirs.
    @discardableResult
    func follow(limit: Int = 1000) async throws -> Int {
        var total = 0
        for _ in 0..<1000 {
            while let count = try await facts.applyNext(limit: limit), count > 0 { total += count }
            let behind = try await database.query(
                "SELECT last_id < coalesce((SELECT max(id) FROM ticket_schema.outbox), 0) FROM stats_schema.feeds WHERE source = 'ticket'")
            if try !behind[0].bool(0) { return total }
            try await EventLoopGroup.shared.next().run { try await EventLoop.current?.sleep(nanoseconds: 10_000_000) }
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
                VALUES ($1::uuid, gen_random_uuid(), $2::uuid, 'TKT-' || $1::uuid::text, $3::numeric, $4::integer, '\(status)', '\(payment)', \(reason),
                    now() + interval '15 minutes', \(confirmedAt), \(cancelledAt))
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
