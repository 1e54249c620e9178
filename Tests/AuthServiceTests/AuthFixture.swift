// An auth service on a database and a Redis of its own, called through its router.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import AuthService

final class AuthFixture: Sendable {
    let database: TestDatabase
    let runtime: ServiceRuntime
    let app: TestApp
    let redis: TestRedis?
    let parts: [any Service]
    /// What was logged while requests were answered.
    let log: LogLines

    static let internalToken = CommonConfig.developmentInternalToken
    static let secret = CommonConfig.developmentJWTSecret

    /// bcrypt at its lowest cost unless a test is about its time.
    static func make(_ settings: [String: String] = [:], redis: TestRedis? = nil) async throws -> AuthFixture {
        let database = try await TestPostgres.shared().database()
        var environment = ["BCRYPT_COST": "4", "REDIS_PORT": "1", "DB_PASSWORD": "tiketi"]
        environment.merge(settings) { $1 }
        var reader = EnvironmentReader(environment)
        var config = CommonConfig.read(&reader, service: "auth", port: 0)
        config.postgres = database.configuration(role: "tiketi_auth")
        // Many fixtures share one server.
        config.postgres.writeConnectionsPerLoop = 2
        config.postgres.readConnectionsPerLoop = 1
        if let redis { config.redis = redis.configuration }
        let runtime = ServiceRuntime(name: "auth", config: config, group: .shared)
        let app = AuthApp.make(runtime, AuthConfig(&reader))
        try reader.finish()
        if let redis { try await Self.wait(for: runtime.redis, redis) }
        return AuthFixture(database, runtime, app, redis)
    }

    private init(_ database: TestDatabase, _ runtime: ServiceRuntime, _ app: ServiceApp, _ redis: TestRedis?) {
        self.database = database
        self.runtime = runtime
        let log = LogLines()
        self.log = log
        self.app = TestApp(app.router, observers: RouterObservers(logger: Logger(label: "auth") { _ in LineHandler(lines: log) }))
        self.redis = redis
        parts = app.services
    }

    private static func wait(for client: RedisClient, _ server: TestRedis) async throws {
        // The first command waits for the connection.
        _ = try await client.send(["PING"])
    }

    func register(_ email: String = "buyer-\(UUID())@example.com", password: String = "correct horse") async throws -> (
        token: String, id: String, email: String
    ) {
        let answer = try await app.post("/api/auth/register", json: #"{"email":"\#(email)","password":"\#(password)","name":"구매자"}"#)
        let user = answer.json["user"]
        return (answer.json["token"]?.stringValue ?? "", user?["id"]?.stringValue ?? "", user?["email"]?.stringValue ?? "")
    }

    func login(
        _ email: String, _ password: String, address: String? = nil, cookie: String? = nil, totp: String? = nil
    ) async throws -> TestResponse {
        var headers = HTTPHeaders()
        if let address { headers.add("X-Forwarded-For", address) }
        if let cookie { headers.add("Cookie", cookie) }
        let code = totp.map { #","totp":"\#($0)""# } ?? ""
        return try await app.send(
            .post, "/api/auth/login", headers: headers, json: #"{"email":"\#(email)","password":"\#(password)"\#(code)}"#)
    }

    func close() async throws {
        await runtime.close()
        try await database.drop()
    }
}

/// Log lines as text, kept for a test.
final class LogLines: Sendable {
    private let kept = Locked<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    func add(_ line: String) { kept.withLock { $0.append(line) } }
}

/// Writes each line as its message and its metadata, sorted by key.
struct LineHandler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.add(([event.message.description] + pairs).joined(separator: " "))
    }
}
