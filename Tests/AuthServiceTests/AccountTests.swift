// Accounts end to end on a real database: registering, signing in, tokens, profiles, and what each refuses.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

@Suite struct AccountTests {
    @Test func registersOnceForEachMailbox() async throws {
        let auth = try await AuthFixture.make()
        let first = try await auth.app.post(
            "/api/auth/register",
            json: #"{"email":"  Buyer@Example.COM ","password":"correct horse","name":" 홍길동 ","phone":"010-1234-5678"}"#)
        #expect(first.status == 201)
        #expect(first.json["success"] == .bool(true))
        #expect(first.json["user"]?["email"]?.stringValue == "buyer@example.com")
        #expect(first.json["user"]?["name"]?.stringValue == "홍길동")
        #expect(first.json["user"]?["role"]?.stringValue == "user")
        let claims = try JWT.Verifier(secret: AuthFixture.secret).verify(first.json["token"]?.stringValue ?? "")
        #expect(claims.email == "buyer@example.com")
        #expect(claims.expiresAt.microseconds - claims.issuedAt.microseconds == 7 * 86_400_000_000)

        let second = try await auth.app.post(
            "/api/auth/register", json: #"{"email":"BUYER@example.com","password":"another one","name":"x"}"#)
        #expect(second.status == 409)
        #expect(second.code == "EMAIL_TAKEN")
        let stored = try await auth.database.query("SELECT password_hash FROM auth_schema.users WHERE email = 'buyer@example.com'")
        #expect(try stored[0].string(0).hasPrefix("$2b$04$"))
        try await auth.close()
    }

    /// An address is one account, whatever its spelling carries that nobody sees: zero-width and soft hyphens, byte order marks, another
    /// form of é.
    @Test func whatNobodySeesMakesNoOtherMailbox() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register("caf\u{E9}@example.com")
        #expect(user.email == "caf\u{E9}@example.com")
        for email in [
            "caf\u{200B}\u{E9}@example.com", "caf\u{E9}@exam\u{AD}ple.com", "\u{FEFF}caf\u{E9}@example.com", "cafe\u{301}@example.com",
            "\u{3000}CAF\u{C9}@example.com\u{A0}",
        ] {
            let again = try await auth.app.post(
                "/api/auth/register", json: #"{"email":"\#(email)","password":"correct horse","name":"n"}"#)
            #expect(again.code == "EMAIL_TAKEN", "\(email.unicodeScalars.map { String($0.value, radix: 16) })")
            #expect(try await auth.login(email, "correct horse").json["user"]?["id"]?.stringValue == user.id)
        }
        let blank = try await auth.app.post(
            "/api/auth/register", json: "{\"email\":\"a@b.co\",\"password\":\"correct horse\",\"name\":\"\u{3000}\u{200B}\"}")
        #expect(blank.status == 400)
        #expect(blank.json["details"]?.arrayValue?.first?["field"]?.stringValue == "name")
        try await auth.close()
    }

    @Test func manyAtOnceGetOneAccount() async throws {
        let auth = try await AuthFixture.make()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    try await auth.app.post(
                        "/api/auth/register", json: #"{"email":"race@example.com","password":"correct horse","name":"n"}"#
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 1)
        #expect(statuses.count { $0 == 409 } == 11)
        try await auth.close()
    }

    @Test func namesEveryBadField() async throws {
        let auth = try await AuthFixture.make()
        let answer = try await auth.app.post(
            "/api/auth/register", json: #"{"email":"nobody","password":"short","name":" ","phone":"123456789012345678901"}"#)
        #expect(answer.status == 400)
        #expect(answer.code == "VALIDATION_FAILED")
        let fields = answer.json["details"]?.arrayValue?.compactMap { $0["field"]?.stringValue }
        #expect(fields == ["email", "password", "name", "phone"])
        #expect(try await auth.app.post("/api/auth/register", json: "{").code == "MALFORMED_JSON")
        let text = try await auth.app.send(.post, "/api/auth/register", headers: ["Content-Type": "text/plain"], body: Array("{}".utf8))
        #expect(text.status == 415)
        #expect(text.code == "UNSUPPORTED_MEDIA_TYPE")
        #expect(try await auth.app.get("/api/auth/register").status == 405)
        try await auth.close()
    }

    @Test(arguments: [(7, 400), (8, 201), (72, 201), (73, 400)])
    func passwordIsLimitedInBytes(length: Int, status: Int) async throws {
        let auth = try await AuthFixture.make()
        // 72 bytes of Hangul are 24 characters: bytes count, and nothing is cut.
        let password = length == 72 ? String(repeating: "가", count: 24) : "zq" + String(repeating: "p", count: length - 2)
        let answer = try await auth.app.post(
            "/api/auth/register", json: #"{"email":"len@example.com","password":"\#(password)","name":"n"}"#)
        #expect(answer.status == status)
        if status == 201 {
            #expect(try await auth.login("len@example.com", password).status == 200)
            #expect(try await auth.login("len@example.com", password + "x").status == 401)
        }
        try await auth.close()
    }

    @Test func loginGivesTheSameAnswerForUnknownAndWrong() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let good = try await auth.login(user.email.uppercased(), "correct horse")
        #expect(good.status == 200)
        #expect(good.json["user"]?["id"]?.stringValue == user.id)
        var wrong = try await auth.login(user.email, "wrong horse")
        var unknown = try await auth.login("nobody@example.com", "wrong horse")
        #expect(wrong.status == 401)
        #expect(wrong.code == "INVALID_CREDENTIALS")
        #expect(unknown.status == 401)
        for answer in [wrong, unknown] { #expect(answer.json["error"] == wrong.json["error"]) }
        wrong.headers["X-Request-Id"] = nil
        unknown.headers["X-Request-Id"] = nil
        #expect(wrong.headers.map(\.name) == unknown.headers.map(\.name))
        try await auth.close()
    }

    @Test func tokensAreCheckedAndRenewed() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        #expect(try await auth.app.get("/api/auth/me").code == "NO_TOKEN")
        #expect(try await auth.app.get("/api/auth/me", token: "a.b.c").code == "INVALID_TOKEN")
        let principal = Principal(userID: UUID(user.id)!, email: user.email, role: .user)
        let old = JWT.sign(principal, secret: AuthFixture.secret, lifetime: .seconds(10), now: Timestamp.now().adding(seconds: -60))
        #expect(try await auth.app.get("/api/auth/me", token: old).code == "TOKEN_EXPIRED")
        let forged = JWT.sign(principal, secret: "another secret", lifetime: .seconds(10))
        #expect(try await auth.app.get("/api/auth/me", token: forged).code == "INVALID_TOKEN")

        let me = try await auth.app.get("/api/auth/me", token: user.token)
        #expect(me.json["user"]?["phone"] == .null)
        #expect(me.json["user"]?["createdAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
        #expect(me.json["user"]?["passwordHash"] == nil)

        // The role is the one of now, not the token's.
        try await auth.database.query("UPDATE auth_schema.users SET role = 'admin' WHERE id = $1", [user.id])
        let renewed = try await auth.app.send(.post, "/api/auth/refresh", token: user.token)
        #expect(renewed.status == 200)
        #expect(renewed.json["user"]?["role"]?.stringValue == "admin")
        let claims = try JWT.Verifier(secret: AuthFixture.secret).verify(renewed.json["token"]?.stringValue ?? "")
        #expect(claims.role == .admin)

        try await auth.database.query("DELETE FROM auth_schema.users WHERE id = $1", [user.id])
        #expect(try await auth.app.get("/api/auth/me", token: user.token).status == 401)
        #expect(try await auth.app.send(.post, "/api/auth/refresh", token: user.token).status == 401)
        try await auth.close()
    }

    @Test func profileChangesWhatIsNamed() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        func change(_ json: String) async throws -> TestResponse {
            try await auth.app.send(.put, "/api/auth/profile", json: json, token: user.token)
        }
        #expect(try await change(#"{"phone":"010-1"}"#).json["user"]?["phone"]?.stringValue == "010-1")
        #expect(try await change(#"{"name":"새 이름"}"#).json["user"]?["phone"]?.stringValue == "010-1")
        #expect(try await change(#"{"phone":null}"#).json["user"]?["phone"] == .null)
        #expect(try await change(#"{"name":""}"#).status == 400)
        #expect(try await change(#"{"newPassword":"another horse"}"#).status == 400)
        let wrong = try await change(#"{"name":"no","currentPassword":"wrong","newPassword":"another horse"}"#)
        #expect(wrong.status == 401)
        #expect(wrong.code == "INVALID_CREDENTIALS")
        #expect(try await change(#"{"currentPassword":"correct horse","newPassword":"short"}"#).status == 400)
        let changed = try await change(#"{"currentPassword":"correct horse","newPassword":"another horse"}"#)
        #expect(changed.status == 200)
        #expect(changed.json["user"]?["name"]?.stringValue == "새 이름")
        #expect(try await auth.login(user.email, "correct horse").status == 401)
        #expect(try await auth.login(user.email, "another horse").status == 200)
        try await auth.close()
    }

    @Test func administratorIsMadeOnce() async throws {
        let auth = try await AuthFixture.make(["ADMIN_EMAIL": "Boss@Tiketi.gg", "ADMIN_PASSWORD": "a good password"])
        // Nobody else can take the address, even before the account exists.
        #expect(
            try await auth.app.post("/api/auth/register", json: #"{"email":"boss@tiketi.gg","password":"correct horse","name":"n"}"#).code
                == "EMAIL_TAKEN")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in auth.parts { for _ in 0..<4 { group.addTask { try await part.start() } } }
            try await group.waitForAll()
        }
        let answer = try await auth.login("boss@tiketi.gg", "a good password")
        #expect(answer.json["user"]?["role"]?.stringValue == "admin")
        let count = try await auth.database.query("SELECT count(*) FROM auth_schema.users")
        #expect(try count[0].int(0) == 1)
        try await auth.close()
    }
}
