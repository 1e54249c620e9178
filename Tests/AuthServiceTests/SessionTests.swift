// Sessions: what a token says of its own, what ends them, and who learns of it.
import Testing
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import AuthService

@Suite struct SessionTests {
    private func claims(_ answer: TestResponse) throws -> JWT.Claims {
        try JWT.Verifier(secret: AuthFixture.secret, requiresSession: true).verify(answer.json["token"]?.stringValue ?? "")
    }

    private func refresh(_ auth: AuthFixture, _ token: String) async throws -> TestResponse {
        try await auth.app.send(.post, "/api/auth/refresh", token: token)
    }

    @Test func everySignInIsASession() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let first = try JWT.Verifier(secret: AuthFixture.secret).verify(user.token).session
        let second = try claims(try await auth.login(user.email, "correct horse")).session
        #expect(first != nil && second != nil && first?.id != second?.id)
        let renewed = try claims(try await refresh(auth, user.token))
        #expect(renewed.session == first)

        let list = try await auth.app.get("/api/auth/sessions", token: user.token)
        let sessions = try #require(list.json["sessions"]?.arrayValue)
        #expect(sessions.count == 2)
        let current = sessions.first { $0["current"] == .bool(true) }
        #expect(current?["id"]?.stringValue == first?.id.description)
        for session in sessions {
            #expect(session["createdAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(session["lastUsedAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(session["device"]?.stringValue != nil)
        }
        try await auth.close()
    }

    @Test func logoutEndsOneAndOnlyOne() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let other = try await auth.login(user.email, "correct horse").json["token"]?.stringValue ?? ""
        #expect(try await auth.app.send(.post, "/api/auth/logout", token: user.token).status == 200)
        for _ in 0..<2 {
            let refused = try await refresh(auth, user.token)
            #expect(refused.status == 401)
            #expect(refused.code == "SESSION_ENDED")
        }
        #expect(try await auth.app.get("/api/auth/me", token: user.token).code == "SESSION_ENDED")
        #expect(try await auth.app.send(.post, "/api/auth/logout", token: user.token).status == 200)
        #expect(try await refresh(auth, other).status == 200)
        try await auth.close()
    }

    @Test func oneIsEndedFromAnother() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let stranger = try await auth.register()
        let other = try await auth.login(user.email, "correct horse")
        let id = try #require(try claims(other).session?.id)
        #expect(try await auth.app.send(.delete, "/api/auth/sessions/\(id)", token: stranger.token).status == 404)
        #expect(try await auth.app.send(.delete, "/api/auth/sessions/\(UUID())", token: user.token).status == 404)
        #expect(try await auth.app.send(.delete, "/api/auth/sessions/\(id)", token: user.token).status == 200)
        #expect(try await auth.app.send(.delete, "/api/auth/sessions/\(id)", token: user.token).status == 404)
        #expect(try await refresh(auth, other.json["token"]?.stringValue ?? "").code == "SESSION_ENDED")
        #expect(try await refresh(auth, user.token).status == 200)
        try await auth.close()
    }

    @Test func aNewPasswordEndsAllOthers() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let other = try await auth.login(user.email, "correct horse").json["token"]?.stringValue ?? ""
        let changed = try await auth.app.send(
            .put, "/api/auth/profile", json: #"{"currentPassword":"correct horse","newPassword":"another horse"}"#, token: user.token)
        #expect(changed.status == 200)
        #expect(try await refresh(auth, other).code == "SESSION_ENDED")
        let renewed = try await refresh(auth, user.token)
        #expect(try claims(renewed).session?.generation == 1)
        // Who knew the old password while it was changed gets no session of the new generation.
        let stale = try #require(try await PostgresUserStore(pool: auth.runtime.postgres).find(email: user.email))
        var before = stale
        before.sessionGeneration = 0
        let store = AccountSessionStore(pool: auth.runtime.postgres, lifetime: .seconds(60))
        #expect(try await store.begin(before, device: "", secondFactor: false, authenticatedAt: nil) == nil)
        #expect(try await store.begin(stale, device: "", secondFactor: false, authenticatedAt: nil) != nil)
        try await auth.close()
    }

    @Test func anotherRoleEndsEverySessionAndIsToldThroughRedis() async throws {
        let redis = try await TestRedis()
        let auth = try await AuthFixture.make(redis: redis)
        let user = try await auth.register()
        let session = try #require(try JWT.Verifier(secret: AuthFixture.secret).verify(user.token).session?.id)
        func role(_ role: String) async throws -> TestResponse {
            try await auth.app.send(
                .patch, "/internal/users/\(user.id)/role", json: #"{"role":"\#(role)"}"#, token: AuthFixture.internalToken)
        }
        // The same role again changes nothing.
        #expect(try await role("user").status == 200)
        #expect(try await refresh(auth, user.token).status == 200)
        #expect(try await role("admin").status == 200)
        #expect(try await refresh(auth, user.token).code == "SESSION_ENDED")
        let told = try await auth.runtime.redis.get("session:\(session)")
        #expect(told.map { String(decoding: $0, as: UTF8.self).hasPrefix("0 admin ") } == true)
        #expect(try claims(try await auth.login(user.email, "correct horse")).role == .admin)
        redis.kill()
        try await auth.close()
    }

    /// What Redis did not take is told when it is back.
    @Test func anEndIsToldLater() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        #expect(try await auth.app.send(.post, "/api/auth/logout", token: user.token).status == 200)
        let store = AccountSessionStore(pool: auth.runtime.postgres, lifetime: .seconds(60))
        let unannounced = try await store.unannounced(limit: 10)
        #expect(unannounced.map(\.ids.count) == [1])

        let server = try await TestRedis()
        let client = RedisClient(server.configuration, group: .shared)
        _ = try await client.send(["PING"])
        let service = SessionService(
            users: PostgresUserStore(pool: auth.runtime.postgres), sessions: store,
            tokens: TokenIssuer(key: HMACKey([1]), lifetime: .seconds(60), adminsNeedSecondFactor: false),
            announcements: SessionStore(postgres: auth.runtime.postgres, redis: client))
        #expect(try await SessionKeeper(sessions: service, store: store).tick(now: 1) == .seconds(1))
        #expect(try await client.get("session:\(unannounced[0].ids[0])") != nil)
        #expect(try await store.unannounced(limit: 10).isEmpty)
        client.close()
        server.kill()
        try await auth.close()
    }

    @Test func aSessionHasALongestLife() async throws {
        let auth = try await AuthFixture.make(["SESSION_MAX_DAYS": "2"])
        let user = try await auth.register()
        let token = try JWT.Verifier(secret: AuthFixture.secret).verify(user.token)
        #expect(token.expiresAt.microseconds - token.issuedAt.microseconds <= 2 * 86_400_000_000)
        try await auth.database.query(
            "UPDATE auth_schema.sessions SET authenticated_at = now() - interval '2 days', expires_at = now() + interval '1 minute'")
        let last = try claims(try await refresh(auth, user.token))
        #expect(last.expiresAt.microseconds - last.issuedAt.microseconds <= 60_000_000)
        try await auth.database.query("UPDATE auth_schema.sessions SET expires_at = now()")
        #expect(try await refresh(auth, user.token).code == "SESSION_ENDED")
        try await auth.close()
    }

    @Test func thePasswordAnewRenewsTheSession() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        try await auth.database.query("UPDATE auth_schema.sessions SET authenticated_at = now() - interval '1 hour'")
        func anew(_ password: String) async throws -> TestResponse {
            try await auth.app.post("/api/auth/reauthenticate", json: #"{"password":"\#(password)"}"#, token: user.token)
        }
        #expect(try await anew("wrong horse").code == "INVALID_CREDENTIALS")
        let session = try #require(try claims(try await anew("correct horse")).session)
        #expect(session.id == (try JWT.Verifier(secret: AuthFixture.secret).verify(user.token).session?.id))
        #expect(Timestamp.now() - session.authenticatedAt < .seconds(60))
        try await auth.close()
    }

    /// Tokens from before there were sessions get one, no younger than they are.
    @Test func anOldTokenGetsASession() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        let made = Timestamp.now().adding(seconds: -7200)
        let old = JWT.sign(
            Principal(userID: try #require(UUID(user.id)), email: user.email, role: .user), secret: AuthFixture.secret,
            lifetime: .seconds(86_400), now: made)
        #expect(try claims(try await refresh(auth, old)).session?.authenticatedAt.seconds == made.seconds)
        try await auth.close()
    }

    @Test func theLanguageIsTheAccounts() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        #expect(try await auth.app.get("/api/auth/me", token: user.token).json["user"]?["language"]?.stringValue == "ko")
        func change(_ language: String) async throws -> TestResponse {
            try await auth.app.send(.put, "/api/auth/profile", json: #"{"language":"\#(language)"}"#, token: user.token)
        }
        #expect(try await change("en").json["user"]?["language"]?.stringValue == "en")
        #expect(try await change("fr").status == 400)
        let rows = try await auth.database.query("SELECT language FROM public.users")
        #expect(try rows[0].string(0) == "en")
        try await auth.close()
    }
}
