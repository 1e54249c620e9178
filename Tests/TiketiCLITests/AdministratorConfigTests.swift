// Who the operator's commands are in the database, and what password each service's role is given.
import Testing
import TiketiContracts
import TiketiCore
import TiketiStore
import TiketiTesting

@testable import TiketiCLI

@Suite struct AdministratorConfigTests {
    private func read(_ environment: [String: String]) throws -> AdministratorConfig {
        var reader = EnvironmentReader(environment)
        let config = AdministratorConfig(&reader)
        try reader.finish()
        return config
    }

    private func passwords(_ environment: [String: String]) throws -> [String: String?] {
        Dictionary(uniqueKeysWithValues: try read(environment).roles.map { ($0.role, $0.password) })
    }

    private static let own = [
        "DB_PASSWORD_GATEWAY": "gateway's own", "DB_PASSWORD_AUTH": "auth's own", "DB_PASSWORD_TICKET": "ticket's own",
        "DB_PASSWORD_PAYMENT": "payment's own", "DB_PASSWORD_STATS": "stats' own",
    ]

    @Test func rolesInTheOrderOfTheirMigrations() throws {
        let roles = try read([:]).roles
        #expect(roles.map(\.folder) == ["public", "auth", "ticket", "payment", "stats"])
        #expect(roles.map(\.schema) == ["public", "auth_schema", "ticket_schema", "payment_schema", "stats_schema"])
        #expect(roles.map(\.role) == ["tiketi_gateway", "tiketi_auth", "tiketi_ticket", "tiketi_payment", "tiketi_stats"])
    }

    @Test func onePasswordServesRolesWithoutTheirOwn() throws {
        #expect(try Set(passwords([:]).values) == ["tiketi"])
        let mixed = try passwords(["DB_PASSWORD": "everybody's", "DB_PASSWORD_AUTH": "auth's own"])
        #expect(mixed["tiketi_auth"] == "auth's own")
        #expect(mixed["tiketi_ticket"] == "everybody's")
    }

    /// Outside development a password is needed for every role, and the published one is refused, whichever way it is given.
    @Test func strictPasswords() throws {
        var environment = Self.own
        environment["NODE_ENV"] = "staging"
        #expect(try Set(passwords(environment).values) == Set(Self.own.values))
        environment["DB_PASSWORD_STATS"] = nil
        #expect(throws: ConfigurationError.self) { try read(environment) }
        environment["DB_PASSWORD"] = "everybody's"
        #expect(try passwords(environment)["tiketi_stats"] == "everybody's")
        environment["DB_PASSWORD_STATS"] = "tiketi"
        let error = #expect(throws: ConfigurationError.self) { try read(environment) }
        #expect(error?.problems.count == 1 && error?.problems.first?.hasPrefix("DB_PASSWORD_STATS: ") == true)
    }

    @Test func theAdministratorsAddress() throws {
        let url = try read(["DB_ADMIN_URL": "postgres://root:secret@db.example:6543/shop", "DB_HOST": "other"])
        #expect(url.postgres.host == "db.example" && url.postgres.port == 6543 && url.postgres.database == "shop")
        #expect(url.postgres.user == "root")
        #expect(throws: ConfigurationError.self) { try read(["DB_ADMIN_URL": "mysql://x"]) }
    }

    /// The commands see the product's own migrations: nothing is left to do in a database that has them.
    @Test func theMigratorKnowsTheProductsDatabase() async throws {
        let database = try await TestPostgres.shared().database()
        let migrator = try Migrator(directory: TestPostgres.migrations, roles: try read([:]).roles)
        let status = try await migrator.status(on: database.configuration)
        #expect(status.pending.isEmpty && status.unknown.isEmpty && !status.applied.isEmpty)
    }

    @Test func aFolderWithoutSeedFiles() throws {
        let directory = try TemporaryDirectory("seed")
        #expect(throws: MigrationError.self) { try SeedFiles(directory: directory.path) }
    }

    @Test func aWrongPasswordIsNotWaitedFor() throws {
        let nowhere = PostgresConfiguration(
            host: "127.0.0.1", port: 1, database: "none", user: "nobody", password: "", sslMode: .disable, applicationName: "test")
        #expect(throws: PostgresError.self) { try connectPatiently(nowhere, seconds: 0) }
    }
}
