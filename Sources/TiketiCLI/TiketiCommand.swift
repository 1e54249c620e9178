// The operator's tool: prepares the database, fills it for a demo, and says what is wrong with an installation.
import ArgumentParser

/// `tiketi`.
public struct TiketiCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "tiketi",
        abstract: "Prepare and check an installation of Tiketi.",
        discussion: """
            Settings come from the environment. The administrator of the database is DB_ADMIN_URL \
            (postgres://user:password@host:port/database), or DB_ADMIN_USER (default postgres) and \
            DB_ADMIN_PASSWORD with DB_HOST, DB_PORT, DB_NAME and DB_SSLMODE.
            """,
        subcommands: [Migrate.self, Seed.self, Doctor.self, Audit.self, Bench.self])

    public init() {}
}
