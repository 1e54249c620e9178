// What the fixture of a service stands on: a database, a Redis when there is to be one, and settings as environment variables.
import TiketiContracts
import TiketiCore
import TiketiStore

/// A service under test, on a database of its own.
public struct TestService: Sendable {
    public let database: TestDatabase
    public let redis: TestRedis?
    public let runtime: ServiceRuntime

    /// Composes the service that owns `schema` as its program does, with the settings of development, no Redis but `redis`, and few connections: many
    /// fixtures share one server.
    /// - Parameters:
    ///   - settings: environment variables.
    ///   - connections: to PostgreSQL for each loop, beside one for reads.
    ///   - compose: reads the service's own settings and makes the app.
    /// - Throws: `ConfigurationError` for settings that nobody reads or that cannot be read.
    public static func make(
        _ schema: DatabaseSchema, _ settings: [String: String] = [:], redis: TestRedis? = nil, connections: Int = 2,
        compose: (ServiceRuntime, inout EnvironmentReader) -> ServiceApp
    ) async throws -> (service: TestService, app: ServiceApp) {
        let database = try await TestPostgres.shared().database()
        let defaults = ["REDIS_PORT": "1", "DB_PASSWORD": CommonConfig.developmentDatabasePassword]
        var reader = EnvironmentReader(defaults.merging(settings) { $1 })
        var config = CommonConfig.read(&reader, service: schema.service, port: 0)
        config.postgres = database.configuration(role: schema.role)
        config.postgres.writeConnectionsPerLoop = connections
        config.postgres.readConnectionsPerLoop = 1
        if let redis { config.redis = redis.configuration }
        let runtime = ServiceRuntime(name: schema.service, config: config, group: .shared)
        let app = compose(runtime, &reader)
        try reader.finish()
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
