// The settings every service shares: read once at start, checked together, documented in docs/configuration.md.

import Logging
import TiketiNet
import TiketiStore

/// Where the process runs; production refuses development secrets.
public enum DeploymentEnvironment: String, Sendable, CaseIterable {
    case development, staging, production
}

/// The common settings.
public struct CommonConfig: Sendable {
    /// `NODE_ENV`; outside development every secret must be given.
    public var environment: DeploymentEnvironment
    /// Literal address to listen on.
    var host: String
    var port: Int
    /// Where `/health`, `/ready` and `/metrics` are served beside the service's own port; nil for nowhere.
    var operationsPort: OperationsPort?
    var workers: Int
    var shutdownGrace: Duration
    var logLevel: Logger.Level
    var accessLog: AccessLogMode
    /// Open HTTP connections of the process; one more is refused.
    public var maxConnections: Int
    var maxConnectionsPerAddress: Int
    /// Where the database is, as this service's own role.
    public var postgres: PostgresConfiguration
    /// Where Redis is.
    public var redis: RedisConfiguration
    /// Where the waiting queue's places are, when not in the common Redis.
    public var queueRedis: RedisConfiguration?
    /// Signs and checks the users' tokens (HS256).
    public var jwtSecret: String
    /// How long a token lives.
    public var jwtLifetime: Duration
    /// What services show each other on `/internal` routes.
    public var internalToken: String
    /// Accepted beside `jwtSecret` and `internalToken`, never used: while a new one takes the old one's place.
    var otherJWTSecret: String?
    var otherInternalToken: String?
    /// Whether a token that names no session is refused.
    var requiresSession: Bool
    /// Where the other services are.
    public var services: ServiceURLs

    /// Whether `NODE_ENV` says so.
    public var isProduction: Bool { environment == .production }

    /// Used when nothing is set in development, and refused everywhere else.
    public static let developmentJWTSecret = "tiketi-development-jwt-secret"
    /// Used when nothing is set in development, and refused everywhere else.
    public static let developmentInternalToken = "tiketi-development-internal-token"
    /// Used when nothing is set in development, and refused everywhere else.
    public static let developmentDatabasePassword = "tiketi"

    /// Reads every common setting; problems stay in `reader`.
    public init(_ reader: inout EnvironmentReader, service: ServiceName, uses: ServiceDependencies = .stores) {
        environment = reader.choice("NODE_ENV", default: .development)
        host = reader.string("HOST", default: "0.0.0.0")
        port = reader.int("PORT", default: service.defaultPort, in: 0...65_535)
        operationsPort = Self.operationsPort(&reader, port: service.defaultPort)
        workers = reader.int("WORKERS", default: EventLoopGroup.availableProcessors, in: 1...256)
        shutdownGrace = reader.duration("SHUTDOWN_GRACE_SECONDS", default: 25, in: 0...3600)
        logLevel = reader.choice("LOG_LEVEL", default: .info)
        accessLog = reader.choice("ACCESS_LOG", default: .all)
        maxConnections = reader.int("MAX_CONNECTIONS", default: 60_000, in: 1...1_000_000)
        maxConnectionsPerAddress = reader.int("MAX_CONNECTIONS_PER_ADDRESS", default: 20_000, in: 1...1_000_000)
        postgres = Self.postgres(&reader, service: service.rawValue, needed: uses.contains(.postgres))
        redis = Self.redis(&reader)
        queueRedis = reader.raw("QUEUE_REDIS_URL").flatMap { Self.redis(url: $0, "QUEUE_REDIS_URL", &reader) }
        jwtSecret = reader.secret("JWT_SECRET", developmentDefault: Self.developmentJWTSecret, minimumLength: 32)
        jwtLifetime = reader.duration("JWT_EXPIRES_IN", default: 7 * 86_400, in: 1...315_360_000)
        internalToken = reader.secret("INTERNAL_API_TOKEN", developmentDefault: Self.developmentInternalToken, minimumLength: 32)
        otherJWTSecret = reader.optionalSecret("JWT_SECRET_ALSO_ACCEPTED", minimumLength: 32)
        otherInternalToken = reader.optionalSecret("INTERNAL_API_TOKEN_ALSO_ACCEPTED", minimumLength: 32)
        requiresSession = reader.bool("SESSION_REQUIRED", default: reader.isProduction)
        services = ServiceURLs(
            auth: reader.instances("AUTH_SERVICE_URL", default: "http://127.0.0.1:3005"),
            ticket: reader.instances("TICKET_SERVICE_URL", default: "http://127.0.0.1:3002"),
            payment: reader.instances("PAYMENT_SERVICE_URL", default: "http://127.0.0.1:3003"),
            stats: reader.instances("STATS_SERVICE_URL", default: "http://127.0.0.1:3004"),
            realtime: reader.instances("REALTIME_SERVICE_URL", default: "http://127.0.0.1:3006"))
    }

