// Who may pass: users by token, administrators by role, services by the shared token.

import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct AuthenticationTests {
    private static let secret = "a secret of the test suite"

    private func token(_ role: Role = .user, lifetime: Int = 60, secret: String = Self.secret) -> String {
        JWT.sign(Principal(userID: UUID(), email: "a@b.c", role: role), secret: secret, lifetime: .seconds(lifetime))
    }

    private var app: TestApp {
        let router = Router()
        router.use(Authentication(JWT.Verifier(secret: Self.secret)))
        router.get("/open") { .text(.ok, $0.principal?.email ?? "nobody") }
        router.get("/mine") { .text(.ok, try $0.requirePrincipal().email) }
        router.get("/admin") { .text(.ok, try $0.requireAdmin().email) }
        router.group("/internal", use: InternalAuth(token: "service-token")) { $0.get("/x") { _ in .success() } }
        return TestApp(router)
    }

    @Test func users() async throws {
        let good = token()
        #expect(try await app.get("/open").text == "nobody")
        #expect(try await app.get("/open", token: "rubbish").text == "nobody")
        #expect(try await app.get("/open", token: good).text == "a@b.c")
        #expect(try await app.get("/mine", token: good).text == "a@b.c")
        for (given, code) in [
            (nil, "NO_TOKEN"), ("rubbish", "INVALID_TOKEN"), (token(secret: "x"), "INVALID_TOKEN"), (token(lifetime: -1), "TOKEN_EXPIRED"),
        ] {
            let response = try await app.get("/mine", token: given)
            #expect(response.status == 401)
            #expect(response.code == code)
            #expect(response.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
        #expect(try await app.get("/mine").json["error"] == .string("No token provided"))
        #expect(try await app.get("/mine", token: "x").json["error"] == .string("Invalid token"))
    }

    @Test(arguments: ["Basic abc", "Bearer", "Bearer ", "Token abc", "bearer"])
    func otherSchemes(field: String) async throws {
        #expect(try await app.send(.get, "/mine", headers: ["Authorization": field]).code == "NO_TOKEN")
    }

    @Test func schemeIgnoresCase() async throws {
        #expect(try await app.send(.get, "/mine", headers: ["authorization": "bEARER  \(token())"]).status == 200)
    }

    @Test func twoInternalTokens() async throws {
        let router = Router()
        router.group("/internal", use: InternalAuth(token: "new-token", also: "old-token")) { $0.get("/x") { _ in .success() } }
        let app = TestApp(router)
        for (token, status) in [("new-token", 200), ("old-token", 200), ("third-token", 401)] {
            #expect(try await app.get("/internal/x", token: token).status == status)
        }
    }

    @Test func administrators() async throws {
        #expect(try await app.get("/admin").code == "NO_TOKEN")
        let refused = try await app.get("/admin", token: token())
        #expect(refused.status == 403)
        #expect(refused.code == "ADMIN_REQUIRED")
        #expect(try await app.get("/admin", token: token(.admin)).status == 200)
    }

    @Test func services() async throws {
        #expect(try await app.get("/internal/x").code == "NO_TOKEN")
        #expect(try await app.get("/internal/x", token: "service-tokem").code == "INVALID_TOKEN")
        #expect(try await app.get("/internal/x", token: token(.admin)).code == "INVALID_TOKEN")
        #expect(try await app.get("/internal/x", token: "service-token").status == 200)
    }
}
