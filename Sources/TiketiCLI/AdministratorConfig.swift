// Who may change the database's structure, and where the files are that say how. Read from the environment alone.
import Glibc
import TiketiContracts
import TiketiCore
import TiketiStore

/// Settings of the commands that prepare the database.
struct AdministratorConfig: ServiceConfig {
    /// The database to prepare, as its administrator.
    var postgres: PostgresConfiguration
    /// The services' schemas and login roles, each with the password it is given.
    var roles: [DatabaseRole]
    var isProduction: Bool

    init(_ environment: inout EnvironmentReader) {
        postgres = PostgresConfiguration(
            host: environment.string("DB_HOST", default: "127.0.0.1"),
            port: environment.int("DB_PORT", default: 5432, in: 1...65_535),
            database: environment.string("DB_NAME", default: "tiketi"),
            user: environment.string("DB_ADMIN_USER", default: "postgres"),
            password: environment.optionalString("DB_ADMIN_PASSWORD") ?? "",
            sslMode: environment.choice("DB_SSLMODE", default: .prefer),
            applicationName: "tiketi")
        postgres.sslRootCertificate = environment.optionalString("DB_SSLROOTCERT")
        if let url = environment.raw("DB_ADMIN_URL") {
            do { postgres = try PostgresConfiguration(url: url) } catch { environment.problem("DB_ADMIN_URL", error.message) }
        }
        CommonConfig.checkTransport(of: postgres, &environment)
        roles = Self.roles(&environment)
        isProduction = environment.isProduction
    }

    /// Each role's own password (`DB_PASSWORD_AUTH`), or the one of all (`DB_PASSWORD`), which is needed only while a role has none of
    /// its own.
    private static func roles(_ reader: inout EnvironmentReader) -> [DatabaseRole] {
        let own = DatabaseSchema.allCases.map { "DB_PASSWORD_" + $0.service.uppercased() }
        let shared =
            own.allSatisfy { reader.raw($0) != nil }
            ? nil : reader.secret("DB_PASSWORD", developmentDefault: CommonConfig.developmentDatabasePassword)
        return zip(DatabaseSchema.allCases, own).map { schema, variable in
            let password =
                reader.raw(variable) == nil ? shared : reader.secret(variable, developmentDefault: CommonConfig.developmentDatabasePassword)
            return DatabaseRole(folder: schema.rawValue, role: schema.role, schema: schema.schema, password: password)
        }
    }

    /// The migrations that this installation has, with the roles they are for.
    func migrator() throws(MigrationError) -> Migrator {
        try Migrator(directory: Self.directory("migrations", variable: "MIGRATIONS_DIRECTORY"), roles: roles)
    }

    /// Reads everything, or throws every problem at once.
    static func load() throws -> AdministratorConfig {
        var reader = EnvironmentReader()
        let config = AdministratorConfig(&reader)
        try reader.finish()
        return config
    }

    /// A folder of `database/`: named by `variable`, or below the working directory, or beside a parent of this program.
    static func directory(_ name: String, variable: String) -> String {
        if let named = EnvironmentReader().raw(variable) { return named }
        let relative = "database/" + name
        if access(relative, R_OK) == 0 { return relative }
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        var parts = buffer[..<length].map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: "/"))
        while !parts.isEmpty {
            parts.removeLast()
            let path = parts.map { "/" + String(decoding: $0, as: UTF8.self) }.joined() + "/" + relative
            if access(path, R_OK) == 0 { return path }
        }
        return relative
    }
}

/// Connects, or keeps trying until `seconds` have passed: a database that starts at the same time gets its chance.
func connectPatiently(_ configuration: PostgresConfiguration, seconds: Int) throws(PostgresError) -> BlockingConnection {
    let attempts = max(1, seconds * 4)
    for attempt in 1...attempts {
        do throws(PostgresError) {
            return try BlockingConnection(configuration)
        } catch {
            // A wrong password or a missing database does not mend itself.
            let waiting = ["refused", "starting up", "No such file", "timeout", "could not translate", "shutting down"]
            guard attempt < attempts, waiting.contains(where: { error.message.contains($0) }) else { throw error }
            usleep(250_000)
        }
    }
    throw PostgresError(.unavailable, "no attempt was made")
}
