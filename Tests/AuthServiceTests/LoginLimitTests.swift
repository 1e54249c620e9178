// Guessing is slowed down, counted in Redis or in memory, and a storm of logins is refused instead of queued.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

@Suite struct LoginLimitTests {
    @Test(arguments: [true, false])
    func tenFailuresLockAnEmail(withRedis: Bool) async throws {
        let redis = withRedis ? try await TestRedis() : nil
        let auth = try await AuthFixture.make(redis: redis)
        let user = try await auth.register()
        for _ in 0..<10 { #expect(try await auth.login(user.email, "wrong").status == 401) }
        let locked = try await auth.login(user.email, "correct horse")
        #expect(locked.status == 429)
        #expect(locked.code == "RATE_LIMITED")
        #expect((1...900).contains(Int(locked.headers["Retry-After"] ?? "") ?? 0))
        // Unknown emails are counted alike; others are not touched.
        for _ in 0..<10 { #expect(try await auth.login("nobody@example.com", "wrong").status == 401) }
        #expect(try await auth.login("nobody@example.com", "wrong").status == 429)
        let other = try await auth.register()
        #expect(try await auth.login(other.email, "correct horse").status == 200)
        try await auth.close()
    }

    @Test func guessesSentAtOnceLearnNoMore() async throws {
        let auth = try await AuthFixture.make(redis: try await TestRedis())
        let user = try await auth.register()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await auth.login(user.email, "wrong").status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 401 } == 10)
        #expect(statuses.count { $0 == 429 } == 30)
        try await auth.close()
    }

