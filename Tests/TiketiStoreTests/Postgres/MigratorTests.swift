// Migrations are applied once, in order, whole or not at all, however many migrators run.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct MigratorTests {
    private func file(_ folder: String, _ number: Int, _ sql: String) -> MigrationFile {
        MigrationFile(folder: folder, number: number, name: "000\(number)_test.sql", sql: sql)
    }

    @Test func appliesInOrderAndOnlyOnce() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let files = [
            file("public", 1, "CREATE TABLE public.a (id int); INSERT INTO public.a VALUES (1);"),
            file("auth", 1, "CREATE TABLE auth_schema.b AS SELECT * FROM public.a; GRANT SELECT ON auth_schema.b TO tiketi_auth;"),
        ]
        let migrator = Migrator(files: files, roles: TestPostgres.roles)
        #expect(try await migrator.status(on: database.configuration).pending == ["public/0001_test.sql", "auth/0001_test.sql"])
        #expect(try await migrator.run(on: database.configuration).map(\.folder) == ["public", "auth"])
        #expect(try await migrator.run(on: database.configuration).isEmpty)
        #expect(try await database.query("SELECT id FROM auth_schema.b").count == 1)

        let longer = Migrator(files: files + [file("auth", 2, "INSERT INTO auth_schema.b VALUES (2)")], roles: TestPostgres.roles)
        #expect(try await longer.run(on: database.configuration).map(\.name) == ["0002_test.sql"])
        let status = try await migrator.status(on: database.configuration(role: "tiketi_stats"))
        #expect(status.pending.isEmpty)
        #expect(status.unknown == ["auth/0002_test.sql"])
        #expect(status.applied.count == 3)
    }

    @Test func aChangedFileIsRefused() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        _ = try await Migrator(files: [file("public", 1, "CREATE TABLE public.a (id int)")], roles: TestPostgres.roles).run(
            on: database.configuration)
        let changed = Migrator(files: [file("public", 1, "CREATE TABLE public.a (id bigint)")], roles: TestPostgres.roles)
        await #expect(throws: MigrationError("public/0001_test.sql was changed after it was applied: write a new migration instead")) {
            try await changed.run(on: database.configuration)
        }
    }

    @Test func aFailingFileLeavesNothingBehind() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let files = [
            file("public", 1, "CREATE TABLE public.good (id int)"), file("public", 2, "CREATE TABLE public.half (id int); SELECT 1/0;"),
        ]
        await #expect(throws: MigrationError.self) {
            try await Migrator(files: files, roles: TestPostgres.roles).run(on: database.configuration)
        }
        let row = try #require(
            try await database.query("SELECT to_regclass('public.good') IS NULL, to_regclass('public.half') IS NULL").first)
        #expect(try !row.bool(0))
        #expect(try row.bool(1))
        #expect(try await database.query("SELECT FROM public.schema_migrations").count == 1)
        await #expect(throws: MigrationError.self) {
            try await Migrator(files: [file("public", 3, "CREATE TABLE public.c (id int); COMMIT;")], roles: TestPostgres.roles).run(
                on: database.configuration)
        }
    }

    @Test func eightMigratorsAtOnce() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let files = (1...5).map { file("ticket", $0, "CREATE TABLE ticket_schema.t\($0) (id int); SELECT pg_sleep(0.01);") }
        let migrator = Migrator(files: files, roles: TestPostgres.roles)
        let threads = BlockingPool(name: "migrators", threads: 8, queueLimit: 8)
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await threads.run { try migrator.runBlocking(on: database.configuration).count } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(applied.sorted() == [0, 0, 0, 0, 0, 0, 0, 5])
        #expect(try await database.query("SELECT FROM public.schema_migrations").count == 5)
    }

    /// Roles belong to the server, so migrators of different databases meet there.
    @Test func migratorsOfSeveralDatabasesAtOnce() async throws {
        let server = try await TestPostgres.shared()
        let threads = BlockingPool(name: "migrators", threads: 6, queueLimit: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let database = try await server.database(migrated: false)
                    let migrator = Migrator(files: [], roles: TestPostgres.roles)
                    for _ in 0..<5 { _ = try await threads.run { try migrator.runBlocking(on: database.configuration) } }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func rolesReachOnlyTheirOwnSchema() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let sql = "CREATE TABLE auth_schema.secrets (id int); GRANT SELECT, INSERT ON auth_schema.secrets TO tiketi_auth;"
        _ = try await Migrator(files: [file("auth", 1, sql)], roles: TestPostgres.roles).run(on: database.configuration)
        let auth = database.pool(role: "tiketi_auth")
        let ticket = database.pool(role: "tiketi_ticket")
        #expect(try await auth.execute("INSERT INTO auth_schema.secrets VALUES (1)").affected == 1)
        await expectState("42501") { try await ticket.read("SELECT * FROM auth_schema.secrets") }
        await expectState("42501") { try await ticket.execute("CREATE TABLE ticket_schema.mine (id int)") }
        await expectState("42501") { try await ticket.execute("DELETE FROM public.schema_migrations") }
        #expect(try await ticket.read("SELECT FROM public.schema_migrations").count == 1)
        await auth.close()
        await ticket.close()
    }

    /// The real files, on a new database and again on the migrated one.
    @Test func theProductsOwnMigrations() async throws {
        let database = try await TestPostgres.shared().database()
        #expect(try await Migrator(directory: TestPostgres.migrations, roles: TestPostgres.roles).run(on: database.configuration).isEmpty)
        #expect(try await database.query("SELECT FROM pg_roles WHERE rolname LIKE 'tiketi\\_%' AND rolcanlogin").count == 5)
    }

    /// database/seed on the migrated schema: a second run adds nothing, and moves events whose time has passed without touching their
    /// seats.
    @Test func seedsAreIdempotent() async throws {
        let database = try await TestPostgres.shared().database()
        let files = try MigrationFile.directory(TestPostgres.migrations + "/../seed")
        #expect(!files.isEmpty)
        let counts = """
            SELECT (SELECT count(*) FROM ticket_schema.events), (SELECT count(*) FROM ticket_schema.seats),
                   (SELECT count(*) FROM auth_schema.users), (SELECT count(*) FROM ticket_schema.outbox),
                   (SELECT count(*) FROM ticket_schema.events WHERE now() BETWEEN sale_start_date AND sale_end_date),
                   (SELECT count(*) FROM ticket_schema.event_counters c
                    WHERE total <> (SELECT count(*) FROM ticket_schema.seats s WHERE s.event_id = c.event_id))
            """
        func seed() async throws -> [Int] {
            for file in files { try await database.run(script: "BEGIN; \(file.sql); COMMIT;") }
            let row = try #require(try await database.query(counts).first)
            return try (0..<6).map { try row.int($0) }
        }
        let first = try await seed()
        #expect(first[0] == 7 && first[1] > 1000 && first[2] >= 3 && first[3] == 7 && first[4] >= 4 && first[5] == 0)
        #expect(try await seed() == first)
        try await database.query(
            """
            UPDATE ticket_schema.events SET event_date = event_date - interval '40 days',
                sale_start_date = sale_start_date - interval '40 days', sale_end_date = sale_end_date - interval '40 days'
            """
        )
        let moved = try await seed()
        #expect(moved[0] == first[0] && moved[1] == first[1] && moved[4] == first[4])
        #expect(moved[3] == 14)
    }
}
