// What the fixture of a service stands on: a database, a Redis when there is to be one, and settings as environment variables.
import TiketiContracts
import TiketiCore
import TiketiStore

/// A service under test, on a database of its own.
public struct TestService: Sendable {
    /// A database of this test's own.
    public let database: TestDatabase
    /// A Redis of this test's own, where the service uses one.
    public let redis: TestRedis?
    /// What the service is composed of, on the two above.
    public let runtime: ServiceRuntime

    /// Composes the service that owns `schema` as its program does, with the settings of development, no Redis but `redis`, and few
    /// connections: many fixtures share one server.
    /// - Parameters:
    ///   - settings: environment variables.
    ///   - connections: to PostgreSQL for each loop, beside one for reads.
    ///   - compose: makes the app of the service's own settings.
    /// - Throws: `ConfigurationError` for settings that cannot be read.
    public static func make<Config: ServiceConfig>(
        _ schema: DatabaseSchema, _ settings: [String: String] = [:], redis: TestRedis? = nil, connections: Int = 2,
        compose: (ServiceRuntime, Config) -> ServiceApp
    ) async throws -> (service: TestService, app: ServiceApp) {
        let database = try await TestPostgres.shared().database()
        let defaults = ["PORT": "0", "REDIS_PORT": "1", "DB_PASSWORD": CommonConfig.developmentDatabasePassword]
        var reader = EnvironmentReader(defaults.merging(settings) { $1 })
        guard let service = ServiceName(rawValue: schema.service) else { preconditionFailure("\(schema) belongs to no service") }
        var config = CommonConfig(&reader, service: service)
        config.postgres = database.configuration(role: schema.role)
        config.postgres.writeConnectionsPerLoop = connections
        config.postgres.readConnectionsPerLoop = 1
        if let redis { config.redis = redis.configuration }
        let own = Config(&reader)
        try reader.finish()
        let runtime = ServiceRuntime(service, config: config, group: .shared)
        let app = compose(runtime, own)
        // The first command waits for the connection.
        if redis != nil { _ = try await runtime.redis.send(["PING"]) }
        return (TestService(database: database, redis: redis, runtime: runtime), app)
    }

    /// Closes what it holds and drops its database.
    public func close() async throws {
        await runtime.close()
        try await database.drop()
    }
}
