import Logging
import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import PaymentService
@testable import TossSimulator

/// The payment service on a real PostgreSQL, with the real simulator and a stand-in for ticket, all over real sockets.
final class PaymentFixture: Sendable {
    static let group = EventLoopGroup.shared
    static let token = "internal-token"
    static let secret = "jwt-secret"

    struct Answer: Sendable {
        var status: Int
        var body: JSONValue
        var bytes: [UInt8]
        var code: String? { body["code"]?.stringValue }
    }

    let database: TestDatabase
    let ticket = TicketStandIn()
    let registry = MetricsRegistry()
    /// The service's own, and the buyers'.
    private let http: HTTPClient
    private let browser: HTTPClient
    let simulatorPort: Int
    let paymentPorts: [Int]
    private let servers: [HTTPServer]
    private let reconcilers: [Reconciler]
    private let jobs: [any Service]
    private let redis: RedisClient
    let comparison: DailyComparison
    private let isReconciling: Bool
    private let pools: [PostgresPool]

    /// How Toss is reached by https: its certificate, and the authority that the payment service trusts (nil: the system's).
    struct Secure: Sendable {
        var identity: TestCertificates.Identity
        var caFile: String?
    }

    private let front: TLSFront?
    /// Requests that came to Toss through TLS.
    var trustedConnections: Int { front?.trusted.withLock { $0 } ?? 0 }

    /// - Parameters:
    ///   - instances: Of the payment service, on one database.
    ///   - redis: Where browsers' messages go.
    init(
        instances: Int = 1, reconcile: Bool = true, webhooks: Bool = false, secure: Secure? = nil, window: Duration = .seconds(600),
        redis: TestRedis? = nil,
        _ adjust: (inout PaymentConfig) -> Void = { _ in }
    ) async throws {
        await Self.gate.enter()
        database = try await TestPostgres.shared().database()
        var trust = HTTPClientConfiguration()
        trust.caFile = secure?.caFile
        http = HTTPClient(configuration: trust)
        var configuration = HTTPClientConfiguration()
        configuration.maxConnectionsPerOrigin = 4000
        browser = HTTPClient(configuration: configuration)
        var servers: [HTTPServer] = []
        func serve(_ router: Router, port: Int = 0) async throws -> Int {
            let server = HTTPServer(group: Self.group, handler: router.handler)
            servers.append(server)
            return try await server.start(host: "127.0.0.1", port: port)
        }
        let ticketPort = try await serve(ticket.router(token: Self.token))
        var settings = SimulatorConfig()
        settings.secretKey = "test_sk_fixture"
        settings.window = window
        // The first payment service is asked to listen before the simulator knows where to send webhooks.
        let relay = Relay()
        if webhooks { settings.webhookURL = ServiceURL(host: "127.0.0.1", port: try await serve(relay.router(http: http)), path: "/hook") }
        simulatorPort = try await serve(SimulatorApp.router(settings, http: http))

        var front: TLSFront?
        if let secure { front = try await TLSFront(secure.identity, to: simulatorPort, group: Self.group) }
        self.front = front
        var config = PaymentConfig()
        config.tossURL = ServiceURL(isSecure: front != nil, host: "127.0.0.1", port: front?.port ?? simulatorPort)
        config.tossSecretKey = "test_sk_fixture"
        config.reconcileInterval = .milliseconds(50)
        config.backlogInterval = .milliseconds(500)
        config.tossTimeout = .seconds(5)
        config.driverPatience = .seconds(3)
        adjust(&config)
        var ports: [Int] = []
        var reconcilers: [Reconciler] = []
        var pools: [PostgresPool] = []
        var comparisons: [DailyComparison] = []
        var jobs: [any Service] = []
        // Without a server of its own, nobody is told anything, which no payment minds.
        let redis = RedisClient(redis?.configuration ?? RedisConfiguration(endpoint: .unix(path: "/nonexistent")), group: Self.group)
        for _ in 0..<instances {
            let pool = database.pool(role: "tiketi_payment", group: Self.group) {
                $0.writeConnectionsPerLoop = 4
                $0.readConnectionsPerLoop = 1
            }
            pools.append(pool)
            let app = PaymentParts(
                postgres: pool, redis: redis, http: http,
                ticket: InternalClient(
                    base: ServiceURL(host: "127.0.0.1", port: ticketPort), token: Self.token, http: http, timeout: .seconds(60)),
                group: Self.group, logger: Logger(label: "payment") { _ in SwiftLogNoOpLogHandler() }, metrics: registry, config: config)
            let router = app.router(
                authentication: Authentication(JWT.Verifier(secret: Self.secret)), internalAuth: InternalAuth(token: Self.token))
            ports.append(try await serve(router))
            if reconcile {
                for job in app.jobs { try await job.start() }
                jobs += app.jobs
            }
            comparisons.append(app.comparison)
            reconcilers.append(app.reconciler)
        }
        relay.port.withLock { $0 = ports[0] }
        paymentPorts = ports
        self.servers = servers
        self.reconcilers = reconcilers
        self.jobs = jobs
        self.redis = redis
        isReconciling = reconcile
        comparison = comparisons[0]
        self.pools = pools
    }

