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
}
