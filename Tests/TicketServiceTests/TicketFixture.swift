// A ticket service on a database and a Redis of its own, called through its router; time is shifted in the rows, not in the clock.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TicketService

/// Why a fixture could not be made.
struct Failure: Error { var text: String }

/// A ticket service with its database, Redis and a fake payment service.
struct TicketFixture: Sendable {
    let database: TestDatabase
    let redis: TestRedis
    let client: RedisClient
    let pool: PostgresPool
    let payments: FakePayments
    let parts: TicketParts
    let app: TestApp

    static let internalToken = "internal-token-of-the-tests"
    private static let key = HMACKey(Array("secret-of-the-tests".utf8))

    static func make(queueRedis: RedisClient? = nil, _ adjust: (inout TicketConfig) -> Void = { _ in }) async throws -> TicketFixture {
        let database = try await TestPostgres.shared().database()
        let redis = try await TestRedis()
        let pool = database.pool(role: "tiketi_ticket")
        let client = RedisClient(redis.configuration, group: .shared)
        _ = try await client.send(["PING"])
        var config = TicketConfig()
        adjust(&config)
        let payments = FakePayments()
        var parts = TicketParts(
            postgres: pool, redis: client, queueRedis: queueRedis, group: .shared,
            blocking: BlockingPool(name: "test", threads: 2, queueLimit: 1000),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: MetricsRegistry(), payments: payments, config: config)
        parts.idempotency = PostgresIdempotencyStore(pool, table: "ticket_schema.idempotency_keys")
        let router = parts.router(
            authentication: Authentication(JWT.Verifier(secret: "secret-of-the-tests")), internalAuth: InternalAuth(token: internalToken))
        return TicketFixture(
            database: database, redis: redis, client: client, pool: pool, payments: payments, parts: parts, app: TestApp(router))
    }

    /// Another process on the same database and Redis; it is closed with them.
    static func reader(of fixture: TicketFixture) async throws -> TestApp { try await another(fixture).app }

    /// The same, with its parts.
    static func another(_ fixture: TicketFixture) async throws -> (app: TestApp, parts: TicketParts) {
        var parts = TicketParts(
            postgres: fixture.pool, redis: fixture.client, group: .shared,
            blocking: BlockingPool(name: "test", threads: 1, queueLimit: 100),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: MetricsRegistry(), payments: fixture.payments,
            config: fixture.parts.config)
        parts.idempotency = fixture.parts.idempotency
        let router = parts.router(
            authentication: Authentication(JWT.Verifier(secret: "secret-of-the-tests")), internalAuth: InternalAuth(token: internalToken))
        return (TestApp(router), parts)
    }

    func close() async throws {
        client.close()
        redis.kill()
        await pool.close()
        try await database.drop()
    }

    static func token(_ user: UUID, role: Role = .user, session: UUID? = nil) -> String {
        let claims = session.map { SessionClaims(id: $0, generation: 0, authenticatedAt: .now()) }
        return JWT.sign(Principal(userID: user, email: "u@example.com", role: role, session: claims), key: key, lifetime: .seconds(3600))
    }

    /// Calls a public route as a user; nil calls without a token.
    func call(
        _ method: HTTPMethod, _ target: String, as user: UUID? = nil, role: Role = .user, headers: HTTPHeaders = HTTPHeaders(),
        _ json: String? = nil
    ) async throws -> TestResponse {
        try await app.send(method, target, headers: headers, json: json, token: user.map { Self.token($0, role: role) })
    }

