// A private PostgreSQL 15 in a temporary directory: one for the whole test process, more for tests that stop and freeze theirs.
import Glibc
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// A real PostgreSQL server for tests, gone when the test process is. It does not sync to disk.
///
/// With `TIKETI_TEST_POSTGRES` (a `postgres://` URL of a superuser) ``shared()`` uses that server instead of starting one.
public final class TestPostgres: Sendable {
    /// How a server is stopped.
    public enum Stop: Sendable {
        /// Sessions are told and ended (SIGINT).
        case fast
        /// Sessions are cut off, as in a crash (SIGQUIT).
        case immediate
    }

    /// Superuser, database `postgres`.
    public let configuration: PostgresConfiguration
    private let directory: TemporaryDirectory?
    private let arguments: [String]
    private let process = Locked<TestProcess?>(nil)
    private let template = Once<String>()

    private static let sharedServer = Once<TestPostgres>()
    static let threads = BlockingPool(name: "test-postgres", threads: 16, queueLimit: 1024)

    /// The process's server, started by the first who asks.
    public static func shared() async throws -> TestPostgres {
        try await sharedServer.value {
            if let url = getenv("TIKETI_TEST_POSTGRES") {
                return TestPostgres(external: try PostgresConfiguration(url: String(cString: url)))
            }
            return try await TestPostgres()
        }
    }

    private init(external configuration: PostgresConfiguration) {
        self.configuration = Self.patient(configuration)
        directory = nil
        arguments = []
    }

    /// Starts a server of one's own. `settings` are server settings such as `["max_connections=20"]`.
    ///
    /// On its Unix socket everybody is trusted; over TCP (127.0.0.1, port ``port``) passwords count and the superuser's is `postgres`.
    public init(settings: [String] = [], withTLS: Bool = false) async throws {
        let directory = try TemporaryDirectory("tiketi-postgres")
        let port = try Self.freePort()
        var configuration = PostgresConfiguration(
            host: directory.path, port: port, database: "postgres", user: "postgres", password: "postgres")
        configuration.sslMode = .disable
        self.configuration = Self.patient(configuration)
        self.directory = directory
        let data = directory.path + "/data"
        let defaults = [
            "listen_addresses=127.0.0.1", "unix_socket_directories=" + directory.path, "port=\(port)", "fsync=off", "full_page_writes=off",
            "max_connections=300", "shared_buffers=64MB", "deadlock_timeout=100ms", "log_min_messages=warning", "wal_level=minimal",
            "max_wal_senders=0",
        ]
        let secure = withTLS ? ["ssl=on", "ssl_cert_file=\(directory.path)/cert.pem", "ssl_key_file=\(directory.path)/key.pem"] : []
        arguments = Self.asPostgres + ["\(Self.binaries)/postgres", "-D", data] + (defaults + secure + settings).flatMap { ["-c", $0] }
        let log = directory.path + "/log"
        try await Self.threads.run {
            if let owner = Self.owner { _ = chown(directory.path, owner.0, owner.1) }
            let options = [
                "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            ]
            let status = try TestProcess(Self.asPostgres + ["\(Self.binaries)/initdb", "-D", data] + options, log: log).waitForEnd()
            guard status == 0 else { throw TestProcess.Failure(description: "initdb failed, see \(log)") }
            guard withTLS else { return }
            let request = [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", directory.path + "/key.pem", "-out", directory.path + "/cert.pem",
            ]
            guard try TestProcess(Self.asPostgres + request, log: log).waitForEnd() == 0 else {
                throw TestProcess.Failure(description: "openssl failed, see \(log)")
            }
        }
        try await start()
        try await query("ALTER ROLE postgres PASSWORD 'postgres'")
    }

    /// The file with the server's self-signed certificate for `localhost`, when it was started with TLS.
    public var certificate: String { (directory?.path ?? "") + "/cert.pem" }

    // MARK: The process

    /// Starts the server again after ``stop(_:)`` and waits until it answers.
    public func start() async throws {
        guard let directory else { return }
        let started = try TestProcess(arguments, log: directory.path + "/log")
        process.withLock { $0 = started }
        StopAtExit.add(started, directory)
        let configuration = configuration
        try await Self.threads.run {
            // A starting server gives no event to wait for.
            for _ in 0..<3000 {
                if (try? BlockingConnection(configuration)) != nil { return }
                usleep(10000)
            }
            throw TestProcess.Failure(description: "PostgreSQL did not start")
        }
    }

    public func stop(_ how: Stop = .fast) async throws {
        let running = process.withLock { $0 }
        try await Self.threads.run { running?.stop(how == .fast ? SIGINT : SIGQUIT) }
    }

    /// Freezes one session's server process: its connection stays open and nothing answers.
    public func freeze(session pid: Int) { kill(pid_t(pid), SIGSTOP) }
    /// Lets a frozen session go on.
    public func thaw(session pid: Int) { kill(pid_t(pid), SIGCONT) }

    // MARK: Databases

    /// Runs one statement as superuser in the database `postgres`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) async throws -> PostgresRows {
        let configuration = configuration
        return try await Self.threads.run { try BlockingConnection(configuration).query(sql, parameters) }
    }

