// Sessions as services check them, on a real database and a real Redis: who is refused, how soon, and what nobody's answer means.
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TiketiCore

@Suite struct SessionTests {
    private static let secret = "secret"

    /// A database with one user and one session, and routes under each policy, as often as there are processes.
    private final class Fixture: Sendable {
        let database: TestDatabase
        let pool: PostgresPool
        let user = UUID()
        let session = UUID()

        init() async throws {
            database = try await TestPostgres.shared().database()
            pool = database.pool(role: "tiketi_ticket") {
                $0.writeConnectionsPerLoop = 1
                $0.readConnectionsPerLoop = 1
            }
            try await database.query(
                "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, 'a@b.c', 'x', 'n', 'admin')",
                [user.description])
            try await database.query(
                "INSERT INTO auth_schema.sessions (id, user_id, generation, expires_at) VALUES ($1, $2, 0, now() + interval '1 day')",
                [session.description, user.description])
        }

        func process(redis: RedisClient? = nil) -> TestApp { SessionTests.app(SessionCheck(postgres: pool, redis: redis)) }

        func token(_ role: Role = .user, session named: Bool = true) -> String {
            SessionTests.token(role, user: user, session: named ? session : nil)
        }

        func close() async throws {
            await pool.close()
            try await database.drop()
        }
    }

    private static func token(_ role: Role, user: UUID, session: UUID?) -> String {
        let claims = session.map { SessionClaims(id: $0, generation: 0, authenticatedAt: .now()) }
        return JWT.sign(Principal(userID: user, email: "a@b.c", role: role, session: claims), secret: secret, lifetime: .seconds(600))
    }

    private static func app(_ sessions: SessionCheck) -> TestApp {
        let router = Router()
        router.use(Authentication(JWT.Verifier(secret: secret)))
        router.post("/hold", RouteOptions(middleware: [LiveSession(sessions)])) { _ in .success() }
        router.get("/admin", RouteOptions(middleware: [CurrentAdmin(sessions)])) { _ in .success() }
        router.get("/mine", RouteOptions(middleware: [CurrentRole(sessions)])) { _ in .success() }
        return TestApp(router)
    }

    @Test func tokensNameTheirSession() throws {
        let claims = SessionClaims(id: UUID(), generation: 3, authenticatedAt: Timestamp(seconds: 1_800_000_000))
        let principal = Principal(userID: UUID(), email: "a@b.c", role: .user, session: claims)
        let token = JWT.sign(principal, secret: "s", lifetime: .seconds(60))
        let strict = JWT.Verifier(secret: "s", requiresSession: true)
        #expect(try strict.verify(token).principal == principal)
        #expect(try strict.verifiedPayload(token)["iss"] == .string("tiketi"))
        #expect(try strict.verifiedPayload(token)["aud"] == .string("tiketi"))
        let without = JWT.sign(Principal(userID: UUID(), email: "a@b.c", role: .user), secret: "s", lifetime: .seconds(60))
        #expect(throws: JWTError.invalidClaims) { try strict.verify(without) }
        #expect(try JWT.Verifier(secret: "s").verify(without).session == nil)
    }