    func close() async {
        for job in jobs { await job.stop() }
        await front?.stop()
        for server in servers { await server.stop() }
        for pool in pools { await pool.close() }
        redis.close()
        http.close()
        browser.close()
        try? await database.drop()
        await Self.gate.leave()
    }

    /// As many fixtures at a time as the server has connections for.
    private static let gate = Gate(6)

    private actor Gate {
        private var room: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ room: Int) { self.room = room }

        func enter() async {
            if room > 0 { room -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        }

        func leave() {
            if waiting.isEmpty { room += 1 } else { waiting.removeFirst().resume() }
        }
    }

    // MARK: Calls

    func call(
        _ method: HTTPMethod, _ path: String, port: Int? = nil, token: String? = nil, headers: [(String, String)] = [],
        _ body: ((inout JSONWriter) -> Void)? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(
            method: method, url: URLParts(host: "127.0.0.1", port: port ?? paymentPorts[0], target: path))
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        for (name, value) in headers { request.headers[name] = value }
        if let body {
            var writer = JSONWriter()
            writer.object(body)
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes(writer.finish())
        }
        request.totalTimeout = 300_000_000_000
        let ready = request
        return try await Self.group.next().run { [browser] in
            let response = try await browser.execute(ready)
            let bytes = try await response.body.collect(upTo: 1 << 24)
            return Answer(status: response.status.code, body: (try? JSONValue.parse(bytes)) ?? .null, bytes: bytes)
        }
    }

    /// One buyer with a pending reservation.
    struct Buyer: Sendable {
        var userID: UUID
        var token: String
        var reservationID: UUID
        var amount: Int64
        var orderID = ""
        var paymentKey = ""
    }

    func buyer(amount: Int64 = 70_000) throws -> Buyer {
        let user = UUID()
        let token = TestUser.token(user, secret: Self.secret)
        return Buyer(userID: user, token: token, reservationID: ticket.add(userID: user, amount: amount), amount: amount)
    }

    func prepare(_ buyer: Buyer, amount: Int64? = nil) async throws -> Answer {
        try await call(.post, "/api/payments/prepare", token: buyer.token) {
            $0.member("reservationId", buyer.reservationID)
            $0.member("amount", amount ?? buyer.amount)
        }
    }

    /// A buyer who has come back from the payment window.
    func ready(_ behaviour: String? = nil, amount: Int64 = 70_000) async throws -> Buyer {
        var buyer = try buyer(amount: amount)
        let prepared = try await prepare(buyer)
        buyer.orderID = try #require(prepared.body["orderId"]?.stringValue, "\(prepared)")
        buyer.paymentKey = try await key(buyer, behaviour)
        return buyer
    }

    func key(_ buyer: Buyer, _ behaviour: String? = nil) async throws -> String {
        let answer = try await call(.post, "/simulator/payments", port: simulatorPort) {
            $0.member("orderId", buyer.orderID)
            $0.member("amount", buyer.amount)
            $0.member("behaviour", behaviour)
        }
        return try #require(answer.body["paymentKey"]?.stringValue, "\(answer)")
    }

    func confirm(_ buyer: Buyer, instance: Int = 0, paymentKey: String? = nil, amount: Int64? = nil) async throws -> Answer {
        try await call(.post, "/api/payments/confirm", port: paymentPorts[instance], token: buyer.token) {
            $0.member("paymentKey", paymentKey ?? buyer.paymentKey)
            $0.member("orderId", buyer.orderID)
            $0.member("amount", amount ?? buyer.amount)
        }
    }