    @Test func aSuccessForgetsTheFailures() async throws {
        let auth = try await AuthFixture.make()
        let user = try await auth.register()
        for _ in 0..<3 {
            for _ in 0..<9 { #expect(try await auth.login(user.email, "wrong").status == 401) }
            #expect(try await auth.login(user.email, "correct horse").status == 200)
        }
        try await auth.close()
    }

    @Test func aHundredFailuresLockAnAddress() async throws {
        let auth = try await AuthFixture.make(["LOGIN_LIMIT_ADDRESS": "12"], redis: try await TestRedis())
        let user = try await auth.register()
        for index in 0..<12 {
            #expect(try await auth.login("guess\(index)@example.com", "wrong", address: "203.0.113.7").status == 401)
        }
        #expect(try await auth.login(user.email, "correct horse", address: "203.0.113.7").status == 429)
        #expect(try await auth.login(user.email, "correct horse", address: "203.0.113.8").status == 200)
        try await auth.close()
    }

    @Test func countingGoesOnWhenRedisDies() async throws {
        let redis = try await TestRedis()
        let auth = try await AuthFixture.make(redis: redis)
        let user = try await auth.register()
        for _ in 0..<5 { #expect(try await auth.login(user.email, "wrong").status == 401) }
        redis.kill()
        for _ in 0..<10 { #expect(try await auth.login(user.email, "wrong").status == 401) }
        #expect(try await auth.login(user.email, "wrong").status == 429)
        try await auth.close()
    }

    /// One thread, two places in the queue: of many logins at once three are served, the rest refused at once, and other requests go on.
    @Test func aStormIsRefusedAndSlowsNobody() async throws {
        let auth = try await AuthFixture.make(
            ["BCRYPT_COST": "10", "BCRYPT_THREADS": "1", "BCRYPT_QUEUE": "2", "LOGIN_LIMIT_ADDRESS": "1000", "LOGIN_LIMIT_EMAIL": "1000"])
        let user = try await auth.register()
        try await withThrowingTaskGroup(of: TestResponse?.self) { group in
            for _ in 0..<20 { group.addTask { try await auth.login(user.email, "wrong") } }
            group.addTask {
                let me = try await auth.app.get("/api/auth/me", token: user.token)
                #expect(me.status == 200)
                return nil
            }
            var refused = 0
            for try await answer in group {
                guard let answer else { continue }
                if answer.status == 503 {
                    refused += 1
                    #expect(answer.code == "UNAVAILABLE")
                    #expect(answer.headers["Retry-After"] != nil)
                } else {
                    #expect(answer.status == 401)
                }
            }
            #expect(refused >= 10)
        }
        try await auth.close()
    }

    /// A stranger's failures lock the stranger's address, and in the end the email for those who never were in it; its owner's browser
    /// goes on.
    @Test(arguments: [true, false])
    func strangersCannotLockAnOwnerOut(withRedis: Bool) async throws {
        let redis = withRedis ? try await TestRedis() : nil
        let auth = try await AuthFixture.make(["LOGIN_LIMIT_EMAIL_ANYWHERE": "30"], redis: redis)
        let user = try await auth.register()
        let known = try await auth.login(user.email, "correct horse", address: "198.51.100.1")
        let cookie = try #require(known.headers["Set-Cookie"]?.split(separator: ";").first.map(String.init))
        #expect(known.headers["Set-Cookie"]?.contains("HttpOnly") == true)
        for _ in 0..<10 { #expect(try await auth.login(user.email, "wrong", address: "203.0.113.1").status == 401) }
        #expect(try await auth.login(user.email, "correct horse", address: "203.0.113.1").status == 429)
        // Ten failures in one place lock nobody in another.
        #expect(try await auth.login(user.email, "correct horse", address: "198.51.100.9").status == 200)
        for index in 2..<4 {
            for _ in 0..<10 { #expect(try await auth.login(user.email, "wrong", address: "203.0.113.\(index)").status == 401) }
        }
        // Thirty from anywhere lock the email everywhere but in the owner's browser, also at a stranger's address.
        #expect(try await auth.login(user.email, "correct horse", address: "198.51.100.9").status == 429)
        let owner = try await auth.login(user.email, "correct horse", address: "203.0.113.1", cookie: cookie)
        #expect(owner.status == 200)
        #expect(owner.headers["Set-Cookie"] == nil)
        // A mark is one account's, and has a count of its own.
        let other = try await auth.register()
        for _ in 0..<10 { #expect(try await auth.login(user.email, "wrong", address: "198.51.100.2", cookie: cookie).status == 401) }
        #expect(try await auth.login(user.email, "correct horse", address: "198.51.100.2", cookie: cookie).status == 429)
        #expect(try await auth.login(other.email, "correct horse", address: "198.51.100.2", cookie: cookie).headers["Set-Cookie"] != nil)
        let forged = cookie.dropLast(4) + "0000"
        #expect(try await auth.login(user.email, "correct horse", address: "198.51.100.9", cookie: String(forged)).status == 429)
        try await auth.close()
    }

    /// One customer has a whole /64.
    @Test func aNetworkOfIPv6IsOneAddress() async throws {
        let auth = try await AuthFixture.make(["LOGIN_LIMIT_ADDRESS": "12"])
        for index in 0..<12 {
            #expect(try await auth.login("guess\(index)@example.com", "wrong", address: "2001:db8:1:2::\(index)").status == 401)
        }
        #expect(try await auth.login("guess@example.com", "wrong", address: "2001:db8:1:2:ffff::1").status == 429)
        #expect(try await auth.login("guess@example.com", "wrong", address: "2001:db8:1:3::1").status == 401)
        #expect(try await auth.login("guess@example.com", "wrong", address: "::ffff:203.0.113.1").status == 401)
        #expect(SocketAddress(literal: "::ffff:203.0.113.1", port: 0)?.network == "203.0.113.1")
        try await auth.close()
    }

    @Test func registrationsOfOneAddressHaveABudget() async throws {
        let auth = try await AuthFixture.make(["REGISTER_LIMIT_ADDRESS": "2"])
        func register(from address: String) async throws -> Int {
            try await auth.app.send(
                .post, "/api/auth/register", headers: ["X-Forwarded-For": address],
                json: #"{"email":"\#(UUID())@example.com","password":"correct horse","name":"n"}"#
            ).status
        }
        for expected in [201, 201, 429] { #expect(try await register(from: "2001:db8::\(expected)") == expected) }
        #expect(try await register(from: "2001:db8:0:1::1") == 201)
        try await auth.close()
    }

    @Test func attemptsAreLoggedWithTheAccount() async throws {
        let auth = try await AuthFixture.make(["LOGIN_LIMIT_EMAIL": "1"])
        let user = try await auth.register()
        _ = try await auth.login(user.email, "wrong horse")
        _ = try await auth.login(user.email, "correct horse")
        _ = try await auth.login("nobody@example.com", "wrong horse")
        _ = try await auth.login(user.email, "correct horse", address: "198.51.100.1")
        // How many seconds are left is the clock's.
        let lines = auth.log.lines.map { $0.replacing(/retryAfter: \d+/, with: "retryAfter: some") }
        #expect(
            lines == [
                "registration userId=\(user.id)", "login network=127.0.0.1 outcome=invalidCredentials userId=\(user.id)",
                "login network=127.0.0.1 outcome=locked(retryAfter: some) userId=\(user.id)",
                "login network=127.0.0.1 outcome=invalidCredentials userId=unknown",
                "login network=198.51.100.1 outcome=succeeded userId=\(user.id)",
            ])
        #expect(!auth.log.lines.contains { $0.contains("horse") || $0.contains("@") })
        try await auth.close()
    }

    @Test func commonPasswordsAreRefused() async throws {
        #expect(CommonPasswords.count > 8000)
        for word in ["password", "12345678", "1q2w3e4r5t", "qwertyuiop", "Password1", "iloveyou", "11111111"] {
            #expect(CommonPasswords.contains(word), "\(word)")
        }
        for word in ["correct horse", "buyer-development", "여덟바이트넘는말", ""] { #expect(!CommonPasswords.contains(word), "\(word)") }
        let auth = try await AuthFixture.make()
        let refused = try await auth.app.post("/api/auth/register", json: #"{"email":"a@b.co","password":"qwertyuiop","name":"n"}"#)
        #expect(refused.status == 400)
        #expect(refused.json["details"]?.arrayValue?.first?["field"]?.stringValue == "password")
        let user = try await auth.register()
        let changed = try await auth.app.send(
            .put, "/api/auth/profile", json: #"{"currentPassword":"correct horse","newPassword":"12345678"}"#, token: user.token)
        #expect(changed.status == 400)
        try await auth.close()
    }
}
