// `tiketi doctor`: looks at everything a service needs and prints one line for each.
import ArgumentParser
import TiketiCore
import TiketiNet
import TiketiStore

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check environment, PostgreSQL, Redis and migrations; exit with 1 when something is wrong.")

    func run() async throws {
        var reader = EnvironmentReader()
        let common = CommonConfig(&reader, service: .gateway)
        let administrator = AdministratorConfig(&reader)
        var failures = 0
        func report(_ what: String, _ check: () async throws -> String) async {
            do {
                print("ok    \(what): \(try await check())")
            } catch {
                failures += 1
                print("FAIL  \(what): \(error)")
            }
        }
        await report("environment") { [reader] in
            try reader.finish()
            return "\(common.environment.rawValue), readable"
        }
        await report("postgres as \(common.postgres.user)") { try Self.postgres(common.postgres) }
        await report("postgres as \(administrator.postgres.user)") { try Self.postgres(administrator.postgres) }
        await report("migrations") {
            let status = try await administrator.migrator().status(on: administrator.postgres)
            guard status.pending.isEmpty else { throw MigrationError("pending: \(status.pending.joined(separator: ", "))") }
            return "\(status.applied.count) applied" + (status.unknown.isEmpty ? "" : ", \(status.unknown.count) of a newer version")
        }
        await report("redis") { try await Self.redis(common.redis) }
        if failures > 0 { throw ExitCode(1) }
    }

    private static func postgres(_ configuration: PostgresConfiguration) throws -> String {
        let connection = try BlockingConnection(configuration)
        let row = try connection.query(
            "SELECT current_database()::text, current_setting('server_version'), current_setting('max_connections')")[0]
        return "\(configuration.host):\(configuration.port), version \(try row.string(1)), at most \(try row.string(2)) connections"
    }

    private static func redis(_ configuration: RedisConfiguration) async throws -> String {
        let group = EventLoopGroup(count: 1)
        let client = RedisClient(configuration, group: group)
        defer { client.close() }
        let info = try await group.loops[0].run {
            // The first connection may still be under way.
            for _ in 0..<100 where !client.isAvailable { try await group.loops[0].sleep(nanoseconds: 20_000_000) }
            return try await client.send(["INFO", "server"])
        }
        guard case .bulk(let bytes) = info else { return "answers" }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.first { $0.hasPrefix("redis_version:") }.map { "version " + $0.dropFirst("redis_version:".count) } ?? "answers"
    }
}
