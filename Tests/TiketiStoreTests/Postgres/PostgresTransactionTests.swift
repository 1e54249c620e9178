// Transactions commit whole or not at all, and run again when PostgreSQL says that they lost a race.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct PostgresTransactionTests {
    private struct Refused: Error {}

    private func fixture() async throws -> TestDatabase {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.run(
            script: """
                CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL CONSTRAINT balance_is_positive CHECK (balance >= 0));
                INSERT INTO accounts VALUES (1, 100), (2, 100);
                """)
        return database
    }

    @Test func commitsAndRollsBack() async throws {
        let pool = try await fixture().pool()
        let balance = try await pool.transaction { transaction in
            try await transaction.execute("UPDATE accounts SET balance = balance - 30 WHERE id = $1", [.int(1)])
            return try await transaction.execute("UPDATE accounts SET balance = balance + 30 WHERE id = $1 RETURNING balance", [.int(2)])[0]
                .int(0)
        }
        #expect(balance == 130)
        await #expect(throws: Refused.self) {
            try await pool.transaction { transaction in
                try await transaction.execute("UPDATE accounts SET balance = 0")
                throw Refused()
            }
        }
        do {
            _ = try await pool.transaction { try await $0.execute("UPDATE accounts SET balance = balance - 1000 WHERE id = 1") }
            Issue.record("no error")
        } catch let error as PostgresError {
            #expect(error.isCheckViolation)
            #expect(error.constraint == "balance_is_positive")
        }
        #expect(try await pool.read("SELECT balance FROM accounts ORDER BY id").map { try $0.int(0) } == [70, 130])
        await pool.close()
    }

    @Test func aSwallowedErrorDoesNotPassForACommit() async throws {
        let pool = try await fixture().pool()
        await expectState("25P02") {
            try await pool.transaction { transaction in
                try await transaction.execute("UPDATE accounts SET balance = 0 WHERE id = 1")
                _ = try? await transaction.execute("SELECT 1 / 0")
            }
        }
        #expect(try await pool.read("SELECT balance FROM accounts WHERE id = 1")[0].int(0) == 100)
        await pool.close()
    }

    @Test func savepointsAndUnusedTransactions() async throws {
        let pool = try await fixture().pool()
        #expect(try await pool.transaction { _ in 7 } == 7)
        try await pool.transaction { transaction in
            try await transaction.execute("SAVEPOINT a")
            _ = try? await transaction.execute("SELECT 1 / 0")
            try await transaction.execute("ROLLBACK TO SAVEPOINT a")
            try await transaction.execute("UPDATE accounts SET balance = 1 WHERE id = 1")
        }
        #expect(try await pool.read("SELECT balance FROM accounts WHERE id = 1")[0].int(0) == 1)
        await pool.close()
    }

    @Test func aTransactionIsUselessAfterItsEnd() async throws {
        let pool = try await fixture().pool()
        try await EventLoopGroup.shared.loops[0].run {
            let kept = try await pool.transaction { transaction in
                try await transaction.execute("SELECT 1")
                return Kept(transaction: transaction)
            }
            await expectCode(.usage) { try await kept.transaction.execute("SELECT 1") }
        }
        await pool.close()
    }

    /// Sendable for this test only: it stays on one loop.
    private struct Kept: @unchecked Sendable {
        let transaction: PostgresTransaction
    }

    /// Read, think, write, under SERIALIZABLE: PostgreSQL must refuse some, and all must succeed in the end with nothing lost.
    @Test func serializationFailuresAreRetried() async throws {
        let pool = try await fixture().pool()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await pool.transaction(isolation: .serializable, attempts: 100) { transaction in
                        let balance = try await transaction.execute("SELECT balance FROM accounts WHERE id = 1")[0].int(0)
                        try await transaction.execute("UPDATE accounts SET balance = $1 WHERE id = 1", [.int(balance + 1)])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await pool.read("SELECT balance FROM accounts WHERE id = 1")[0].int(0) == 120)
        #expect(pool.statistics.retries > 0)
        await pool.close()
    }

    /// Two transactions lock two rows in opposite order, each waiting until the other has its first: a certain deadlock.
    @Test func deadlocksAreRetried() async throws {
        let pool = try await fixture().pool()
        let arrived = Tally()
        let attempts = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (first, second) in [(1, 2), (2, 1)] {
                group.addTask {
                    try await pool.transaction { transaction in
                        attempts.add()
                        try await transaction.execute("UPDATE accounts SET balance = balance + 1 WHERE id = $1", [.int(first)])
                        arrived.add()
                        try await eventually { arrived.current >= 2 }
                        try await transaction.execute("UPDATE accounts SET balance = balance + 1 WHERE id = $1", [.int(second)])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await pool.read("SELECT balance FROM accounts ORDER BY id").map { try $0.int(0) } == [102, 102])
        // Both may be chosen as victims when both look at the same moment.
        #expect(attempts.current >= 3)
        #expect(pool.statistics.retries >= 1)
        await pool.close()
    }

    @Test func retriesEndAndOtherErrorsAreNotRetried() async throws {
        let pool = try await fixture().pool()
        let runs = Tally()
        await expectState("40001") {
            try await pool.transaction(attempts: 3) { transaction in
                runs.add()
                try await transaction.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$")
            }
        }
        #expect(runs.current == 3)
        await expectState("23505") {
            try await pool.transaction { transaction in
                runs.add()
                try await transaction.execute("INSERT INTO accounts VALUES (1, 1)")
            }
        }
        #expect(runs.current == 4)
        // The body made something else of the failure: the transaction still had no effect and is run again.
        await #expect(throws: Refused.self) {
            try await pool.transaction(attempts: 2) { transaction in
                runs.add()
                do {
                    try await transaction.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
                } catch { throw Refused() }
            }
        }
        #expect(runs.current == 6)
        await pool.close()
    }

    @Test func lockTimeout() async throws {
        let pool = try await fixture().pool { $0.lockTimeout = .milliseconds(50) }
        try await pool.transaction { transaction in
            try await transaction.execute("UPDATE accounts SET balance = 5 WHERE id = 1")
            do throws(PostgresError) {
                try await pool.execute("UPDATE accounts SET balance = 6 WHERE id = 1")
                Issue.record("no error")
            } catch {
                #expect(error.isLockTimeout)
            }
        }
        #expect(try await pool.read("SELECT balance FROM accounts WHERE id = 1")[0].int(0) == 5)
        await pool.close()
    }
}

/// A counter that tasks on several loops raise.
final class Tally: Sendable {
    private let value = Locked(0)

    func add() { value.withLock { $0 += 1 } }
    var current: Int { value.withLock { $0 } }
}
