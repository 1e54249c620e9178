// The Socket.IO server with its namespaces, the Redis adapter, the feed of queues and the routes of realtime.
import TiketiCore
import TiketiNet
import TiketiRealtime

/// Everything realtime is made of; tests make it with other answers of ticket.
struct RealtimeParts: Sendable {
    let server: SocketIOServer
    let services: [any Service]
    private let config: RealtimeConfig
    private let group: EventLoopGroup

    init(_ runtime: ServiceRuntime, tickets: any TicketQueries, config: RealtimeConfig) {
        self.config = config
        group = runtime.group
        let holder = ServerHolder()
        let product = LiveNamespace(verifier: runtime.verifier, tickets: tickets, group: runtime.group, bounds: config.user)
        let feed = QueueFeed(runtime.config.redis, group: runtime.group, subscribers: product.queueSubscribers)
        let conformance = ConformanceNamespace(product: product, server: holder)
        let namespaces: [String: any SocketNamespace] =
            config.isConformance ? ["/": conformance, "/custom": conformance] : ["/": product]
        let logger = runtime.logger
        let gaps = RealtimeMetrics.gaps(runtime.metrics)
        let adapter = RedisHubAdapter(
            runtime.config.redis, client: runtime.redis, group: runtime.group, wire: config.hubWire,
            logsMessages: config.server.recovery != .off
        ) {
            gaps.increment()
            logger.warning("feed from Redis was interrupted; clients are asked to load again")
            holder.sendResync()
        }
        var settings = config.server
        let fanout = RealtimeMetrics.fanout(runtime.metrics)
        settings.onFanout = { fanout.observe(nanoseconds: $0) }
        server = SocketIOServer(settings, group: runtime.group, adapter: adapter, namespaces: namespaces)
        holder.set(server)
        RealtimeMetrics.register(server, in: runtime.metrics)
        services = [feed, HubService(server: server, drainTime: config.drain)]
    }

    func router(internalAuth: InternalAuth) -> Router {
        let router = Router()
        SocketRoutes(server: server).install(on: router)
        InternalHubRoutes(node: config.server.engine.node).install(on: router.group(use: internalAuth))
        if config.isConformance {
            var engine = config.server.engine
            engine.path = EngineEchoRoutes.path
            EngineEchoRoutes(echo: EngineEchoServer(engine, group: group)).install(on: router)
        }
        return router
    }
}
