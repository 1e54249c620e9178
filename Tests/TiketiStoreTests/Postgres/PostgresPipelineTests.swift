// Reads share connections: answers come in order to whom they belong, and one caller's error is nobody else's.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct PostgresPipelineTests {
    private func fixture() async throws -> TestDatabase {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.run(
            script:
                """
                CREATE TABLE items (id int PRIMARY KEY, name text);
                INSERT INTO items SELECT g, 'item ' || g FROM generate_series(1, 1000) g;
                """
        )
        return database
    }

    /// Runs on one loop, so that everything asked at once shares that loop's connections.
    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await EventLoopGroup.shared.loops[0].run(body)
    }

    @Test func everyAnswerGoesToItsCaller() async throws {
        let pool = try await fixture().pool { $0.readConnectionsPerLoop = 1 }
        let wrong = try await onLoop {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 1...1000 {
                    group.addTask {
                        let rows = try await pool.read("SELECT id, name FROM items WHERE id = $1", [.int(id)])
                        return try rows.count == 1 && rows[0].int(0) == id && rows[0].string(1) == "item \(id)"
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 0 : 1 }
            }
        }
        #expect(wrong == 0)
        await pool.close()
    }

    @Test func errorsStayWithTheirStatement() async throws {
        let pool = try await fixture().pool { $0.readConnectionsPerLoop = 1 }
        let outcomes = try await onLoop {
            await withTaskGroup(of: (Int, String).self) { group in
                for id in 1...300 {
                    group.addTask {
                        do {
                            switch id % 10 {
                            case 0: _ = try await pool.read("SELECT 1 / ($1 - $1::int4)", [.int(id)])
                            case 1: _ = try await pool.read("SELEC \(id)")
                            case 2: _ = try await pool.read("SELECT missing_\(id) FROM items WHERE id = $1", [.int(id)])
                            case 3: _ = try await pool.read("DELETE FROM items WHERE id = $1", [.int(id)])
                            default:
                                let name = try await pool.read("SELECT name, \(id % 7) FROM items WHERE id = $1", [.int(id)])[0].string(0)
                                return (id, name == "item \(id)" ? "right" : "wrong")
                            }
                            return (id, "no error")
                        } catch {
                            return (id, (error as? PostgresError)?.sqlState ?? "\(error)")
                        }
                    }
                }
                return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
        }
        let expected = [0: "22012", 1: "42601", 2: "42703", 3: "25006"]
        for id in 1...300 { #expect(outcomes[id] == expected[id % 10] ?? "right", "statement \(id)") }
        await pool.close()
    }

    @Test func moreThanThePipelineHoldsWaits() async throws {
        let pool = try await fixture().pool {
            $0.readConnectionsPerLoop = 1
            $0.pipelineDepth = 4
        }
        let sum = try await onLoop {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for id in 1...200 {
                    group.addTask { try await pool.read("SELECT id FROM items WHERE id = $1", [.int(id)])[0].int(0) }
                }
                return try await group.reduce(0, +)
            }
        }
        #expect(sum == 20100)
        #expect(pool.statistics.waiting == 0)
        await pool.close()
    }

    @Test func preparedStatementsAreBounded() async throws {
        let database = try await fixture()
        let pool = database.pool {
            $0.readConnectionsPerLoop = 1
            $0.preparedStatements = 8
        }
        try await onLoop {
            for round in 0..<3 {
                for number in 0..<40 {
                    let row = try await pool.read("SELECT $1::int4 + \(number)", [.int(round)])[0]
                    #expect(try row.int(0) == round + number)
                }
            }
            let kept = try await pool.read("SELECT count(*) FROM pg_prepared_statements")[0].int(0)
            #expect(kept <= 9)
        }
        await pool.close()
    }

    @Test func aStalePlanIsPreparedAnew() async throws {
        let database = try await fixture()
        let pool = database.pool { $0.readConnectionsPerLoop = 1 }
        try await onLoop {
            #expect(try await pool.read("SELECT * FROM items WHERE id = $1", [.int(1)]).columns == ["id", "name"])
            #expect(try await pool.execute("UPDATE items SET name = name WHERE id = $1 RETURNING *", [.int(1)]).columns.count == 2)
            try await database.run(script: "ALTER TABLE items ADD COLUMN extra text, ALTER COLUMN id TYPE bigint")
            #expect(try await pool.read("SELECT * FROM items WHERE id = $1", [.int(1)]).columns == ["id", "name", "extra"])
            #expect(try await pool.execute("UPDATE items SET name = name WHERE id = $1 RETURNING *", [.int(1)]).columns.count == 3)
            let columns = try await pool.transaction { transaction in
                try await transaction.execute("UPDATE items SET name = name WHERE id = $1 RETURNING *", [.int(2)]).columns.count
            }
            #expect(columns == 3)
        }
        await pool.close()
    }

    @Test func largeParametersAndResults() async throws {
        let pool = try await fixture().pool { $0.readConnectionsPerLoop = 1 }
        let text = String(repeating: "가나다라", count: 1_000_000)
        let lengths = try await onLoop {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await pool.read("SELECT $1::text || $1::text", [.text(text)])[0].string(0).utf8.count }
                    group.addTask { try await pool.read("SELECT id FROM items WHERE id = $1", [.int(5)])[0].int(0) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(lengths.sorted() == [5, 5, 5, 5] + Array(repeating: text.utf8.count * 2, count: 4))
        await pool.close()
    }

    @Test func worksFromOutsideTheLoops() async throws {
        let pool = try await fixture().pool()
        #expect(try await pool.read("SELECT name FROM items WHERE id = 3")[0].string(0) == "item 3")
        #expect(try await pool.execute("UPDATE items SET name = 'x' WHERE id = 3").affected == 1)
        #expect(try await pool.transaction { try await $0.execute("SELECT name FROM items WHERE id = 3")[0].string(0) } == "x")
        await pool.close()
        await expectCode(.unavailable) { try await pool.read("SELECT 1") }
        await expectCode(.unavailable) { try await pool.execute("SELECT 1") }
    }

    @Test func sessionSettings() async throws {
        let pool = try await fixture().pool {
            $0.statementTimeout = .milliseconds(1234)
            $0.applicationName = "티켓"
        }
        let sql = "SELECT current_setting('plan_cache_mode'), current_setting('statement_timeout'), current_setting('TimeZone')"
        for row in [try await pool.read(sql)[0], try await pool.execute(sql)[0]] {
            #expect(try row.string(0) == "force_generic_plan")
            #expect(try row.string(1) == "1234ms")
            #expect(try row.string(2) == "UTC")
        }
        await pool.close()
    }
}
