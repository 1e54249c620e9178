// Schemas and login roles, made before the first migration. Each service may look into its own schema only; migrations grant the rest.

/// One service's part of the database.
struct DatabaseRole: Sendable {
    let role: String
    let schema: String

    static let all = [
        DatabaseRole(role: "tiketi_gateway", schema: "public"),
        DatabaseRole(role: "tiketi_auth", schema: "auth_schema"),
        DatabaseRole(role: "tiketi_ticket", schema: "ticket_schema"),
        DatabaseRole(role: "tiketi_payment", schema: "payment_schema"),
        DatabaseRole(role: "tiketi_stats", schema: "stats_schema"),
    ]

    /// Creates the role or sets its password. Roles belong to the whole server: other databases' migrators may do the same at this moment.
    func create(on connection: BlockingConnection, password: String?) throws(PostgresError) {
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