    /// An account with the administrator's role.
    func administrator() async throws -> UUID {
        let id = UUID()
        try await database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, $2, 'x', 'Admin', 'admin')",
            [id.description, "\(id)@example.com"])
        return id
    }

    /// Calls an internal route as another service.
    func inside(_ method: HTTPMethod, _ target: String, _ json: String? = nil) async throws -> TestResponse {
        try await app.send(method, target, json: json, token: Self.internalToken)
    }

    // MARK: Events

    /// An event on sale with one section `A` of one row.
    func event(seats: Int = 10, price: Int = 1000, queue: Bool = false, opens: Int = -3600, closes: Int = 86_400, begins: Int = 90_000)
        async throws
        -> (id: UUID, seats: [UUID])
    {
        let now = Timestamp.now()
        let response = try await inside(
            .post, "/internal/events",
            """
            {"title":"Test","venue":"Hall","eventDate":"\(now.adding(seconds: begins))","saleStartDate":"\(now.adding(seconds: opens))",
             "saleEndDate":"\(now.adding(seconds: closes))","queueEnabled":\(queue),"createdBy":"\(UUID())",
             "seatLayout":{"sections":[{"name":"A","rows":1,"seatsPerRow":\(seats),"price":\(price)}]}}
            """)
        guard response.status == 201, let id = response.json["event"]?["id"]?.stringValue.flatMap({ UUID($0) }) else {
            throw Failure(text: "no event: \(response.text)")
        }
        let rows = try await database.query(
            "SELECT id FROM ticket_schema.seats WHERE event_id = '\(id)' ORDER BY section, row_number, seat_number")
        return (id, try rows.map { try $0.uuid(0) })
    }

    func hold(_ seats: [UUID], as user: UUID) async throws -> TestResponse {
        try await call(.post, "/api/seats/reserve", as: user, Self.ids(seats))
    }

    func release(_ seats: [UUID], as user: UUID) async throws -> TestResponse {
        try await call(.post, "/api/seats/release", as: user, Self.ids(seats))
    }

    func reserve(_ event: UUID, _ seats: [UUID], as user: UUID) async throws -> TestResponse {
        try await call(.post, "/api/reservations", as: user, "{\"eventId\":\"\(event)\",\(Self.ids(seats).dropFirst())")
    }

    static func ids(_ seats: [UUID]) -> String { "{\"seatIds\":[" + seats.map { "\"\($0)\"" }.joined(separator: ",") + "]}" }

    /// Takes the lease and confirms, as payment does.
    func pay(_ reservation: UUID, _ user: UUID, order: String, amount: Int) async throws -> TestResponse {
        let lease = try await inside(
            .post, "/internal/reservations/\(reservation)/paying",
            "{\"userId\":\"\(user)\",\"orderId\":\"\(order)\",\"amount\":\(amount),\"seconds\":60}")
        guard lease.status == 200 else { return lease }
        return try await inside(
            .post, "/internal/reservations/\(reservation)/confirm",
            "{\"orderId\":\"\(order)\",\"paymentId\":\"\(UUID())\",\"amount\":\(amount)}")
    }

    // MARK: Time and truth

    /// Lets `seconds` pass for everything that is held, reserved or leased.
    func pass(seconds: Int) async throws {
        try await database.run(
            script: """
                -- All rows are moved here; the triggers that follow a single row would move some twice.
                SET session_replication_role = replica;
                UPDATE ticket_schema.seats SET hold_expires_at = hold_expires_at - interval '\(seconds) s',
                    reserved_at = reserved_at - interval '\(seconds) s' WHERE status = 'locked';
                UPDATE ticket_schema.seat_claims SET expires_at = expires_at - interval '\(seconds) s',
                    held_at = held_at - interval '\(seconds) s', ended_at = ended_at - interval '\(seconds) s';
                UPDATE ticket_schema.reservations SET expires_at = expires_at - interval '\(seconds) s',
                    paying_until = paying_until - interval '\(seconds) s', created_at = created_at - interval '\(seconds) s';
                UPDATE ticket_schema.event_counters SET revision = revision + 1;
                """)
        // What a running service never meets: time that jumps. Cached answers do not know of it.
        _ = try await client.send(["FLUSHALL"])
    }

    func expire() async throws { try await on { try await parts.cleaner.expireDue() } }

    func on<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await EventLoopGroup.shared.next().run(body)
    }

    /// What must hold at any time; every row names a breach.
    func breaches() async throws -> [String] {
        try await database.query(
            """
            SELECT 'version gap in ' || c.event_id FROM ticket_schema.event_counters c
            LEFT JOIN ticket_schema.seat_changes s USING (event_id) GROUP BY c.event_id, c.version
            HAVING c.version <> count(s.version) + 1 OR c.version <> coalesce(max(s.version), 1)
            UNION ALL
            SELECT 'sold count of ' || c.event_id FROM ticket_schema.event_counters c
            WHERE sold <> (SELECT count(*) FROM ticket_schema.seats s WHERE s.event_id = c.event_id AND status = 'reserved')
            UNION ALL
            SELECT 'claim of seat ' || coalesce(s.id, c.seat_id)
            FROM ticket_schema.seats s FULL JOIN (SELECT * FROM ticket_schema.seat_claims WHERE ended_at IS NULL) c ON c.seat_id = s.id
            WHERE (s.status <> 'available') IS DISTINCT FROM (c.seat_id IS NOT NULL)
               OR (s.status <> 'available' AND (s.reserved_by <> c.user_id OR s.hold_expires_at IS DISTINCT FROM c.expires_at))
            UNION ALL
            SELECT 'item of seat ' || coalesce(s.id, i.seat_id)
            FROM ticket_schema.seats s FULL JOIN (SELECT * FROM ticket_schema.reservation_items WHERE active) i ON i.seat_id = s.id
            WHERE s.reservation_id IS DISTINCT FROM i.reservation_id
            UNION ALL
            SELECT 'items of ' || r.id FROM ticket_schema.reservations r
            WHERE (status = 'cancelled') <> NOT EXISTS (
                    SELECT FROM ticket_schema.reservation_items i WHERE i.reservation_id = r.id AND active)
               OR total_amount <> (SELECT sum(price) FROM ticket_schema.reservation_items i WHERE i.reservation_id = r.id)
               OR seat_count <> (SELECT count(*) FROM ticket_schema.reservation_items i WHERE i.reservation_id = r.id)
            """
        ).map { try $0.string(0) }
    }
}

extension TestResponse {
    var reservationID: UUID? { json["reservation"]?["id"]?.stringValue.flatMap { UUID($0) } }
    func reservation(_ member: String) -> String? { json["reservation"]?[member]?.stringValue }
}
