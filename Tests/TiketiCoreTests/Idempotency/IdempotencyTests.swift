// Idempotency-Key over a real table: replay, mismatch, waiting, take-over after a crash, and one run among many at once.

import Synchronization
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import TiketiCore

@Suite struct IdempotencyTests {
    private static let secret = "a secret of the test suite"

    /// A service with one POST that counts its runs, on a database of its own.
    private final class Bench: Sendable {
        let database: TestDatabase
        let pool: PostgresPool
        let store: PostgresIdempotencyStore
        let runs = Atomic<Int>(0)
        /// How often the store was asked for a key.
        let asked = Atomic<Int>(0)
        let release: Locked<Bool>

        init(held: Bool = false) async throws {
            release = Locked(!held)
            database = try await TestPostgres.shared().database(migrated: false)
            try await database.run(
                script: """
                    CREATE TABLE idempotency_keys (user_id uuid NOT NULL, key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
                        request_hash bytea NOT NULL, status integer, body bytea, created_at timestamptz NOT NULL DEFAULT now(),
                        PRIMARY KEY (user_id, key))
                    """)
            pool = database.pool()
            store = PostgresIdempotencyStore(pool, table: "idempotency_keys")
        }

        func app(patience: Duration = .seconds(10), status: Int = 201, authorize: Idempotency.Authorization? = nil) -> TestApp {
            let router = Router()
            router.use(Authentication(JWT.Verifier(secret: IdempotencyTests.secret)))
            router.use(Idempotency(Counted(bench: self), patience: patience, authorize: authorize))
            for path in ["/api/reservations", "/api/other", "/api/queue", "/api/auth/login"] {
                router.post(path) { context in
                    let run = self.runs.wrappingAdd(1, ordering: .relaxed).newValue
                    try await eventually { self.release.withLock { $0 } }
                    if status >= 400 { throw APIError(HTTPStatus(status), "SOME_CODE", "Some \(run)") }
                    return .success(HTTPStatus(status)) { $0.member("run", run) }
                }
            }
            return TestApp(router)
        }

        var count: Int { runs.load(ordering: .relaxed) }

        /// The store, and how often it is asked.
        private struct Counted: IdempotencyStore {
            let bench: Bench

            func begin(user: UUID, key: String, requestHash: [UInt8]) async throws -> IdempotencyState {
                let state = try await bench.store.begin(user: user, key: key, requestHash: requestHash)
                bench.asked.add(1, ordering: .relaxed)
                return state
            }

            func finish(user: UUID, key: String, token: Timestamp, answer: StoredAnswer) async throws {
                try await bench.store.finish(user: user, key: key, token: token, answer: answer)
            }

            func abandon(user: UUID, key: String, token: Timestamp) async throws {
                try await bench.store.abandon(user: user, key: key, token: token)
            }

            func removeExpired() async throws -> Int { try await bench.store.removeExpired() }
        }

        func end() async throws {
            await pool.close()
            try await database.drop()
        }
    }

    private func token(_ user: UUID = UUID()) -> String {
        JWT.sign(Principal(userID: user, email: "a@b.c", role: .user), secret: Self.secret, lifetime: .seconds(600))
    }

    private func post(
        _ app: TestApp, _ path: String = "/api/reservations", key: String? = "key-1", json: String = "{\"a\":1}", token: String?
    ) async throws -> TestResponse {
        var headers = HTTPHeaders()
        if let key { headers.add("Idempotency-Key", key) }
        return try await app.send(.post, path, headers: headers, json: json, token: token)
    }

