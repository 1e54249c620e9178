// Composition of the realtime service: Socket.IO server, its namespace, the Redis adapter, routes and metrics.
import Logging
import TiketiCore
import TiketiNet
import TiketiRealtime

public enum RealtimeApp {
    /// The service as the program runs it.
    public static func make(_ runtime: ServiceRuntime, _ environment: inout EnvironmentReader) throws -> ServiceApp {
        let config = RealtimeConfig.read(&environment)
        let client = InternalClient(base: runtime.config.services.ticket, token: runtime.config.internalToken, http: runtime.http)
        return make(runtime, config, TicketClient(client))
    }

    /// The same with other answers of ticket; for tests.
    public static func make(_ runtime: ServiceRuntime, _ config: RealtimeConfig, _ tickets: any TicketQueries) -> ServiceApp {
        let holder = ServerHolder()
        let product = LiveNamespace(verifier: runtime.verifier, tickets: tickets, group: runtime.group, bounds: config.user)
        let feed = QueueFeed(runtime.config.redis, group: runtime.group, subscribers: product.queueSubscribers)
        let conformance = ConformanceNamespace(product: product, server: holder)
        let namespaces: [String: any SocketNamespace] =
            config.isConformance ? ["/": conformance, "/custom": conformance] : ["/": product]
        let logger = runtime.logger
        let gaps = runtime.metrics.counter("tiketi_socket_feed_gaps_total", "Times the Redis feed was interrupted.")
        let adapter = RedisHubAdapter(
            runtime.config.redis, client: runtime.redis, group: runtime.group, wire: config.hubWire,
            logsMessages: config.server.recovery != .off
        ) {
            gaps.increment()
            logger.warning("feed from Redis was interrupted; clients are asked to load again")
            holder.sendResync()
        }
        let fanout = runtime.metrics.histogram(
            "tiketi_socket_fanout_seconds", "From a message's arrival to its last local delivery, on one event loop.",
            buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25])
        var settings = config.server
        settings.onFanout = { fanout.observe(nanoseconds: $0) }
        let server = SocketIOServer(settings, group: runtime.group, adapter: adapter, namespaces: namespaces)
        holder.set(server)
        RealtimeMetrics.register(server, in: runtime.metrics)
        let router = Router()
        SocketRoutes.register(on: router, server)
        SocketRoutes.register(on: router, node: config.server.engine.node, runtime.internalAuth)
        if config.isConformance {
            var engine = config.server.engine
            engine.path = "/engine.io/"
            SocketRoutes.register(on: router, EngineEchoServer(engine, group: runtime.group))
        }
        return ServiceApp(router: router, services: [feed, HubService(server: server, drainSeconds: config.drainSeconds)])
    }
}
