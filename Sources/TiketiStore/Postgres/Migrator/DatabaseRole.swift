// A schema and the login role that owns it, made before the first migration. A role may look into its own schema only; migrations grant
// the rest.

/// One part of a database: a schema, its migrations, and who logs in to use it.
public struct DatabaseRole: Sendable {
    /// The folder of its migrations.
    public let folder: String
    /// The login role of one service, made when it is missing.
    public let role: String
    /// The one schema the role works in.
    public let schema: String
    /// Given to the role; nil leaves an existing password alone.
    public let password: String?

    /// Migrations of `folder` belong to the schema; names are quoted when they go into SQL.
    public init(folder: String, role: String, schema: String, password: String? = nil) {
        self.folder = folder
        self.role = role
        self.schema = schema
        self.password = password
    }

    /// Creates the role or sets its password. Roles belong to the whole server: other databases' migrators may do the same at this moment.
    func create(on connection: BlockingConnection) throws(PostgresError) {
        var attempt = 1
        while true {
            do throws(PostgresError) {
                let exists = try connection.query("SELECT FROM pg_roles WHERE rolname = $1", [role]).count > 0
                if exists && password == nil { return }
                var secret = ""
                if let password { secret = try " PASSWORD " + connection.storedForm(ofPassword: password, for: role).quotedLiteral }
                return try connection.run(script: "\(exists ? "ALTER" : "CREATE") ROLE \(role.quotedIdentifier) LOGIN" + secret)
            } catch {
                // Somebody else created it (42710, 23505) or changes it just now (XX000, "tuple concurrently updated").
                guard attempt < 20, ["42710", "23505", "XX000"].contains(error.sqlState) else { throw error }
                attempt += 1
            }
        }
    }

    /// Creates the schema and lets its role look into it. Rights on tables are the migrations' to give, beside each table.
    func createSchema(on connection: BlockingConnection) throws(PostgresError) {
        try connection.run(
            script: """
                CREATE SCHEMA IF NOT EXISTS \(schema.quotedIdentifier);
                GRANT USAGE ON SCHEMA \(schema.quotedIdentifier) TO \(role.quotedIdentifier);
                """)
    }
}