    /// A body comes from its connection once: what the middleware has hashed is still there for the handler.
    @Test func theBodyIsReadOnce() async throws {
        let bench = try await Bench()
        let router = Router()
        router.use(Authentication(JWT.Verifier(secret: Self.secret)))
        router.use(Idempotency(bench.store))
        router.post("/api/reservations") { context in
            let (bytes, value) = (try await context.body(), try await context.json())
            return .success { json in
                json.member("bytes", bytes.count)
                json.member("text", value["text"]?.stringValue)
            }
        }
        let app = TestApp(router)
        let caller = token()
        let text = String(repeating: "가", count: 100_000)
        for replay in [nil, "true"] {
            let answer = try await post(app, json: #"{"text":"\#(text)"}"#, token: caller)
            #expect(answer.json["bytes"]?.intValue == 300_011 && answer.json["text"]?.stringValue == text)
            #expect(answer.headers["idempotency-replayed"] == replay)
        }
        #expect(try await post(app, json: #"{"text":"\#(text.dropLast())"}"#, token: caller).code == "IDEMPOTENCY_MISMATCH")
        try await bench.end()
    }

    @Test func whoMayNotDoItTakesNoKey() async throws {
        let bench = try await Bench()
        let mayDoIt = Locked(false)
        let app = bench.app { _ in if !mayDoIt.withLock({ $0 }) { throw APIError.adminRequired } }
        let caller = token()
        #expect(try await post(app, token: caller).status == 403)
        #expect(try await bench.database.query("SELECT FROM idempotency_keys").isEmpty)
        mayDoIt.withLock { $0 = true }
        #expect(try await post(app, token: caller).status == 201)
        // The right to do it was lost: the kept answer is not for this caller any more.
        mayDoIt.withLock { $0 = false }
        #expect(try await post(app, token: caller).status == 403)
        try await bench.end()
    }

    @Test(arguments: [401, 429]) func anAnswerAboutTheCallerIsNotKept(_ status: Int) async throws {
        let bench = try await Bench()
        let app = bench.app(status: status)
        let caller = token()
        for run in 1...2 {
            #expect(try await post(app, token: caller).status == status)
            #expect(bench.count == run)
        }
        try await bench.end()
    }

    @Test func replaysTheFirstAnswer() async throws {
        let bench = try await Bench()
        let app = bench.app()
        let token = token()
        let first = try await post(app, token: token)
        #expect(first.status == 201)
        #expect(first.headers["Idempotency-Replayed"] == nil)
        let second = try await post(app, token: token)
        #expect(second.status == 201)
        #expect(second.body == first.body)
        #expect(second.headers["Idempotency-Replayed"] == "true")
        #expect(second.headers["Content-Type"] == "application/json; charset=utf-8")
        #expect(second.headers["X-Request-Id"] != first.headers["X-Request-Id"])
        #expect(bench.count == 1)
        // Another user, another key, no key: other requests.
        #expect(try await post(app, token: self.token()).json["run"] == .integer(2))
        #expect(try await post(app, key: "key-2", token: token).json["run"] == .integer(3))
        #expect(try await post(app, key: nil, token: token).json["run"] == .integer(4))
        // Another body, or another path, under the same key.
        for (path, json) in [("/api/reservations", "{\"a\":2}"), ("/api/other", "{\"a\":1}")] {
            let mismatch = try await post(app, path, json: json, token: token)
            #expect(mismatch.status == 409)
            #expect(mismatch.code == "IDEMPOTENCY_MISMATCH")
        }
        #expect(bench.count == 4)
        // Not where it does not apply, and not for nobody.
        for path in ["/api/queue", "/api/auth/login"] {
            _ = try await post(app, path, token: token)
            #expect(try await post(app, path, token: token).headers["Idempotency-Replayed"] == nil)
        }
        _ = try await post(app, token: nil)
        #expect(try await post(app, token: nil).headers["Idempotency-Replayed"] == nil)
        try await bench.end()
    }

    @Test(arguments: ["", "with space", String(repeating: "x", count: 201), "ünicode", "tab\tbed"])
    func badKeys(key: String) async throws {
        struct Never: IdempotencyStore {
            func begin(user: UUID, key: String, requestHash: [UInt8]) async throws -> IdempotencyState { throw CancellationError() }
            func finish(user: UUID, key: String, token: Timestamp, answer: StoredAnswer) async throws {}
            func abandon(user: UUID, key: String, token: Timestamp) async throws {}
            func removeExpired() async throws -> Int { 0 }
        }
        let router = Router()
        router.use(Authentication(JWT.Verifier(secret: Self.secret)))
        router.use(Idempotency(Never()))
        router.post("/api/reservations") { _ in .success() }
        let response = try await post(TestApp(router), key: key, token: token())
        #expect(response.status == 400)
        #expect(response.code == "VALIDATION_FAILED")
    }

    @Test func refusalsReplayAndFaultsDoNot() async throws {
        let bench = try await Bench()
        let token = token()
        let refused = bench.app(status: 409)
        let first = try await post(refused, token: token)
        #expect(first.json["error"] == .string("Some 1"))
        #expect(try await post(refused, token: token).body == first.body)
        #expect(bench.count == 1)
        let faulty = bench.app(status: 503)
        #expect(try await post(faulty, key: "other", token: token).status == 503)
        #expect(try await post(faulty, key: "other", token: token).status == 503)
        #expect(bench.count == 3)
        try await bench.end()
    }

    @Test func oneOfManyRuns() async throws {
        let bench = try await Bench(held: true)
        let app = bench.app()
        let token = token()
        let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
            for _ in 0..<20 { group.addTask { try await self.post(app, token: token) } }
            group.addTask {
                // The first is running, and the others have found it so.
                try await eventually { bench.count == 1 && bench.asked.load(ordering: .relaxed) >= 20 }
                bench.release.withLock { $0 = true }
                return TestResponse(status: 0, headers: HTTPHeaders(), body: [])
            }
            return try await group.reduce(into: []) { $0.append($1) }.filter { $0.status != 0 }
        }
        #expect(bench.count == 1)
        #expect(answers.count == 20)
        #expect(answers.allSatisfy { $0.status == 201 && $0.json["run"] == .integer(1) })
        #expect(answers.filter { $0.headers["Idempotency-Replayed"] == nil }.count == 1)
        try await bench.end()
    }

