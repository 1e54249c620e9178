// An auth service on a database and a Redis of its own, called through its router.
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

final class AuthFixture: Sendable {
    private let service: TestService
    let app: TestApp
    let parts: [any Service]
    /// What was logged while requests were answered.
    let log = TestLog()

    static let internalToken = CommonConfig.developmentInternalToken
    static let secret = CommonConfig.developmentJWTSecret

    var database: TestDatabase { service.database }
    var runtime: ServiceRuntime { service.runtime }

    /// bcrypt at its lowest cost unless a test is about its time.
    static func make(_ settings: [String: String] = [:], redis: TestRedis? = nil) async throws -> AuthFixture {
        let made = try await TestService.make(.auth, ["BCRYPT_COST": "4"].merging(settings) { $1 }, redis: redis, compose: AuthApp.make)
        return AuthFixture(made.service, made.app)
    }

    private init(_ service: TestService, _ app: ServiceApp) {
        self.service = service
        self.app = TestApp(app.router, observers: RouterObservers(logger: log.logger("auth")))
        parts = app.services
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

    func close() async throws { try await service.close() }
}
