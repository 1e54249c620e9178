// What operators see of the commands: what they take, what they print, and what a script learns from their exit status.
import Testing
import TiketiNet
import TiketiTesting

@Suite struct CommandTests {
    @Test func helpNamesTheCommands() async throws {
        let help = try await Tool().run("--help")
        #expect(help.status == 0)
        for name in ["migrate", "seed", "doctor", "audit"] { #expect(help.output.contains("  \(name) "), "\(name)") }
        // For the project's own benchmarks alone.
        #expect(!help.output.contains("bench"))
        for command in ["migrate", "seed", "doctor", "audit", "bench"] {
            let help = try await Tool().run(command, "--help")
            #expect(help.status == 0 && help.output.contains("USAGE: tiketi \(command)"), "\(help.output)")
        }
    }

    /// EX_USAGE, and what is wrong with it.
    @Test(arguments: [
        ["nonsense"], ["migrate", "--wait", "soon"], ["migrate", "--force"], ["audit", "verify", "--contains"], ["audit", "burn"],
    ])
    func wrongArguments(_ arguments: [String]) async throws {
        let refused = try await Tool().run(arguments)
        #expect(refused.status == 64)
        #expect(refused.output.hasPrefix("Error: ") && refused.output.contains("Usage: tiketi"), "\(refused.output)")
    }

    @Test func everySettingThatIsWrongIsNamed() async throws {
        let refused = try await Tool(["DB_PORT": "many", "DB_ADMIN_URL": "mysql://x", "DB_SSLMODE": "perhaps"]).run("migrate")
        #expect(refused.status == 1)
        for name in ["DB_PORT", "DB_ADMIN_URL", "DB_SSLMODE"] { #expect(refused.output.contains(name), "\(refused.output)") }
    }

    @Test func anEmptyServerIsPreparedOnce() async throws {
        let server = try await TestPostgres.shared()
        let name = "tool_" + UUID().description.filter { $0 != "-" }
        let tool = Tool(server, database: name)
        let missing = try await tool.run("migrate", "--status")
        #expect(missing.status == 1 && missing.output.contains("does not exist"), "\(missing.output)")
        let first = try await tool.run("migrate")
        #expect(first.status == 0, "\(first.output)")
        #expect(first.lines.first == "created database \(name)")
        let applied = first.lines.filter { $0.hasPrefix("applied ") }
        #expect(applied.first?.hasPrefix("applied public/0001_") == true)
        #expect(first.lines.last == "\(applied.count) migrations applied")
        #expect(try await tool.run("migrate").output == "the database is up to date\n")
        let status = try await tool.run("migrate", "--status")
        #expect(status.status == 0 && status.output == "\(applied.count) applied, 0 pending\n", "\(status.output)")
        // What a database lacks makes --status fail, and is named.
        try await server.query("DROP DATABASE \(name) WITH (FORCE)")
        try await server.query("CREATE DATABASE \(name)")
        let pending = try await tool.run("migrate", "--status")
        #expect(pending.status == 1 && pending.lines.count == applied.count + 1, "\(pending.output)")
        #expect(pending.lines.last == "0 applied, \(applied.count) pending")
        try await server.query("DROP DATABASE \(name) WITH (FORCE)")
    }

    @Test func nobodyIsWaitedForLongerThanAsked() async throws {
        let gone = try await Tool(["DB_HOST": "127.0.0.1", "DB_PORT": "1"]).run("migrate", "--wait", "0")
        #expect(gone.status == 1 && gone.output.contains("refused"), "\(gone.output)")
    }

    @Test func aDemoIsMadeOnceAndNotInProduction() async throws {
        let server = try await TestPostgres.shared()
        let empty = try await server.database(migrated: false)
        let early = try await Tool(server, database: empty.name).run("seed")
        #expect(early.status == 64 && early.output.contains("migrations are pending"), "\(early.output)")

        let database = try await server.database()
        let tool = Tool(server, database: database.name)
        let production = ["NODE_ENV": "production", "DB_PASSWORD": "a password of nobody's", "DB_SSLMODE_ALLOW": "1"]
        let refused = try await tool.run("seed", with: production)
        #expect(refused.status == 64 && refused.output.contains("do not belong in production"), "\(refused.output)")
        #expect(try await database.query("SELECT FROM ticket_schema.events").isEmpty)
        let first = try await tool.run("seed")
        #expect(first.status == 0, "\(first.output)")
        let counts = first.output.split(separator: ",").map { $0.drop { !$0.isNumber }.prefix { $0.isNumber } }
        #expect(counts.count == 3 && counts.allSatisfy { (Int($0) ?? 0) > 0 }, "\(first.output)")
        #expect(try await tool.run("seed").output == first.output)
        try await empty.drop()
        try await database.drop()
    }

    @Test func theDoctorNamesWhatIsWrong() async throws {
        let server = try await TestPostgres.shared()
        let database = try await server.database()
        let redis = try await TestRedis()
        let tool = Tool(server, database: database.name)
        let well = try await tool.run("doctor", with: ["REDIS_URL": redis.url])
        #expect(well.status == 0, "\(well.output)")
        #expect(well.lines.count == 5 && well.lines.allSatisfy { $0.hasPrefix("ok    ") }, "\(well.output)")
        redis.kill()
        let ill = try await tool.run("doctor", with: ["REDIS_URL": redis.url])
        #expect(ill.status == 1)
        #expect(
            ill.lines.filter { $0.hasPrefix("FAIL  ") }.count == 1 && ill.lines.last?.hasPrefix("FAIL  redis: ") == true, "\(ill.output)")
        try await database.drop()
    }

    @Test func theAuditTrailIsVerified() async throws {
        let server = try await TestPostgres.shared()
        let database = try await server.database()
        let tool = Tool(server, database: database.name)
        let empty = try await tool.run("audit", "verify")
        #expect(empty.status == 0)
        #expect(empty.output == "ok    0 links, 0 records; head 0:\(String(repeating: "0", count: 64))\n", "\(empty.output)")
        for action in ["event.create", "event.delete"] {
            try await database.query(
                """
                INSERT INTO public.audit_log (actor_id, actor_email, action, entity_type, outcome, request_id, address)
                VALUES (gen_random_uuid(), 'a@b.c', $1, 'event', 'done', 'r', '127.0.0.1')
                """, [action])
        }
        let whole = try await tool.run("audit", "verify")
        #expect(whole.status == 0 && whole.output.hasPrefix("ok    2 links, 2 records; head 2:"), "\(whole.output)")
        let head = String(whole.output.dropFirst("ok    2 links, 2 records; head ".count).dropLast())
        #expect(try await tool.run("audit", "verify", "--contains", head).status == 0)
        let other = try await tool.run("audit", "verify", "--contains", "2:" + String(repeating: "0", count: 64))
        #expect(other.status == 1 && other.output.hasPrefix("FAIL  the chain does not contain 2:000"), "\(other.output)")
        // Behind the triggers' back.
        try await database.run(
            script: "SET session_replication_role = replica; UPDATE public.audit_log SET action = 'nothing' WHERE action = 'event.delete';")
        let changed = try await tool.run("audit", "verify")
        #expect(changed.status == 1 && changed.lines.count == 1, "\(changed.output)")
        #expect(changed.output.contains("is not what its last link says"))
        try await database.drop()
    }
}
