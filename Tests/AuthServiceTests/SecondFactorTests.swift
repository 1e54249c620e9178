// Second factors: the codes of RFC 6238, their way through the account, and what administrators may do without one.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

@Suite struct SecondFactorTests {
    /// RFC 6238 appendix B, SHA-1, eight digits.
    @Test(arguments: [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func knownAnswers(time: Int64, code: String) {
        #expect(TOTP.code(Array("12345678901234567890".utf8), step: time / 30, digits: 8) == code)
    }

    @Test func aCodeCountsAroundNowAndOnce() {
        let secret = TOTP.makeSecret()
        let now = Timestamp(seconds: 1_800_000_000)
        let step = TOTP.step(at: now)
        for near in (step - 1)...(step + 1) {
            #expect(TOTP.matchingStep(TOTP.code(secret, step: near), secret: secret, after: 0, now: now) == near)
            #expect(TOTP.matchingStep(TOTP.code(secret, step: near), secret: secret, after: near, now: now) == nil)
        }
        #expect(TOTP.matchingStep(TOTP.code(secret, step: step - 2), secret: secret, after: 0, now: now) == nil)
        #expect(TOTP.matchingStep("", secret: secret, after: 0, now: now) == nil)
        // RFC 4648 §10.
        #expect(TOTP.base32(Array("foobar".utf8)) == "MZXW6YTBOI")
        #expect(
            TOTP.uri([0x66], account: "a b@c.de")
                == "otpauth://totp/Tiketi:a%20b@c.de?secret=MY&issuer=Tiketi&algorithm=SHA1&digits=6&period=30")
    }

    /// Sets a second factor up and returns its secret. The code used is the one before now, so that now's is left.
    private func setUp(_ auth: AuthFixture, _ token: String) async throws -> (secret: [UInt8], answer: TestResponse) {
        let proposed = try await auth.app.post("/api/auth/totp", json: #"{"password":"correct horse"}"#, token: token)
        #expect(proposed.status == 200)
        let rows = try await auth.database.query("SELECT totp_pending FROM auth_schema.users WHERE totp_pending IS NOT NULL")
        let secret = try rows[0].bytes(0)
        #expect(proposed.json["secret"]?.stringValue == TOTP.base32(secret))
        let code = TOTP.code(secret, step: TOTP.step(at: .now()) - 1)
        return (secret, try await auth.app.post("/api/auth/totp/confirm", json: #"{"totp":"\#(code)"}"#, token: token))
    }

    @Test func aCodeIsAskedForOnceItIsSetUp() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        #expect(try await auth.app.post("/api/auth/totp", json: "{}", token: user.token).code == "INVALID_CREDENTIALS")
        #expect(try await auth.app.post("/api/auth/totp/confirm", json: #"{"totp":"123456"}"#, token: user.token).code == "TOTP_MISSING")
        let (secret, confirmed) = try await setUp(auth, user.token)
        #expect(confirmed.status == 200)
        #expect(try await auth.app.post("/api/auth/totp", json: #"{"password":"correct horse"}"#, token: user.token).code == "TOTP_EXISTS")

        #expect(try await auth.login(user.email, "correct horse").code == "TOTP_REQUIRED")
        #expect(try await auth.login(user.email, "wrong horse", totp: "000000").code == "INVALID_CREDENTIALS")
        let used = TOTP.code(secret, step: TOTP.step(at: .now()) - 1)
        #expect(try await auth.login(user.email, "correct horse", totp: used).code == "INVALID_TOTP")
        let code = TOTP.code(secret, step: TOTP.step(at: .now()) + 1)
        #expect(try await auth.login(user.email, "correct horse", totp: code).status == 200)
        #expect(try await auth.login(user.email, "correct horse", totp: code).code == "INVALID_TOTP")

        func remove(_ json: String) async throws -> TestResponse {
            try await auth.app.send(.delete, "/api/auth/totp", json: json, token: user.token)
        }
        #expect(try await remove(#"{"password":"correct horse"}"#).code == "TOTP_REQUIRED")
        // The last code that counts was used above: as an hour later.
        try await auth.database.query("UPDATE auth_schema.users SET totp_last_step = 0")
        let now = TOTP.code(secret, step: TOTP.step(at: .now()))
        #expect(try await remove(#"{"password":"correct horse","totp":"\#(now)"}"#).status == 200)
        #expect(try await auth.login(user.email, "correct horse").status == 200)
        try await auth.close()
    }

    @Test func guessedCodesLockTheAccount() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        _ = try await setUp(auth, user.token)
        for _ in 0..<10 { #expect(try await auth.login(user.email, "correct horse", totp: "xxxxxx").code == "INVALID_TOTP") }
        #expect(try await auth.login(user.email, "correct horse", totp: "xxxxxx").status == 429)
        try await auth.close()
    }

    @Test func administratorsAreUsersUntilTheyShowOne() async throws {
        let auth = try await AuthFixture.make(["ADMIN_TOTP": "required"])
        let user = try await auth.register()
        try await auth.database.query("UPDATE auth_schema.users SET role = 'admin'")
        let plain = try await auth.login(user.email, "correct horse")
        #expect(plain.json["user"]?["role"]?.stringValue == "user")
        #expect(plain.json["secondFactorRequired"] == .bool(true))
        let verifier = JWT.Verifier(secret: AuthFixture.secret)
        #expect(try verifier.verify(plain.json["token"]?.stringValue ?? "").role == .user)

        let (secret, confirmed) = try await setUp(auth, plain.json["token"]?.stringValue ?? "")
        #expect(confirmed.json["user"]?["role"]?.stringValue == "admin")
        let token = confirmed.json["token"]?.stringValue ?? ""
        #expect(try verifier.verify(token).role == .admin)
        let refreshed = try await auth.app.send(.post, "/api/auth/refresh", token: token)
        #expect(refreshed.json["user"]?["role"]?.stringValue == "admin")
        let code = TOTP.code(secret, step: TOTP.step(at: .now()) + 1)
        #expect(try await auth.login(user.email, "correct horse", totp: code).json["user"]?["role"]?.stringValue == "admin")
        let removal = try await auth.app.send(
            .delete, "/api/auth/totp", json: #"{"password":"correct horse","totp":"\#(code)"}"#, token: token)
        #expect(removal.code == "TOTP_MANDATORY")
        try await auth.close()
    }
}
