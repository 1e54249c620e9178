// Brings a database to the state its migration files describe: under one lock, each file in one transaction, each file once.
import Glibc
import TiketiNet

/// Applies migration files in order and records them with their checksums in `public.schema_migrations`.
///
/// Safe to run again and from several processes at once: they take turns, and the later ones find nothing to do.
public struct Migrator: Sendable {
    /// A migration as recorded.
    public struct Applied: Sendable, Hashable {
        /// The folder below `database/migrations`, which is the schema's name.
        public let folder: String
        /// The file's name, number first.
        public let name: String
        /// Lower-case hexadecimal SHA-256 of the file.
        let checksum: String
    }

    /// How far a database is.
    public struct Status: Sendable {
        /// What the database has, in the order in which it was applied.
        public let applied: [Applied]
        /// Names (`folder/file`) not applied yet.
        public let pending: [String]
        /// Names recorded in the database without a file here: it was migrated by a newer version.
        public let unknown: [String]
    }

    private let files: [MigrationFile]
    private let roles: [DatabaseRole]

    /// Reads the files under `directory`.
    /// - Parameter roles: The schemas with their login roles, in the order in which their folders are applied: later ones may use what
    ///   earlier
    ///   ones made.
    public init(directory: String, roles: [DatabaseRole]) throws(MigrationError) {
        var files: [MigrationFile] = []
        for role in roles { files += try MigrationFile.read(folder: role.folder, in: directory) }
        self.init(files: files, roles: roles)
    }

    init(files: [MigrationFile], roles: [DatabaseRole]) {
        self.files = files
        self.roles = roles
    }

    /// Applies what is missing, as the administrator that `configuration` names, and returns what this call applied.
    public func run(on configuration: PostgresConfiguration) async throws -> [Applied] {
        try await Self.onThread { try runBlocking(on: configuration) }
    }

    /// The same, blocking the calling thread.
    public func runBlocking(on configuration: PostgresConfiguration) throws -> [Applied] {
        let connection = try BlockingConnection(configuration)
        // The database's own limits are meant for requests.
        try connection.run(script: "SET statement_timeout = 0; SET lock_timeout = 0")
        // Held by the session, so that it ends with the process whatever happens. "tiketi" in ASCII.
        try connection.query("SELECT pg_advisory_lock(128037135578217)")
        try prepare(connection)
        let recorded = try records(connection)
        let sums = try checksums(connection)
        for (file, sum) in zip(files, sums) {
            guard let known = recorded.first(where: { $0.folder == file.folder && $0.name == file.name }), known.checksum != sum else {
                continue
            }
            throw MigrationError("\(file.folder)/\(file.name) was changed after it was applied: write a new migration instead")
        }
        var applied: [Applied] = []
        for (file, sum) in zip(files, sums) where !recorded.contains(where: { $0.folder == file.folder && $0.name == file.name }) {
            try apply(file, checksum: sum, on: connection)
            applied.append(Applied(folder: file.folder, name: file.name, checksum: sum))
        }
        return applied
    }

    /// Compares files and database without changing anything; any role may ask.
    public func status(on configuration: PostgresConfiguration) async throws -> Status {
        try await Self.onThread {
            let connection = try BlockingConnection(configuration)
            let exists = try connection.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL")[0].bool(0)
            let applied = exists ? try records(connection) : []
            let names = Set(applied.map { $0.folder + "/" + $0.name })
            let wanted = files.map { $0.folder + "/" + $0.name }
            return Status(
                applied: applied, pending: wanted.filter { !names.contains($0) }, unknown: names.subtracting(wanted).sorted())
        }
    }

    /// A short name of the files' names and contents (FNV-1a), for telling databases made from them apart.
    public var fingerprint: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for file in files {
            for byte in Array(file.folder.utf8) + Array(file.name.utf8) + Array(file.sql.utf8) {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        return String(hash, radix: 16)
    }

    // MARK: Steps

    private func prepare(_ connection: BlockingConnection) throws {
        for role in roles { try role.create(on: connection) }
        try connection.run(
            script: """
                CREATE TABLE IF NOT EXISTS public.schema_migrations (
                    folder text NOT NULL,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                    PRIMARY KEY (folder, name)
                );
                """)
        for role in roles {
            try role.createSchema(on: connection)
            // Any service may check whether the database is new enough for it.
            try connection.run(
                script: """
                    GRANT USAGE ON SCHEMA public TO \(role.role.quotedIdentifier);
                    GRANT SELECT ON public.schema_migrations TO \(role.role.quotedIdentifier);
                    """)
        }
    }

    private func records(_ connection: BlockingConnection) throws(PostgresError) -> [Applied] {
        var records: [Applied] = []
        for row in try connection.query("SELECT folder, name, checksum FROM public.schema_migrations ORDER BY applied_at, folder, name") {
            records.append(Applied(folder: try row.string(0), name: try row.string(1), checksum: try row.string(2)))
        }
        return records
    }

    /// PostgreSQL has SHA-256 built in, which saves this module a cryptography library.
    private func checksums(_ connection: BlockingConnection) throws(PostgresError) -> [String] {
        var sums: [String] = []
        for file in files {
            sums.append(try connection.query("SELECT encode(sha256(convert_to($1::text, 'UTF8')), 'hex')", [file.sql])[0].string(0))
        }
        return sums
    }

    private func apply(_ file: MigrationFile, checksum: String, on connection: BlockingConnection) throws {
        do {
            try connection.transaction {
                // Names without a schema would land wherever the administrator's settings say.
                try connection.run(script: "SET LOCAL search_path = public")
                try connection.run(script: file.sql)
                guard connection.isInTransaction else {
                    throw MigrationError("\(file.folder)/\(file.name) ends the transaction it runs in: leave BEGIN and COMMIT out")
                }
                try connection.query(
                    "INSERT INTO public.schema_migrations (folder, name, checksum) VALUES ($1, $2, $3)", [file.folder, file.name, checksum])
            }
        } catch let error as PostgresError {
            throw MigrationError("\(file.folder)/\(file.name): \(error)")
        }
    }

    /// Off the event loops: waiting for the lock may take as long as another migrator works.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.run(body)
    }

    private static let threads = BlockingPool(name: "migrator", threads: 2, queueLimit: 64)
}
