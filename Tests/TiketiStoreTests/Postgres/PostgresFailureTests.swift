// The server dies, freezes, restarts and refuses; callers hear what that means for their statement, and the pool comes back.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct PostgresFailureTests {
    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await EventLoopGroup.shared.loops[0].run(body)
    }

    /// Waits until `condition` holds and does not throw, a minute at most.
    private func eventually(
        file: StaticString = #fileID, line: UInt = #line, _ condition: @escaping @Sendable () async throws -> Bool
    ) async throws {
        try await onLoop {
            try await TiketiTesting.eventually(within: .seconds(60), file: file, line: line) { (try? await condition()) ?? false }
        }
    }

    /// Half a minute passes inside the commit of whatever inserts into `t`.
    private static let slowCommits = """
        CREATE TABLE t (id int);
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow();
        """

    @Test func statementTimeoutAndCancellation() async throws {
        let pool = try await TestPostgres.shared().database(migrated: false).pool {
            $0.statementTimeout = .milliseconds(150)
            $0.readConnectionsPerLoop = 1
        }
        await expectCode(.timeout) { try await pool.read("SELECT pg_sleep(20)") }
        await expectCode(.timeout) { try await pool.execute("SELECT pg_sleep(20)") }
        #expect(try await pool.read("SELECT 1")[0].int(0) == 1)
        await pool.close()
    }

    /// A primary that was demoted refuses writes and goes on to answer reads, ever older ones: nothing stays connected to it.
    @Test func aServerThatBecameReadOnlyIsLeft() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let pool = database.pool {
            $0.readConnectionsPerLoop = 1
            $0.writeConnectionsPerLoop = 1
        }
        try await onLoop {
            try await pool.execute("CREATE TABLE t (id int)")
            let reader = try await pool.read("SELECT pg_backend_pid()")[0].int(0)
            try await pool.execute("SET default_transaction_read_only = on")
            await expectCode(.unavailable) { try await pool.execute("INSERT INTO t VALUES (1)") }
            try await pool.execute("INSERT INTO t VALUES (2)")
            #expect(try await pool.read("SELECT id FROM t")[0].int(0) == 2)
            #expect(try await pool.read("SELECT pg_backend_pid()")[0].int(0) != reader)
        }
        await pool.close()
    }

    @Test func aCallersOwnDeadlineStopsTheServer() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let pool = database.pool { $0.readConnectionsPerLoop = 1 }
        try await database.query("CREATE TABLE t (id int)")
        try await onLoop { _ = try await pool.read("SELECT 1") }
        // A read that is stopped does not take its neighbours on the connection with it.
        try await onLoop {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await expectCode(.timeout) { try await pool.read("SELECT pg_sleep(20)", timeout: .milliseconds(50)) } }
                for number in 0..<20 {
                    group.addTask {
                        let echoed = try await pool.read("SELECT $1::int4, pg_sleep(0.001)", [.int(number)])[0].int(0)
                        #expect(echoed == number)
                    }
                }
                try await group.waitForAll()
            }
        }
        await expectCode(.timeout) {
            try await pool.execute("WITH x AS (INSERT INTO t VALUES (1)) SELECT pg_sleep(20)", timeout: .milliseconds(50))
        }
        #expect(try await database.query("SELECT FROM t").isEmpty)
        try await eventually {
            try await database.query(
                "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND state = 'active' AND pid <> pg_backend_pid()"
            ).isEmpty
        }
        #expect(try await pool.execute("INSERT INTO t VALUES (2)").affected == 1)
        #expect(pool.statistics.cancellations >= 1)
        await pool.close()
    }

    @Test func anExhaustedPoolAnswersAtTheDeadlineAndInOrder() async throws {
        let pool = try await TestPostgres.shared().database(migrated: false).pool {
            $0.writeConnectionsPerLoop = 1
            $0.acquireTimeout = .milliseconds(100)
            $0.maximumWaiters = 3
        }
        try await onLoop {
            // The first connection may take longer to open than the deadline of this test.
            while (try? await pool.execute("SELECT 1")) == nil {}
            let earlier = pool.statistics.acquireTimeouts
            try await pool.transaction { transaction in
                try await transaction.execute("SELECT 1")
                let began = try #require(EventLoop.current).now
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 { group.addTask { await expectCode(.timeout) { try await pool.execute("SELECT 1") } } }
                    // The queue is full: refused at once.
                    group.addTask { await expectCode(.unavailable) { try await pool.execute("SELECT 1") } }
                }
                let waited = try #require(EventLoop.current).now - began
                #expect(waited >= 95_000_000 && waited < 20_000_000_000)
            }
            #expect(pool.statistics.acquireTimeouts == earlier + 3)
            #expect(pool.statistics.writeConnectionsInUse == 0)
            #expect(pool.statistics.writeConnections <= EventLoopGroup.shared.loops.count)
            #expect(try await pool.execute("SELECT 1").count == 1)
        }
        await pool.close()
    }

    @Test func restartInMidQuery() async throws {
        let server = try await TestPostgres()
        let database = try await server.database(migrated: false)
        try await database.query("CREATE TABLE t (id int)")
        let pool = database.pool { $0.reconnectPauses = .milliseconds(10)...(.milliseconds(100)) }
        for how in [TestPostgres.Stop.fast, .immediate] {
            try await eventually { try await pool.read("SELECT 1").count == 1 }
            try await eventually { try await pool.execute("SELECT 1").count == 1 }
            // All on one loop, the one that is known to be connected.
            let read = Task { try await onLoop { try await pool.read("SELECT pg_sleep(30)") } }
            let write = Task { try await onLoop { try await pool.execute("INSERT INTO t SELECT 1 FROM pg_sleep(30)") } }
            let transaction = Task {
                try await onLoop {
                    try await pool.transaction { transaction in
                        try await transaction.execute("INSERT INTO t VALUES (2)")
                        try await transaction.execute("SELECT pg_sleep(30)")
                    }
                }
            }
            try await eventually {
                try await database.query("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()").count
                    == 3
            }
            try await server.stop(how)
            await expectCode(.connectionLost) { try await read.value }
            // It was sent and commits by itself: nobody can know.
            await expectCode(.outcomeUnknown) { try await write.value }
            await expectCode(.connectionLost) { try await transaction.value }
            try await eventually { !pool.state.isReady }
            // Away: the answer comes at once, not after a timeout.
            try await eventually {
                do {
                    _ = try await pool.execute("SELECT 1")
                    return false
                } catch let error as PostgresError { return error.code == .unavailable }
            }
            let began = Timestamp.now()
            await expectCode(.unavailable) { try await onLoop { try await pool.read("SELECT 1") } }
            #expect(Timestamp.now() - began < .seconds(20))
            try await server.start()
            try await eventually { pool.state.isReady }
            try await eventually { try await pool.execute("SELECT 1").count == 1 }
        }
        #expect(try await database.query("SELECT FROM t").isEmpty)
        #expect(pool.statistics.connectionsLost >= 4)
        await pool.close()
    }

    @Test func startsBeforeItsServer() async throws {
        let server = try await TestPostgres()
        let database = try await server.database(migrated: false)
        try await server.stop()
        let pool = database.pool { $0.reconnectPauses = .milliseconds(10)...(.milliseconds(100)) }
        await expectCode(.unavailable) { try await pool.read("SELECT 1") }
        await expectCode(.unavailable) { try await pool.execute("SELECT 1") }
        #expect(!pool.state.isReady)
        try await server.start()
        try await eventually { try await pool.read("SELECT 1").count == 1 }
        try await eventually { try await pool.execute("SELECT 1").count == 1 }
        await pool.close()
    }

    /// The session is killed while it waits inside COMMIT (for a trigger that sleeps): only "unknown" is an honest answer.
    @Test func aConnectionLostDuringCommitIsNeitherRetriedNorHidden() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.run(script: Self.slowCommits)
        let pool = database.pool()
        let runs = Tally()
        let outcome = Task {
            try await pool.transaction { transaction in
                runs.add()
                try await transaction.execute("INSERT INTO t VALUES (1)")
            }
        }
        let inCommit = "FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active' AND datname = current_database()"
        try await eventually { try await database.query("SELECT \(inCommit)").count == 1 }
        try await database.query("SELECT pg_terminate_backend(pid) \(inCommit)")
        await expectCode(.outcomeUnknown) { try await outcome.value }
        #expect(runs.current == 1)
        // Before the commit the outcome is known.
        await expectCode(.connectionLost) {
            try await pool.transaction { transaction in
                runs.add()
                try await transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(runs.current == 2)
        await pool.close()
    }

    /// A single statement has its rows before its commit: they are no success until the server says that it is ready for the next one.
    @Test func aStatementLostDuringItsOwnCommitIsNoSuccess() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.run(script: Self.slowCommits)
        let pool = database.pool()
        let outcome = Task { try await pool.execute("INSERT INTO t VALUES (1) RETURNING id") }
        let inCommit = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        try await eventually { try await database.query("SELECT \(inCommit)").count == 1 }
        try await database.query("SELECT pg_terminate_backend(pid) \(inCommit)")
        await expectCode(.outcomeUnknown) { try await outcome.value }
        #expect(try await database.query("SELECT FROM t").isEmpty)
        await pool.close()
    }

    @Test func aStatementThatFailsInItsOwnCommitIsNoSuccess() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.query("CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let pool = database.pool { $0.writeConnectionsPerLoop = 1 }
        try await onLoop {
            for round in 0..<3 {
                let made = try await pool.execute("INSERT INTO t VALUES ($1) RETURNING id", [.int(round)])
                #expect(try made[0].int(0) == round)
                await expectCode(.server(sqlState: "23505")) {
                    try await pool.execute("INSERT INTO t VALUES ($1) RETURNING id", [.int(round)])
                }
            }
        }
        #expect(try await database.query("SELECT FROM t").count == 3)
        // The sessions went on: a failed commit is no lost connection.
        #expect(pool.statistics.connectionsLost == 0)
        await pool.close()
    }

    /// A frozen server sends nothing, not even an end: the watch notices.
    @Test func aSilentSessionIsGivenUp() async throws {
        let server = try await TestPostgres()
        let database = try await server.database(migrated: false)
        let pool = database.pool {
            $0.readConnectionsPerLoop = 1
            $0.statementTimeout = .milliseconds(300)
            $0.silenceGrace = .milliseconds(300)
        }
        try await onLoop {
            let pid = try await pool.read("SELECT pg_backend_pid()")[0].int(0)
            server.freeze(session: pid)
            await expectCode(.connectionLost) { try await pool.read("SELECT 1") }
            server.thaw(session: pid)
            let other = try await pool.read("SELECT pg_backend_pid()")[0].int(0)
            #expect(other != pid)
        }
        await pool.close()
    }

    @Test func aLateCancelHitsNobodyElse() async throws {
        let pool = try await TestPostgres.shared().database(migrated: false).pool { $0.writeConnectionsPerLoop = 1 }
        try await onLoop {
            for round in 0..<100 {
                // The deadline falls on the statement's end: sometimes the statement wins, sometimes the cancel.
                _ = try? await pool.execute("SELECT pg_sleep(0.004)", timeout: .milliseconds(3 + round % 3))
                let undisturbed = try await pool.execute("SELECT 1 FROM pg_sleep(0.001)").count
                #expect(undisturbed == 1)
            }
        }
        await pool.close()
    }

    @Test func wrongPasswordsAndNames() async throws {
        let server = try await TestPostgres()
        var configuration = server.configuration
        configuration.host = "localhost"
        let right = PostgresPool(configuration, group: .shared)
        #expect(try await right.read("SELECT 1").count == 1)
        configuration.password = "wrong"
        let wrong = PostgresPool(configuration, group: .shared)
        await expectCode(.unavailable) { try await wrong.read("SELECT 1") }
        if case .waiting(let reason) = wrong.state { #expect(reason?.contains("password") == true) } else { Issue.record("ready") }
        configuration.host = "no-such-host.invalid"
        let nowhere = PostgresPool(configuration, group: .shared)
        await expectCode(.unavailable) { try await nowhere.read("SELECT 1") }
        for pool in [right, wrong, nowhere] { await pool.close() }
    }

    @Test func idleConnectionsAreClosed() async throws {
        let pool = try await TestPostgres.shared().database(migrated: false).pool { $0.idleConnectionTime = .milliseconds(100) }
        try await onLoop {
            // Each waits for the next, so that three are open at the same time.
            try await pool.transaction { first in
                try await first.execute("SELECT 1")
                try await pool.transaction { second in
                    try await second.execute("SELECT 1")
                    try await pool.transaction { third in
                        try await third.execute("SELECT 1")
                        #expect(pool.statistics.writeConnections >= 3)
                    }
                }
            }
        }
        try await eventually { pool.statistics.writeConnections <= 2 }
        #expect(pool.statistics.connectionsLost == 0)
        await pool.close()
    }

    /// Answers of many sizes over TLS: none may be left in OpenSSL's buffer, where no readiness report would ever tell of it.
    @Test func overTLS() async throws {
        let server = try await TestPostgres(withTLS: true)
        var configuration = server.configuration
        configuration.host = "127.0.0.1"
        configuration.sslMode = .require
        let pool = PostgresPool(configuration, group: .shared)
        try await onLoop {
            #expect(try await pool.read("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0].bool(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for size in [0, 1, 8000, 8191, 8192, 8193, 16383, 16384, 16385, 30000, 100_000, 3_000_000] {
                    group.addTask {
                        let text = try await pool.read("SELECT repeat('x', $1::int4)", [.int(size)])[0].string(0)
                        #expect(text.utf8.count == size)
                    }
                }
                try await group.waitForAll()
            }
            let echoed = try await pool.execute("SELECT $1::text", [.text(String(repeating: "y", count: 5_000_000))])[0].string(0)
            #expect(echoed.utf8.count == 5_000_000)
        }
        configuration.sslMode = .verifyFull
        configuration.sslRootCertificate = server.certificate
        configuration.host = "localhost"
        let verified = PostgresPool(configuration, group: .shared)
        #expect(try await verified.read("SELECT 1").count == 1)
        configuration.host = "127.0.0.1"
        // The certificate is for localhost only.
        let misnamed = PostgresPool(configuration, group: .shared)
        await expectCode(.unavailable) { try await misnamed.read("SELECT 1") }
        for pool in [pool, verified, misnamed] { await pool.close() }
    }
}