    @Test(arguments: [
        #""sid":"11111111-2222-3333-4444-555555555555""#,
        #""sid":"11111111-2222-3333-4444-555555555555","gen":0,"auth_time":1,"iss":"tiketi""#,
        #""sid":"x","gen":0,"auth_time":1,"iss":"tiketi","aud":"tiketi""#,
        #""sid":"11111111-2222-3333-4444-555555555555","gen":-1,"auth_time":1,"iss":"tiketi","aud":"tiketi""#,
        #""iss":"somebody""#, #""aud":"somebody""#,
    ])
    func tokensOfOthersOrHalfASessionAreRefused(_ members: String) throws {
        let payload =
            #"{"userId":"11111111-2222-3333-4444-555555555555","email":"a@b.c","role":"user","iat":1,"exp":99999999999,\#(members)}"#
        var text = Array("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.".utf8)
        Base64URL.append(Array(payload.utf8), to: &text)
        let code = Crypto.hmacSHA256(key: Array("s".utf8), text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(code, to: &text)
        let token = String(decoding: text, as: UTF8.self)
        #expect(throws: JWTError.invalidClaims) { try JWT.Verifier(secret: "s").verify(token) }
    }

    /// Redis tells every process of an end, also one that began to look before and writes after.
    @Test func anEndIsToldThroughRedis() async throws {
        let fixture = try await Fixture()
        let server = try await TestRedis()
        let redis = RedisClient(server.configuration, group: .shared)
        _ = try await redis.send(["PING"])
        #expect(try await fixture.process(redis: redis).post("/hold", json: "{}", token: fixture.token()).status == 200)
        // Another process is answered by Redis alone: the row says otherwise already, and was not announced.
        try await fixture.database.query("UPDATE auth_schema.sessions SET ended_at = now()")
        #expect(try await fixture.process(redis: redis).post("/hold", json: "{}", token: fixture.token()).status == 200)
        try await fixture.database.query("UPDATE auth_schema.sessions SET ended_at = NULL")
        try await SessionStore(postgres: fixture.pool, redis: redis).announceEnd(of: [fixture.session], role: .admin)
        let refused = try await fixture.process(redis: redis).post("/hold", json: "{}", token: fixture.token())
        #expect(refused.status == 401)
        #expect(refused.code == "SESSION_ENDED")
        #expect(try await fixture.process(redis: redis).get("/admin", token: fixture.token(.admin)).code == "SESSION_ENDED")
        redis.close()
        server.kill()
        try await fixture.close()
    }

    @Test func postgresAnswersWithoutRedis() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.process().post("/hold", json: "{}", token: fixture.token()).status == 200)
        #expect(try await fixture.process().get("/admin", token: fixture.token(.admin)).status == 200)
        for end in [
            "UPDATE auth_schema.sessions SET ended_at = now()",
            "UPDATE auth_schema.sessions SET ended_at = NULL, expires_at = now() - interval '1 second'",
            "UPDATE auth_schema.sessions SET expires_at = now() + interval '1 day', generation = 7",
        ] {
            try await fixture.database.query(end)
            #expect(try await fixture.process().post("/hold", json: "{}", token: fixture.token()).code == "SESSION_ENDED")
            #expect(try await fixture.process().get("/admin", token: fixture.token(.admin)).code == "SESSION_ENDED")
        }
        // A token without a session is not looked up, where such tokens are accepted.
        #expect(try await fixture.process().post("/hold", json: "{}", token: fixture.token(session: false)).status == 200)
        try await fixture.close()
    }

    @Test func whoIsNoAdministratorNowIsRefused() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.process().get("/admin", token: fixture.token()).code == "ADMIN_REQUIRED")
        #expect(try await fixture.process().get("/admin", token: fixture.token(.admin, session: false)).status == 200)
        try await fixture.database.query("UPDATE auth_schema.users SET role = 'user', session_generation = 1")
        for named in [true, false] {
            #expect(try await fixture.process().get("/admin", token: fixture.token(.admin, session: named)).code == "ADMIN_REQUIRED")
            #expect(try await fixture.process().get("/mine", token: fixture.token(.admin, session: named)).code == "ADMIN_REQUIRED")
        }
        try await fixture.database.query("DELETE FROM auth_schema.users")
        for named in [true, false] {
            #expect(try await fixture.process().get("/admin", token: fixture.token(.admin, session: named)).code == "ADMIN_REQUIRED")
        }
        // Buyers' reads look nothing up.
        #expect(try await fixture.process().get("/mine", token: fixture.token()).status == 200)
        try await fixture.close()
    }

    /// Counts the look-ups, and can be away.
    private final class Source: SessionSource {
        let asked = Locked(0)
        let isAway = Locked(false)
        struct Away: Error {}

        func status(user: UUID, session: UUID?, freshness: Duration) async throws -> SessionStatus {
            asked.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw PostgresError(.unavailable, "away") }
            return SessionStatus(role: .admin, isLive: true)
        }
    }

    @Test func anAnswerServesForAWhileAndNobodysIsNone() async throws {
        let source = Source()
        let app = Self.app(SessionCheck(source: source))
        let token = Self.token(.admin, user: UUID(), session: UUID())
        for _ in 0..<5 { #expect(try await app.get("/admin", token: token).status == 200) }
        for _ in 0..<5 { #expect(try await app.post("/hold", json: "{}", token: token).status == 200) }
        #expect(source.asked.withLock { $0 } == 1)
        source.isAway.withLock { $0 = true }
        // Known ones go on for their five seconds; of others, administrators are refused and buyers asked to come again.
        #expect(try await app.get("/admin", token: token).status == 200)
        let other = Self.token(.admin, user: UUID(), session: UUID())
        #expect(try await app.get("/admin", token: other).code == "ADMIN_REQUIRED")
        #expect(try await app.post("/hold", json: "{}", token: other).status == 503)
    }

    @Test func redisKeepsWhatItIsGiven() {
        let status = SessionStatus(role: .admin, isLive: true, checkedAt: Timestamp(seconds: 5))
        #expect(SessionStatus(text: Array(status.text.utf8)) == status)
        let gone = SessionStatus(role: nil, isLive: false, checkedAt: Timestamp(seconds: 5))
        #expect(SessionStatus(text: Array(gone.text.utf8)) == gone)
        for bad in ["", "1", "2 admin 5", "1 king 5", "1 admin x", "1 admin 5 6"] { #expect(SessionStatus(text: Array(bad.utf8)) == nil) }
    }
}
