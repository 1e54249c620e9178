// `tiketi migrate`: creates the database, roles and schemas that are missing and applies the migrations.
import ArgumentParser
import TiketiStore

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create what is missing in the database and apply the migrations.",
        discussion: "Safe to run again and from several places at once. MIGRATIONS_DIRECTORY names the files (default database/migrations)."
    )

    @Flag(help: "Only say what would be applied; exit with 1 when something would.")
    var status = false
    @Option(help: "Seconds to wait for a database that is still starting.")
    var wait = 30

    func run() async throws {
        let config = try AdministratorConfig.load()
        let migrator = try config.migrator()
        if status {
            let found = try await migrator.status(on: config.postgres)
            for name in found.pending { print("pending \(name)") }
            for name in found.unknown { print("unknown \(name) (applied by a newer version)") }
            print("\(found.applied.count) applied, \(found.pending.count) pending")
            if !found.pending.isEmpty { throw ExitCode(1) }
            return
        }
        try createDatabase(config)
        let applied = try await migrator.run(on: config.postgres)
        for migration in applied { print("applied \(migration.folder)/\(migration.name)") }
        print(applied.isEmpty ? "the database is up to date" : "\(applied.count) migrations applied")
    }

    /// Several of these may run at once: the one that finds the database made by another is content.
    private func createDatabase(_ config: AdministratorConfig) throws {
        var maintenance = config.postgres
        maintenance.database = "postgres"
        let connection: BlockingConnection
        do throws(PostgresError) {
            connection = try connectPatiently(maintenance, seconds: wait)
        } catch {
            // An administrator of one database alone need not have access to that of the server.
            if (try? connectPatiently(config.postgres, seconds: 0)) != nil { return }
            throw error
        }
        let name = config.postgres.database
        guard try connection.query("SELECT FROM pg_database WHERE datname = $1", [name]).isEmpty else { return }
        do throws(PostgresError) {
            try connection.run(script: "CREATE DATABASE \(name.quotedIdentifier) ENCODING 'UTF8' TEMPLATE template0")
            print("created database \(name)")
        } catch {
            guard error.sqlState == "42P04" || error.isUniqueViolation else { throw error }
        }
    }
}
