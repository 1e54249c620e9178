// What every service is built on: loops, pools, clients, logger and metrics of one process, made once before its routes.

import Logging
import TiketiNet
import TiketiStore

/// The shared parts of one process.
public final class ServiceRuntime: Sendable {
    /// Which service this process is.
    public let service: ServiceName
    /// The service's name, for logs and answers.
    public var name: String { service.rawValue }
    /// The settings all services have.
    public let config: CommonConfig
    /// One loop for each worker.
    public let group: EventLoopGroup
    /// Writes JSON lines under the service's name.
    public let logger: Logger
    /// What `/metrics` shows.
    public let metrics: MetricsRegistry
    /// Checks users' tokens with the process's secrets.
    public let verifier: JWT.Verifier
    /// For blocking work of little weight: names, files.
    public let blocking: BlockingPool
    /// Keep-alive pools to other servers, one set for each loop.
    public let http: HTTPClient
    private let sessionCheck: SessionCheck?
    private let postgresPool: PostgresPool?
    private let redisClient: RedisClient?
    private let queueClient: RedisClient?

    /// Makes pools for what the service uses; they connect by themselves and keep trying.
    public init(
        _ service: ServiceName, config: CommonConfig, uses: ServiceDependencies = .stores, group: EventLoopGroup? = nil,
        logger: Logger? = nil,
        metrics: MetricsRegistry? = nil
    ) {
        self.service = service
        let name = service.rawValue
        self.config = config
        let group = group ?? EventLoopGroup(count: config.workers)
        self.group = group
        self.logger =
            logger ?? Logger(label: "tiketi.\(name)", factory: { _ in JSONLogHandler(service: name, level: config.logLevel) })
        // The gateway's page also sums up what the services count: its own series say whose they are, so that no series is one of a
        // service's too.
        let common: MetricsRegistry.Labels = service == .gateway ? [("service", name)] : []
        self.metrics = metrics ?? MetricsRegistry(common: common)
        verifier = JWT.Verifier(secret: config.jwtSecret, also: config.otherJWTSecret, requiresSession: config.requiresSession)
        blocking = BlockingPool(name: "blocking", threads: 2, queueLimit: 1024)
        http = HTTPClient()
        postgresPool = uses.contains(.postgres) ? PostgresPool(config.postgres, group: group) : nil
        redisClient = uses.contains(.redis) ? RedisClient(config.redis, group: group) : nil
        queueClient = uses.contains(.queue) ? config.queueRedis.map { RedisClient($0, group: group) } : nil
        let redis = redisClient
        sessionCheck = postgresPool.map { SessionCheck(postgres: $0, redis: redis) }
        registerMetrics()
    }

    /// The database. Asking for it in a service that runs without one is a programming error.
    public var postgres: PostgresPool {
        guard let postgresPool else { preconditionFailure("\(name) runs without PostgreSQL") }
        return postgresPool
    }

    /// Redis. Asking for it in a service that runs without it is a programming error.
    public var redis: RedisClient {
        guard let redisClient else { preconditionFailure("\(name) runs without Redis") }
        return redisClient
    }

    /// Where the waiting queue's places are (`QUEUE_REDIS_URL`, or else the common Redis).
    public var queueRedis: RedisClient { queueClient ?? redis }

    /// Whether callers' sessions still count. Asking for it in a service that runs without PostgreSQL is a programming error.
    public var sessions: SessionCheck {
        guard let sessionCheck else { preconditionFailure("\(name) runs without PostgreSQL") }
        return sessionCheck
    }

    /// Whether each dependency can be used now, and if not, why, for the log.
    var dependencies: [DependencyWatch.Dependency] {
        var result: [DependencyWatch.Dependency] = []
        if let postgresPool {
            let state = postgresPool.state
            var reason: String?
            if case .waiting(let latest) = state { reason = latest }
            result.append(("postgres", state.isReady, reason))
        }
        if let redisClient { result.append(("redis", redisClient.isAvailable, nil)) }
        if let queueClient { result.append(("queue-redis", queueClient.isAvailable, nil)) }
        return result
    }

    /// The other services, as they were when this one last asked them. Readiness does not depend on them; their loss is told like any
    /// other's.
    var neighbours: [DependencyWatch.Dependency] {
        config.services.all.flatMap { name, instances in
            instances.presence(name.rawValue).map {
                DependencyWatch.Dependency($0.name, $0.isThere, $0.isThere ? nil : "nobody listens there")
            }
        }
    }

    /// The protection of `/internal` routes.
    public var internalAuth: InternalAuth { InternalAuth(token: config.internalToken, also: config.otherInternalToken) }

    /// The middleware that reads the caller's token, for ``Router``.
    public var authentication: Authentication { Authentication(verifier) }

    /// Closes the pools, in-flight statements first.
    public func close() async {
        http.close()
        redisClient?.close()
        queueClient?.close()
        await postgresPool?.close()
    }

    private func registerMetrics() {
        ProcessMetrics.register(in: metrics)
        RuntimeMetrics.register(loops: group.loops, in: metrics)
        if let postgresPool { RuntimeMetrics.register(postgresPool, in: metrics) }
        if let redisClient { RuntimeMetrics.register(redisClient, in: metrics) }
        if let queueClient { RuntimeMetrics.register(queueClient, labels: [("store", "queue")], in: metrics) }
        let blocking = blocking
        metrics.gauge(.blockingPoolQueued) { Double(blocking.queued) }
        metrics.counter(
            .logLinesDropped,
            reading: {
                Double(LogSink.standardOutput.dropped)
            })
    }
}
