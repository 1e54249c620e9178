// A gateway on a live socket in front of scripted upstreams, with a database of its own.
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import GatewayService

final class GatewayFixture: Sendable {
    let database: TestDatabase
    let runtime: ServiceRuntime
    let process: ServiceProcess
    let port: Int
    let client = HTTPClient()
    /// The administrator that every database here has.
    static let adminID = UUID(high: 0x1111_1111_AAAA_4AAA, low: 0x8AAA_0000_0000_0001)

    /// `upstream` answers for every service; `settings` are environment variables.
    static func make(upstream: Int = 1, _ settings: [String: String] = [:], redis: TestRedis? = nil) async throws -> GatewayFixture {
        let database = try await TestPostgres.shared().database()
        try await database.query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'admin@example.com', 'x', '관리자', 'admin')",
            [adminID.description])
        let address = "http://127.0.0.1:\(upstream)"
        var environment = [
            "REDIS_PORT": "1", "DB_PASSWORD": "tiketi", "RATE_LIMIT_ENABLED": "false", "WEB_ROOT": "/nonexistent", "ACCESS_LOG": "off",
            "AUTH_SERVICE_URL": address, "TICKET_SERVICE_URL": address, "PAYMENT_SERVICE_URL": address, "STATS_SERVICE_URL": address,
            "REALTIME_SERVICE_URL": address, "HOST": "127.0.0.1", "PORT": "0", "METRICS_SCRAPE_SECONDS": "3600",
        ]
        environment.merge(settings) { $1 }
        var reader = EnvironmentReader(environment)
        var config = CommonConfig.read(&reader, service: "gateway", port: 0)
        config.postgres = database.configuration(role: "tiketi_gateway")
        // Many fixtures share one server.
        config.postgres.writeConnectionsPerLoop = 1
        config.postgres.readConnectionsPerLoop = 1
        if let redis { config.redis = redis.configuration }
        let runtime = ServiceRuntime(name: "gateway", config: config, group: .shared)
        let app = GatewayApp.make(runtime, GatewayConfig(&reader))
        try reader.finish()
        let process = ServiceProcess(runtime: runtime, app: app)
        return GatewayFixture(database, runtime, process, try await process.start())
    }

    private init(_ database: TestDatabase, _ runtime: ServiceRuntime, _ process: ServiceProcess, _ port: Int) {
        self.database = database
        self.runtime = runtime
        self.process = process
        self.port = port
    }

    func close() async throws {
        await process.stop(graceSeconds: 1)
        try await database.drop()
    }

    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), json: String? = nil,
        body: HTTPClientRequest.Body = .none,
        token: String? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if json != nil, !headers.contains("Content-Type") { headers.add("Content-Type", "application/json") }
        if let token { headers.add("Authorization", "Bearer \(token)") }
        let content = json.map { HTTPClientRequest.Body.bytes(Array($0.utf8)) } ?? body
        let (client, port, fields) = (client, port, headers)
        return try await EventLoopGroup.shared.next().run {
            let url = URLParts(host: "127.0.0.1", port: port, target: target)
            let response = try await client.execute(HTTPClientRequest(method: method, url: url, headers: fields, body: content))
            return TestResponse(
                status: response.status.code, headers: response.headers, body: try await response.body.collect(upTo: 64 << 20))
        }
    }

    func get(_ target: String, token: String? = nil) async throws -> TestResponse { try await send(.get, target, token: token) }

    /// - Parameter id: whose token it is; for an administrator the one that exists, else somebody whom nobody knows.
    static func token(_ role: Role = .admin, id: UUID? = nil, session: SessionClaims? = nil) -> String {
        let id = id ?? (role == .admin ? adminID : UUID())
        return JWT.sign(
            Principal(userID: id, email: "\(role.rawValue)@example.com", role: role, session: session),
            secret: CommonConfig.developmentJWTSecret, lifetimeSeconds: 3600)
    }
}

/// An upstream that answers as a test says, and remembers what it was asked.
final class Upstreams: Sendable {
    struct Seen: Sendable {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    typealias Script = @Sendable (HTTPRequest) async -> HTTPResponse

    private let server: HTTPServer
    let port: Int
    private let log: Locked<[Seen]>

    var seen: [Seen] { log.withLock { $0 } }

    /// The body is read and remembered before the script runs, unless `streaming`.
    static func start(streaming: Bool = false, _ script: @escaping Script) async throws -> Upstreams {
        let log = Locked<[Seen]>([])
        let server = HTTPServer(group: .shared, configuration: HTTPServerConfiguration()) { request in
            // The gateway's own curiosity is no part of any test.
            if request.path == "/metrics" { return HTTPResponse(status: .notFound) }
            let body = streaming ? [] : (try? await request.body.collect(upTo: 64 << 20)) ?? []
            log.withLock {
                $0.append(Seen(method: request.method.rawValue, target: request.target, headers: request.headers, body: body))
            }
            return await script(request)
        }
        return Upstreams(server, try await server.start(host: "127.0.0.1", port: 0), log)
    }

    private init(_ server: HTTPServer, _ port: Int, _ log: Locked<[Seen]>) {
        self.server = server
        self.port = port
        self.log = log
    }

    func stop() async { await server.stop() }

    static func ok(_ text: String) -> HTTPResponse { HTTPResponse(status: .ok, body: .bytes(Array(text.utf8))) }
}
