// A gateway on a live socket in front of scripted upstreams, with a database of its own.
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import GatewayService

final class GatewayFixture: Sendable {
    private let service: TestService
    let process: ServiceProcess
    private let client: TestClient
    /// The administrator that every database here has.
    static let adminID = UUID(high: 0x1111_1111_AAAA_4AAA, low: 0x8AAA_0000_0000_0001)

    var database: TestDatabase { service.database }
    var runtime: ServiceRuntime { service.runtime }
    var port: Int { client.port }

    /// `upstream` answers for every service; `settings` are environment variables.
    static func make(upstream: Int = 1, _ settings: [String: String] = [:], redis: TestRedis? = nil) async throws -> GatewayFixture {
        let address = "http://127.0.0.1:\(upstream)"
        let defaults = [
            "RATE_LIMIT_ENABLED": "false", "WEB_ROOT": "/nonexistent", "ACCESS_LOG": "off",
            "AUTH_SERVICE_URL": address, "TICKET_SERVICE_URL": address, "PAYMENT_SERVICE_URL": address, "STATS_SERVICE_URL": address,
            "REALTIME_SERVICE_URL": address, "HOST": "127.0.0.1", "PORT": "0", "METRICS_SCRAPE_SECONDS": "3600",
        ]
        let made = try await TestService.make(
            .public, defaults.merging(settings) { $1 }, redis: redis, connections: 1, compose: GatewayApp.make)
        try await made.service.database.account(adminID, role: .admin, email: "admin@example.com", name: "관리자")
        let process = ServiceProcess(runtime: made.service.runtime, app: made.app)
        return GatewayFixture(made.service, process, try await process.start())
    }

    private init(_ service: TestService, _ process: ServiceProcess, _ port: Int) {
        self.service = service
        self.process = process
        client = TestClient(port: port)
    }

    func close() async throws {
        await process.stop(grace: .seconds(1))
        try await database.drop()
    }

    func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), json: String? = nil,
        body: HTTPClientRequest.Body = .none,
        token: String? = nil
    ) async throws -> TestResponse {
        try await client.send(method, target, headers: headers, json: json, body: body, token: token)
    }

    func get(_ target: String, token: String? = nil) async throws -> TestResponse { try await client.get(target, token: token) }

    /// - Parameter id: whose token it is; for an administrator the one that exists, else somebody whom nobody knows.
    static func token(_ role: Role = .admin, id: UUID? = nil, session: SessionClaims? = nil) -> String {
        TestUser.token(id ?? (role == .admin ? adminID : UUID()), role: role, session: session)
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