    /// Confirms at Toss behind the service's back, as a process that died would have done.
    func charge(_ buyer: Buyer, idempotencyKey: String? = nil) async throws {
        let headers = [
            ("Authorization", "Basic " + Base64.encode(Array("test_sk_fixture:".utf8))),
            ("Idempotency-Key", idempotencyKey ?? buyer.orderID),
        ]
        let answer = try await call(.post, "/v1/payments/confirm", port: simulatorPort, headers: headers) {
            $0.member("paymentKey", buyer.paymentKey)
            $0.member("orderId", buyer.orderID)
            $0.member("amount", buyer.amount)
        }
        #expect(answer.status == 200, "\(answer)")
    }

    func refund(_ buyer: Buyer, instance: Int = 0, waits: Bool = true) async throws -> Answer {
        try await call(.post, "/internal/payments/refund", port: paymentPorts[instance], token: Self.token) {
            $0.member("reservationId", buyer.reservationID)
            $0.member("reason", "test")
            $0.member("wait", waits)
        }
    }

    /// Gives money back in Toss's own console, behind the service's back; the whole rest without an amount.
    func cancelAtToss(_ buyer: Buyer, amount: Int64? = nil) async throws {
        try await call(
            .post, "/v1/payments/\(buyer.paymentKey)/cancel", port: simulatorPort,
            headers: [("Authorization", "Basic " + Base64.encode(Array("test_sk_fixture:".utf8)))]
        ) {
            $0.member("cancelReason", "by hand")
            $0.member("cancelAmount", amount)
        }.expect(200)
    }

    /// Changes how Toss treats a payment from now on.
    func behave(_ buyer: Buyer, _ behaviour: String) async throws {
        try await call(.put, "/simulator/behaviour", port: simulatorPort) {
            $0.member("behaviour", behaviour)
            $0.member("paymentKey", buyer.paymentKey)
        }.expect(200)
    }