    /// `OPERATIONS_PORT`: 10000 above the service's own unless told; none with 0, or where the service takes any port.
    private static func operationsPort(_ reader: inout EnvironmentReader, port: Int) -> OperationsPort? {
        if reader.raw("OPERATIONS_PORT") != nil {
            let chosen = reader.int("OPERATIONS_PORT", default: 0, in: 0...65_535)
            return chosen == 0 ? nil : OperationsPort(number: chosen, isChosen: true)
        }
        let own = reader.raw("PORT").flatMap { Int($0) } ?? port
        guard (1...55_535).contains(own) else { return nil }
        return OperationsPort(number: own + 10_000, isChosen: false)
    }

    private static func postgres(_ reader: inout EnvironmentReader, service: String, needed: Bool) -> PostgresConfiguration {
        // Who has no database needs no password for it, not even in production.
        let password =
            needed
            ? reader.secret("DB_PASSWORD", developmentDefault: developmentDatabasePassword) : reader.optionalString("DB_PASSWORD") ?? ""
        var configuration = PostgresConfiguration(
            host: reader.string("DB_HOST", default: "127.0.0.1"),
            port: reader.int("DB_PORT", default: 5432, in: 1...65_535),
            database: reader.string("DB_NAME", default: "tiketi"),
            user: reader.string("DB_USER", default: "tiketi_\(service)"),
            password: password,
            sslMode: reader.choice("DB_SSLMODE", default: .prefer),
            applicationName: "tiketi-\(service)")
        configuration.sslRootCertificate = reader.optionalString("DB_SSLROOTCERT")
        if needed { checkTransport(of: configuration, &reader) }
        configuration.writeConnectionsPerLoop = reader.int(
            "DB_WRITE_CONNECTIONS_PER_WORKER", default: configuration.writeConnectionsPerLoop, in: 1...256)
        configuration.readConnectionsPerLoop = reader.int(
            "DB_READ_CONNECTIONS_PER_WORKER", default: configuration.readConnectionsPerLoop, in: 1...64)
        return configuration
    }

    /// In production only a server whose certificate names it is believed: anything less trusts whoever answers at the address.
    public static func checkTransport(of postgres: PostgresConfiguration, _ reader: inout EnvironmentReader) {
        let isAllowed = reader.bool("DB_SSLMODE_ALLOW", default: false)
        if reader.isProduction, !isAllowed, postgres.sslMode != .verifyFull {
            reader.problem("DB_SSLMODE", "must be verify-full in production; DB_SSLMODE_ALLOW=1 allows less")
        }
    }

    private static func redis(url: String, _ name: String, _ reader: inout EnvironmentReader) -> RedisConfiguration? {
        do { return try RedisConfiguration(url: url) } catch {
            // The URL may carry a password: the message must not repeat it.
            reader.problem(name, "must be a redis:// or rediss:// URL")
            return nil
        }
    }

    private static func redis(_ reader: inout EnvironmentReader) -> RedisConfiguration {
        if let url = reader.raw("REDIS_URL"), let found = redis(url: url, "REDIS_URL", &reader) { return found }
        var configuration = RedisConfiguration(
            host: reader.string("REDIS_HOST", default: "127.0.0.1"), port: reader.int("REDIS_PORT", default: 6379, in: 1...65_535))
        configuration.password = reader.optionalString("REDIS_PASSWORD")
        return configuration
    }
}

/// The port of probes and scrapers.
public struct OperationsPort: Sendable, Hashable {
    var number: Int
    /// Named by the environment: the service does not start without it.
    var isChosen: Bool

    init(number: Int, isChosen: Bool) {
        self.number = number
        self.isChosen = isChosen
    }
}

/// Where the other services are.
public struct ServiceURLs: Sendable {
    /// `AUTH_SERVICE_URL`.
    public var auth: ServiceInstances
    /// `TICKET_SERVICE_URL`.
    public var ticket: ServiceInstances
    /// `PAYMENT_SERVICE_URL`.
    public var payment: ServiceInstances
    /// `STATS_SERVICE_URL`.
    public var stats: ServiceInstances
    /// `REALTIME_SERVICE_URL`, one address or all hubs.
    public var realtime: ServiceInstances

    /// Each with its name.
    public var all: [(name: ServiceName, instances: ServiceInstances)] {
        [(.auth, auth), (.ticket, ticket), (.payment, payment), (.stats, stats), (.realtime, realtime)]
    }
}

/// What a service cannot work without.
public struct ServiceDependencies: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The service's own schema in PostgreSQL.
    public static let postgres = ServiceDependencies(rawValue: 1)
    /// The common Redis.
    public static let redis = ServiceDependencies(rawValue: 2)
    /// The Redis of the waiting queue: the common one, unless it has one of its own.
    public static let queue = ServiceDependencies(rawValue: 4)
    /// PostgreSQL and the common Redis.
    public static let stores: ServiceDependencies = [.postgres, .redis]
}