    @Test func waitingEnds() async throws {
        let bench = try await Bench()
        let user = UUID()
        let hash = Crypto.sha256(Array("POST /api/reservations\n{\"a\":1}".utf8))
        guard case .started = try await bench.store.begin(user: user, key: "key-1", requestHash: hash) else {
            Issue.record("the key is free")
            return
        }
        let response = try await post(bench.app(patience: .zero), token: token(user))
        #expect(response.status == 409)
        #expect(response.code == "IDEMPOTENCY_IN_PROGRESS")
        #expect(bench.count == 0)
        try await bench.end()
    }

    @Test func deadRequestIsTakenOverOnce() async throws {
        let bench = try await Bench()
        let user = UUID()
        let hash = Crypto.sha256("request")
        guard case .started(let old) = try await bench.store.begin(user: user, key: "k", requestHash: hash) else {
            Issue.record("the key is free")
            return
        }
        #expect(try await bench.store.begin(user: user, key: "k", requestHash: hash) == .running)
        #expect(try await bench.store.begin(user: user, key: "k", requestHash: Crypto.sha256("other")) == .mismatch)
        try await bench.database.query("UPDATE idempotency_keys SET created_at = created_at - interval '91 seconds'")
        guard case .started(let new) = try await bench.store.begin(user: user, key: "k", requestHash: hash) else {
            Issue.record("the first request is dead")
            return
        }
        #expect(try await bench.store.begin(user: user, key: "k", requestHash: hash) == .running)
        // The dead one comes back to life: its answer and its surrender count no more.
        try await bench.store.finish(user: user, key: "k", token: old, answer: StoredAnswer(status: 200, body: [1]))
        try await bench.store.abandon(user: user, key: "k", token: old)
        #expect(try await bench.store.begin(user: user, key: "k", requestHash: hash) == .running)
        try await bench.store.finish(user: user, key: "k", token: new, answer: StoredAnswer(status: 200, body: [2]))
        #expect(
            try await bench.store.begin(user: user, key: "k", requestHash: hash) == .answered(StoredAnswer(status: 200, body: [2])))
        // A day later the key is free again.
        try await bench.database.query("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
        guard case .started = try await bench.store.begin(user: user, key: "k", requestHash: Crypto.sha256("new")) else {
            Issue.record("the key has expired")
            return
        }
        try await bench.database.query("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
        #expect(try await bench.store.removeExpired() == 1)
        try await bench.end()
    }
}
