// `tiketi seed`: demo events, seats and accounts. Running it again changes nothing but the dates of demo events that lie behind.
import ArgumentParser
import TiketiStore

struct Seed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fill the database with demo events, seats and accounts.",
        discussion: "Buyers are buyer1@tiketi.gg to buyer3@tiketi.gg with the password buyer-development. SEED_DIRECTORY names the files.")

    @Flag(help: "Also in production.")
    var force = false

    func run() async throws {
        let config = try AdministratorConfig.load()
        guard !config.isProduction || force else { throw ValidationError("demo accounts do not belong in production; --force overrides") }
        let pending = try await config.migrator().status(on: config.postgres).pending
        guard pending.isEmpty else { throw ValidationError("\(pending.count) migrations are pending; run `tiketi migrate` first") }
        try SeedFiles(directory: AdministratorConfig.directory("seed", variable: "SEED_DIRECTORY")).apply(to: config.postgres)
        let connection = try BlockingConnection(config.postgres)
        let row = try connection.query(
            """
            SELECT (SELECT count(*) FROM ticket_schema.events), (SELECT count(*) FROM ticket_schema.seats),
                (SELECT count(*) FROM auth_schema.users)
            """
        )[0]
        print("\(try row.int(0)) events, \(try row.int(1)) seats, \(try row.int(2)) accounts")
    }
}

/// The SQL files of a folder, applied in the order of their names, all in one transaction.
public struct SeedFiles {
    private let files: [(name: String, sql: String)]

    public init(directory: String) throws {
        files = try MigrationFile.directory(directory)
        guard !files.isEmpty else { throw MigrationError("\(directory) holds no SQL files") }
    }

    public func apply(to configuration: PostgresConfiguration) throws {
        let connection = try BlockingConnection(configuration)
        try connection.transaction {
            // One at a time: two seeds at once would both find the demo missing.
            try connection.query("SELECT pg_advisory_xact_lock(128037135578219)")
            for (name, sql) in files {
                do { try connection.run(script: sql) } catch { throw MigrationError("\(name): \(error)") }
            }
        }
    }
}