    /// A new empty database, or one with all migrations applied (copied from a template that is migrated once).
    public func database(migrated: Bool = true) async throws -> TestDatabase {
        let name = "test_" + UUID().description.filter { $0 != "-" }
        if migrated {
            let source = try await template.value { try await self.makeTemplate() }
            try await query("CREATE DATABASE \(name) TEMPLATE \(source)")
        } else {
            try await query("CREATE DATABASE \(name)")
        }
        // A server of our own goes away as a whole.
        if directory == nil { StopAtExit.drop(name, on: configuration) }
        return TestDatabase(server: self, name: name)
    }

    /// The product's schemas and login roles, with the password of development.
    public static let roles = DatabaseSchema.allCases.map {
        DatabaseRole(folder: $0.rawValue, role: $0.role, schema: $0.schema, password: CommonConfig.developmentDatabasePassword)
    }

    /// Several test processes may share one server: the template's name is made of what is in it, and a lock makes one of them build it.
    private func makeTemplate() async throws -> String {
        let migrator = try Migrator(directory: Self.migrations, roles: Self.roles)
        let name = "template_" + migrator.fingerprint
        let administrator = configuration
        try await Self.threads.run {
            let connection = try BlockingConnection(administrator)
            try connection.query("SELECT pg_advisory_lock(128037135578218)")
            guard try connection.query("SELECT FROM pg_database WHERE datname = $1", [name]).isEmpty else { return }
            try connection.run(script: "DROP DATABASE IF EXISTS \(name)_new")
            try connection.run(script: "CREATE DATABASE \(name)_new")
            var target = administrator
            target.database = name + "_new"
            _ = try migrator.runBlocking(on: target)
            try connection.run(script: "ALTER DATABASE \(name)_new RENAME TO \(name)")
        }
        return name
    }

    /// A machine that runs everything at once under a sanitizer is slow, not broken. Tests of a limit set theirs.
    private static func patient(_ configuration: PostgresConfiguration) -> PostgresConfiguration {
        var configuration = configuration
        configuration.acquireTimeout = .seconds(60)
        configuration.connectTimeout = .seconds(60)
        configuration.statementTimeout = .seconds(60)
        configuration.lockTimeout = .seconds(30)
        configuration.idleInTransactionTimeout = .seconds(60)
        return configuration
    }

    // MARK: Where things are

    private static let binaries = "/usr/lib/postgresql/15/bin"

    /// `database/migrations` of this checkout.
    public static var migrations: String {
        if let named = getenv("MIGRATIONS_DIRECTORY") { return String(cString: named) }
        return #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/database/migrations"
    }

    /// PostgreSQL refuses to run as root: there it runs as `postgres`, as its package made it.
    private static let owner: (uid_t, gid_t)? = {
        guard getuid() == 0, let entry = getpwnam("postgres") else { return nil }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }()

    private static var asPostgres: [String] {
        owner == nil ? [] : ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    }

    /// A TCP port that nobody listens on now; somebody else may take it before it is used.
    public static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) | getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw TestProcess.Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A database of its own for a suite.
public final class TestDatabase: Sendable {
    let server: TestPostgres
    /// What PostgreSQL calls it.
    public let name: String
    /// As superuser, through the Unix socket.
    public let configuration: PostgresConfiguration

    init(server: TestPostgres, name: String) {
        self.server = server
        self.name = name
        var configuration = server.configuration
        configuration.database = name
        self.configuration = configuration
    }

    /// As one of the services' login roles, such as `tiketi_ticket`.
    public func configuration(role: String) -> PostgresConfiguration {
        var configuration = configuration
        configuration.user = role
        configuration.password = "tiketi"
        return configuration
    }

    /// Runs one statement as superuser, outside of any pool.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) async throws -> PostgresRows {
        let configuration = configuration
        return try await TestPostgres.threads.run { try BlockingConnection(configuration).query(sql, parameters) }
    }

    /// Runs several statements as superuser.
    public func run(script: String) async throws {
        let configuration = configuration
        try await TestPostgres.threads.run { try BlockingConnection(configuration).run(script: script) }
    }

    /// A pool on this database.
    public func pool(role: String? = nil, group: EventLoopGroup = .shared, _ adjust: (inout PostgresConfiguration) -> Void = { _ in })
        -> PostgresPool
    {
        var configuration = role.map { self.configuration(role: $0) } ?? configuration
        adjust(&configuration)
        return PostgresPool(configuration, group: group)
    }

    /// Removes it from the server, sessions and all.
    public func drop() async throws {
        try await server.query("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }
}

/// Stops the servers of this process at its exit (a killed one would leave shared memory behind) and tidies up on one it was lent.
private enum StopAtExit {
    private static let servers = Locked<[(TestProcess, TemporaryDirectory)]>([])
    private static let databases = Locked<[(String, PostgresConfiguration)]>([])
    private static let handler: Void = {
        atexit {
            StopAtExit.servers.withLock { servers in
                for (process, directory) in servers {
                    process.stop(SIGQUIT)
                    directory.remove()
                }
                servers.removeAll()
            }
            let databases = StopAtExit.databases.withLock { $0 }
            guard let (_, configuration) = databases.first, let connection = try? BlockingConnection(configuration) else { return }
            for (name, _) in databases { try? connection.run(script: "DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }
        }
    }()

    static func add(_ process: TestProcess, _ directory: TemporaryDirectory) {
        _ = handler
        servers.withLock { $0.append((process, directory)) }
    }

    static func drop(_ name: String, on configuration: PostgresConfiguration) {
        _ = handler
        databases.withLock { $0.append((name, configuration)) }
    }
}
