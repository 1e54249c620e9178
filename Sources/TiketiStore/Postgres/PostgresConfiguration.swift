// Where the database is and how the process may use it. Every limit has a default that suits one service on a small machine.

/// Settings of a ``PostgresPool`` and of its connections.
public struct PostgresConfiguration: Sendable {
    /// libpq's `sslmode`.
    public enum SSLMode: String, Sendable, CaseIterable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// A host name, an address, or (starting with `/`) the directory of a Unix socket.
    public var host: String
    /// TCP port, or the number in a Unix socket's name.
    public var port: Int
    /// The database to connect to.
    public var database: String
    /// The role to log in as.
    public var user: String
    /// Empty where the server asks for none.
    public var password: String
    /// `prefer` encrypts where the server can; only `verify-full` proves who the server is.
    public var sslMode: SSLMode
    /// File with the certificate authorities for `verify-ca` and `verify-full`; nil means libpq's default place.
    public var sslRootCertificate: String?
    /// Shown in `pg_stat_activity`.
    var applicationName: String

    /// The server stops a statement after this time; zero means never.
    public var statementTimeout: Duration = .seconds(10)
    /// The server stops waiting for a lock after this time; zero means never.
    public var lockTimeout: Duration = .seconds(3)
    /// The server ends a session that idles inside a transaction for this time; zero means never.
    public var idleInTransactionTimeout: Duration = .seconds(15)

    /// Shared, pipelined, read-only connections of each event loop.
    public var readConnectionsPerLoop = 2
    /// Upper bound of exclusive connections of each event loop. They are opened when needed.
    public var writeConnectionsPerLoop = 8
    /// An exclusive connection nobody used for this long is closed; one per loop stays.
    var idleConnectionTime: Duration = .seconds(60)
    /// How long a caller waits for its turn before ``PostgresError/Code/timeout``.
    public var acquireTimeout: Duration = .seconds(5)
    /// Callers that may wait per loop; one more is refused at once.
    var maximumWaiters = 4_096
    /// One attempt to connect, name resolution and authentication included.
    public var connectTimeout: Duration = .seconds(5)
    /// The pause after a failed attempt doubles from the lower to the upper bound; a random part is taken off.
    var reconnectPauses: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    /// Statements in flight on one read connection; more wait for their turn.
    var pipelineDepth = 256
    /// Prepared statements one connection keeps; the least recently used goes first.
    var preparedStatements = 256
    /// A connection whose oldest statement has had no answer for this much longer than `statementTimeout` counts as lost.
    var silenceGrace: Duration = .seconds(5)

    /// The defaults are those of a development copy; all limits start from the values beside them.
    public init(
        host: String = "127.0.0.1", port: Int = 5432, database: String = "tiketi", user: String = "tiketi", password: String = "",
        sslMode: SSLMode = .prefer, applicationName: String = "tiketi"
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.sslMode = sslMode
        self.applicationName = applicationName
    }

    /// libpq's keywords and values, without what only a pool needs. `addresses` are the resolved ones of `host`, so that libpq asks no
    /// name server.
    func keywords(addresses: [String] = [], options: String = "") -> [(String, String)] {
        var pairs = [
            ("host", host), ("port", String(port)), ("dbname", database), ("user", user), ("password", password),
            ("sslmode", sslMode.rawValue), ("application_name", applicationName), ("client_encoding", "UTF8"),
            // Kerberos would add a round trip and a library that may block.
            ("gssencmode", "disable"),
            ("connect_timeout", String(max(2, connectTimeout.components.seconds))),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
        ]
        if let sslRootCertificate { pairs.append(("sslrootcert", sslRootCertificate)) }
        if !options.isEmpty { pairs.append(("options", options)) }
        if !addresses.isEmpty {
            pairs[0].1 = Array(repeating: host, count: addresses.count).joined(separator: ",")
            pairs.append(("hostaddr", addresses.joined(separator: ",")))
        }
        return pairs
    }

    /// The session settings of a pooled connection, as libpq's `options`.
    ///
    /// Generic plans: array parameters are otherwise planned anew for each call (measured: the hold statement is 2.1 times as fast).
    func sessionOptions(readOnly: Bool) -> String {
        var settings = [
            "plan_cache_mode=force_generic_plan", "TimeZone=UTC", "statement_timeout=\(statementTimeout.wholeMilliseconds)",
            "lock_timeout=\(lockTimeout.wholeMilliseconds)",
            "idle_in_transaction_session_timeout=\(idleInTransactionTimeout.wholeMilliseconds)",
        ]
        if readOnly { settings.append("default_transaction_read_only=on") }
        return settings.map { "-c " + $0 }.joined(separator: " ")
    }
}
