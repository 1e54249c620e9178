// Many callers, errors and dying sessions at the same time: every statement is answered, by its own answer, and nothing is counted twice.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct PostgresStressTests {
    /// Deterministic, so that a failure can be run again.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 33
        }
    }

    /// More texts than fit among the prepared statements, errors at every step, several batches in flight.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func errorsEvictionsAndNewStatementsMixed(seed: UInt64) async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let pool = database.pool {
            $0.readConnectionsPerLoop = 2
            $0.preparedStatements = 8
            $0.pipelineDepth = 16
        }
        let wrong = try await EventLoopGroup.shared.loops[0].run {
            await withTaskGroup(of: String?.self) { group in
                for caller in 0..<40 {
                    group.addTask {
                        var dice = Dice(state: seed &* 1000 &+ UInt64(caller))
                        for _ in 0..<40 {
                            let kind = Int.random(in: 0..<30, using: &dice)
                            let number = Int.random(in: 0..<1000, using: &dice)
                            let expected: String
                            let sql: String
                            switch kind {
                            case 0: (sql, expected) = ("SELECT 1 / ($1::int4 * 0)", "22012")
                            case 1: (sql, expected) = ("SELECT nothing_\(number % 5), $1::int4", "42703")
                            case 2: (sql, expected) = ("SELECT ('x' || $1::int4)::int4", "22P02")
                            default: (sql, expected) = ("SELECT $1::int4 + \(kind)", "\(number + kind)")
                            }
                            let answer: String
                            do {
                                answer = try await pool.read(sql, [.int(number)])[0].string(0)
                            } catch {
                                answer = (error as? PostgresError)?.sqlState ?? "\(error)"
                            }
                            if answer != expected { return "\(sql) with \(number): \(answer) instead of \(expected)" }
                        }
                        return nil
                    }
                }
                return await group.reduce(into: [String]()) { if let problem = $1 { $0.append(problem) } }
            }
        }
        #expect(wrong == [])
        await pool.close()
    }

    /// Sessions are killed all the time. Whoever was told "done" is in the table once, whoever was told "unknown" at most once, nobody
    /// else is.
    @Test func dyingSessions() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.query("CREATE TABLE done (caller int, round int, PRIMARY KEY (caller, round))")
        let pool = database.pool { $0.reconnectPauses = .milliseconds(5)...(.milliseconds(20)) }
        let finished = Locked(false)
        let killer = Task {
            while !finished.withLock({ $0 }) {
                try await database.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2
                    """)
            }
        }
        enum Told { case done, unknown, failed }
        let told = Locked<[String: Told]>([:])
        try await EventLoopGroup.shared.loops[1].run {
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<16 {
                    group.addTask {
                        for round in 0..<60 {
                            let values: [PostgresValue] = [.int(caller), .int(round)]
                            let insert = "INSERT INTO done VALUES ($1, $2)"
                            var outcome = Told.done
                            do {
                                switch round % 3 {
                                case 0: try await pool.execute(insert, values)
                                case 1:
                                    try await pool.transaction { transaction in
                                        try await transaction.execute("SELECT 1")
                                        try await transaction.execute(insert, values)
                                    }
                                default: _ = try await pool.read("SELECT count(*) FROM done WHERE caller = $1 AND round < $2", values)
                                }
                                if round % 3 == 2 { outcome = .failed }
                            } catch {
                                outcome = (error as? PostgresError)?.code == .outcomeUnknown ? .unknown : .failed
                            }
                            told.withLock { $0["\(caller)-\(round)"] = outcome }
                        }
                    }
                }
            }
        }
        finished.withLock { $0 = true }
        try await killer.value
        await pool.close()
        let rows = Set(try await database.query("SELECT caller || '-' || round FROM done").map { try $0.string(0) })
        let answers = told.withLock { $0 }
        #expect(answers.count == 16 * 60)
        for (name, outcome) in answers {
            switch outcome {
            case .done: #expect(rows.contains(name), "\(name) was confirmed and is missing")
            case .failed: #expect(!rows.contains(name), "\(name) was refused and is there")
            case .unknown: break
            }
        }
        #expect(answers.values.contains { $0 == .done })
        #expect(pool.statistics.connectionsLost > 0)
    }
}
