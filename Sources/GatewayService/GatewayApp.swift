// The composition of the gateway: the edge before everything, then its own pages, the proxy, and the web app for what is left.
import TiketiCore
import TiketiNet
import TiketiStore

enum GatewayApp {
    static func make(_ runtime: ServiceRuntime, _ config: GatewayConfig) -> ServiceApp {
        let urls = runtime.config.services
        let services = [
            ("auth", urls.auth), ("ticket", urls.ticket), ("payment", urls.payment), ("stats", urls.stats), ("realtime", urls.realtime),
        ].flatMap { $1.named($0) }
        let edge = Edge(
            addresses: ClientAddressReader(trusted: config.trustedProxies), limiter: EdgeLimiter(config.rateLimits),
            cors: CORSPolicy(origins: config.corsOrigins), verifier: runtime.verifier)
        let http = HTTPClient(configuration: HTTPClientConfiguration())
        let rollup = MetricsRollup(runtime.metrics)
        let pool = runtime.postgres
        let admins = AdminCheck(pool: pool)
        let layouts = LayoutStore(pool: pool)
        let audit = AuditStore(pool: pool)
        func internalClient(_ instances: ServiceInstances) -> InternalClient {
            InternalClient(
                base: instances, token: runtime.config.internalToken, http: http, timeout: .nanoseconds(Int64(config.upstreamTimeout)))
        }

        // On the gateway's own writes only: what is proxied is remembered by the service that does it.
        let answers = PostgresIdempotencyStore(pool, table: "public.idempotency_keys")
        let writes = RouteOptions(
            bodyLimit: RouteOptions.admin.bodyLimit, middleware: [Idempotency(answers) { _ = try await admins.require($0) }])

        let router = Router()
        router.use(edge)
        let operations = Router()
        let health = HealthRoutes(
            health: HealthService(postgres: pool, redis: runtime.redis, http: http, services: services), metrics: rollup)
        health.install(on: router)
        health.install(on: operations)
        NewsRoutes(store: NewsStore(pool: pool), admins: admins).install(on: router, writes)
        LayoutRoutes(layouts: layouts, audit: audit, admins: admins).install(on: router, writes)
        AdminRoutes(
            admins: admins, writes: AdminWrites(audit: audit), layouts: layouts, ticket: internalClient(urls.ticket),
            auth: internalClient(urls.auth), payment: internalClient(urls.payment)
        ).install(on: router, writes)
        ImageRoutes(images: ImageStore(root: config.uploadRoot, files: runtime.blocking), audit: audit, admins: admins).install(on: router)
        let distrust = CacheDistrust()
        let listening = distrust.listen(runtime.config.redis, loop: runtime.group.next())
        proxy(runtime, config, edge, distrust).install(on: router)
        WebRoutes(files: StaticFiles(root: config.webRoot)).install(on: router)

        let scraper = MetricsScraper(
            rollup: rollup, http: http, services: services, metrics: runtime.metrics,
            interval: .seconds(config.scrapeSeconds))
        let scrape = Job("metrics-scrape", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
            await scraper.tick()
        }
        return ServiceApp(
            router: router, services: [scrape, answers.cleaner(runtime), RedisListener(listening)], operations: operations)
    }

    private static func proxy(_ runtime: ServiceRuntime, _ config: GatewayConfig, _ edge: Edge, _ distrust: CacheDistrust) -> ProxyRoutes {
        var pooled = HTTPClientConfiguration()
        pooled.maxConnectionsPerOrigin = config.upstreamConnections
        // A poll or a WebSocket has its connection for as long as it lasts: as many as there are clients.
        var held = HTTPClientConfiguration()
        held.maxConnectionsPerOrigin = runtime.config.maxConnections
        let services = ReverseProxy(client: HTTPClient(configuration: pooled), connectTimeout: ReverseProxy.connectTimeout)
        let realtime = ReverseProxy(client: HTTPClient(configuration: held), connectTimeout: ReverseProxy.connectTimeout)
        let urls = runtime.config.services
        func upstream(_ instances: ServiceInstances) -> Upstream { Upstream(instances, timeout: config.upstreamTimeout) }
        let hubs = HubDirectory(
            urls.realtime, http: HTTPClient(configuration: HTTPClientConfiguration()), token: runtime.config.internalToken)
        return ProxyRoutes(
            services: services,
            realtime: RealtimeProxy(
                proxy: realtime, upstream: Upstream(urls.realtime, timeout: config.realtimeTimeout, repeatable: false), hubs: hubs),
            edge: edge, stamps: SeatMapStamps(redis: runtime.redis, group: runtime.group, distrust: distrust), auth: upstream(urls.auth),
            ticket: upstream(urls.ticket),
            payment: upstream(urls.payment), stats: upstream(urls.stats),
            servesConformance: !runtime.config.isProduction)
    }
}