    /// A metric's value as a scraper sees it.
    func metric(_ series: String) -> Int? {
        let lines = String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(series + " ") }.flatMap { Int($0.dropFirst(series.utf8.count + 1)) }
    }

    // MARK: What there is

    struct Row: Sendable, Equatable {
        var status: String
        var phase: String
        var calls: Int
        var code: String?
        var alarm: String?
    }

    func row(_ buyer: Buyer) async throws -> Row {
        let rows = try await database.query(
            "SELECT status, phase, calls, provider_code, alarm FROM payment_schema.payments WHERE order_id = $1", [buyer.orderID])
        let row = try #require(rows.first)
        return Row(
            status: try row.string(0), phase: try row.string(1), calls: try row.int(2), code: try row.stringOrNil(3),
            alarm: try row.stringOrNil(4))
    }

    func ledger(_ buyer: Buyer) async throws -> JSONValue {
        let answer = try await call(.get, "/simulator/ledger?orderId=\(buyer.orderID)", port: simulatorPort)
        let payments = try #require(answer.body["payments"]?.arrayValue)
        try #require(payments.count == 1)
        return payments[0]
    }

    /// The facts that statistics hear of one order. The feed shows a fact only when no older transaction of the server still runs.
    func facts(_ buyer: Buyer) async throws -> [String] {
        try await until("the feed") {
            let behind = try await database.query(
                "SELECT (SELECT count(*) FROM payment_schema.outbox) - (SELECT count(*) FROM payment_schema.outbox_feed)")
            return try behind.first?.int(0) == 0
        }
        let rows = try await database.query(
            "SELECT kind FROM payment_schema.outbox_feed WHERE payload->>'orderId' = $1 ORDER BY id", [buyer.orderID])
        return try rows.map { try $0.string(0) }
    }

    static func pause() async throws {
        try await group.loops[0].run { try await EventLoop.current?.sleep(nanoseconds: 25_000_000) }
    }

    /// Waits until something is so, a minute at most.
    func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
        do {
            try await TiketiTesting.eventually(within: .seconds(60)) { try await isSo() }
        } catch is NeverHappened {
            Issue.record("waited for \(what)")
        }
    }

    /// Makes the reconciler take the payment up now instead of after its pause.
    func hurry() async throws {
        // In one order: several do this at the same time.
        try await database.query(
            """
            WITH idle AS (SELECT id FROM payment_schema.payments WHERE driver IS NULL ORDER BY id FOR UPDATE)
            UPDATE payment_schema.payments SET due_at = now() WHERE id = ANY (ARRAY (SELECT id FROM idle))
            """)
    }

    /// Takes up what is due, once, and waits until it is let go of; for fixtures that do not reconcile by themselves.
    func reconcileOnce(instance: Int = 0) async throws {
        precondition(!isReconciling)
        try await hurry()
        let reconciler = reconcilers[instance]
        try await Self.group.loops[0].run { _ = try await reconciler.tick() }
        try await until("the reconciler's rest") { reconciler.running == 0 }
    }

    func prolongLeases() async throws {
        let reconciler = reconcilers[0]
        try await Self.group.loops[0].run { await reconciler.prolongLeases() }
    }

    /// Pretends that the confirm calls so far began long ago.
    func age(_ buyer: Buyer, seconds: Int = 100) async throws {
        try await database.query(
            "UPDATE payment_schema.payments SET last_call_at = last_call_at - make_interval(secs => \(seconds)) WHERE order_id = $1",
            [buyer.orderID])
    }

    /// Pretends that the buyer came back from the payment window so much earlier, and that all calls were made then.
    func ageBegin(_ buyer: Buyer, by age: Duration) async throws {
        try await database.query(
            """
            UPDATE payment_schema.payments
            SET unfinished_since = unfinished_since - make_interval(secs => $2::float8),
                first_call_at = first_call_at - make_interval(secs => $2::float8),
                last_call_at = last_call_at - make_interval(secs => $2::float8)
            WHERE order_id = $1
            """, [buyer.orderID, String(age.components.seconds)])
    }

    /// Requests that came to Toss's API so far.
    func tossRequests() async throws -> Int {
        let answer = try await call(.get, "/simulator/ledger", port: simulatorPort)
        return try #require(answer.body["totals"]?["requests"]?.intValue)
    }

    /// What Toss itself says of a payment.
    func tossStatus(_ buyer: Buyer) async throws -> String? {
        let headers = [("Authorization", "Basic " + Base64.encode(Array("test_sk_fixture:".utf8)))]
        return try await call(.get, "/v1/payments/\(buyer.paymentKey)", port: simulatorPort, headers: headers).body["status"]?.stringValue
    }

    /// Begins or ends an outage of Toss.
    func toss(isAway: Bool) async throws {
        try await call(.put, "/simulator/outage", port: simulatorPort) { $0.member("on", isAway) }.expect(200)
    }

    /// An administrator ends a payment.
    func settle(_ buyer: Buyer, token: String? = PaymentFixture.token) async throws -> Answer {
        let id = try #require(
            try await database.query("SELECT id::text FROM payment_schema.payments WHERE order_id = $1", [buyer.orderID]).first?.string(0))
        return try await call(.post, "/internal/payments/\(id)/settle", token: token)
    }

    func standing(_ buyer: Buyer) async throws -> String? {
        try await call(.get, "/internal/payments/reservations/\(buyer.reservationID)", token: Self.token).body["state"]?.stringValue
    }

    /// Waits for what the reconciler brings about.
    func eventually(_ buyer: Buyer, _ status: String, _ phase: String = "done") async throws {
        try await until("\(status) \(phase)") {
            let row = try await row(buyer)
            if row.status == status, row.phase == phase { return true }
            try await hurry()
            try await Self.pause()
            return false
        }
    }
}

/// Where the simulator sends webhooks, before there is a payment service to receive them.
private final class Relay: Sendable {
    let port = Locked<Int>(0)

    func router(http: HTTPClient) -> Router {
        let router = Router()
        router.post("/hook") { [self] context in
            let bytes = try await context.body()
            var request = HTTPClientRequest(
                method: .post,
                url: URLParts(host: "127.0.0.1", port: port.withLock { $0 }, target: "/api/payments/webhook"))
            request.headers = context.request.headers
            request.headers["Content-Length"] = nil
            request.headers["Host"] = nil
            request.headers["Connection"] = nil
            request.body = .bytes(bytes)
            let response = try await http.execute(request)
            return HTTPResponse(status: response.status)
        }
        return router
    }
}
