// The composition of the gateway: the edge before everything, then its own pages, the proxy, and the web app for what is left.
import TiketiCore
import TiketiNet
import TiketiStore

enum GatewayApp {
    static func make(_ runtime: ServiceRuntime, _ config: GatewayConfig) -> ServiceApp {
        let urls = runtime.config.services
        let services = urls.all.flatMap { $1.named($0.rawValue) }
        let http = HTTPClient(configuration: HTTPClientConfiguration())
        let probe = ServiceProbe(http: http)
        let rollup = MetricsRollup(runtime.metrics)
        let pool = runtime.postgres
        let logger = runtime.logger
        let admins = AdminCheck(sessions: runtime.sessions, reauthentication: config.reauthentication)
        let audit = AuditStore(pool: pool)
        let layouts = LayoutService(layouts: LayoutStore(pool: pool), logger: logger)
        let news = NewsService(store: NewsStore(pool: pool), logger: logger)
        func internalClient(_ instances: ServiceInstances) -> InternalClient {
            InternalClient(
                base: instances, token: runtime.config.internalToken, http: http, timeout: config.upstreamTimeout)
        }
        let ticket = internalClient(urls.ticket)

        // On the gateway's own writes only, which are all admins': what is proxied is remembered by the service that does it.
        let answers = PostgresIdempotencyStore(pool, table: "public.idempotency_keys")
        let posts = RouteOptions(bodyLimit: RouteOptions.admin.bodyLimit, middleware: [AdminGate(admins: admins), Idempotency(answers)])
        let edge = edge(runtime, config)
        let isDevelopment = runtime.config.environment == .development

        let router = Router()
        router.use(edge)
        let health = HealthService(stores: StoreProbe(postgres: pool, redis: runtime.redis), probe: probe, services: services)
        OperationsRoutes(
            health: health, metrics: rollup, access: isDevelopment ? .everybody : OperationsAccess(token: config.operationsToken)
        ).install(on: router)
        // The port of operations is the operator's own: it asks nobody for a token.
        let operations = Router()
        OperationsRoutes(health: health, metrics: rollup, access: .everybody).install(on: operations)
        ConfigRoutes(settings: config.settings).install(on: router)
        NewsRoutes(news: news, rendered: RenderedNews(threads: runtime.blocking), admins: admins, posts: posts).install(on: router)
        LayoutRoutes(layouts: layouts, admins: admins, posts: posts).install(on: router)
        AuditRoutes(audit: AuditService(audit: audit), admins: admins).install(on: router)
        AdminRoutes(
            admins: admins, writes: AuditedWrites(audit: audit, logger: logger), layouts: layouts, ticket: OwnerClient(service: ticket),
            auth: OwnerClient(service: internalClient(urls.auth)), payment: OwnerClient(service: internalClient(urls.payment)), posts: posts
        ).install(on: router)
        KeywordRoutes(
            keywords: KeywordService(keywords: KeywordStore(pool: pool), logger: logger), admins: admins, posts: posts
        ).install(on: router)
        ExportRoutes(
            admins: admins, audit: AuditService(audit: audit), ticket: OwnerClient(service: ticket),
            payment: OwnerClient(service: internalClient(urls.payment))
        ).install(on: router)
        let images = ImageService(
            images: imageStore(runtime, config), spool: config.uploadRoot, files: runtime.blocking, audit: audit,
            dailyQuota: config.uploadQuota, publicURL: config.publicImageURL, logger: logger)
        ImageRoutes(images: images, admins: admins).install(on: router)
        let distrust = CacheDistrust()
        let listening = distrust.listen(runtime.config.redis, loop: runtime.group.next())
        proxy(runtime, config, edge, distrust).install(on: router)
        WebRoutes(
            app: WebApp(store: WebFileStore(root: config.webRoot), reloads: isDevelopment),
            cards: PageCards(events: EventPages(ticket: ticket), publicURL: config.publicURL)
        ).install(on: router)

        let scraper = MetricsScraper(
            rollup: rollup, probe: probe, services: urls, metrics: runtime.metrics, interval: config.scrapeInterval)
        let scrape = Job("metrics-scrape", loop: runtime.group.next(), logger: logger, metrics: runtime.metrics) { await scraper.tick() }
        return ServiceApp(
            router: router,
            services: [scrape, ViewWriter(news: news, runtime: runtime), answers.cleaner(runtime), RedisListener(listening)],
            operations: operations, ownAnswerFields: edge.security.ofOwnAnswers)
    }

    private static func imageStore(_ runtime: ServiceRuntime, _ config: GatewayConfig) -> any ImageStore {
        guard let settings = config.bucket else { return DiskImageStore(root: config.uploadRoot, files: runtime.blocking) }
        // A reader has its connection for as long as it reads: as many as there are clients.
        var held = HTTPClientConfiguration()
        held.maxConnectionsPerOrigin = runtime.config.maxConnections
        let http = HTTPClient(configuration: held)
        let credentials: any AWSCredentialSource =
            switch settings.credentials {
            case .key(let key): FixedCredentials(value: key)
            case .role(let role): WebIdentityCredentials(role, http: http, files: runtime.blocking, logger: runtime.logger)
            }
        return S3ImageStore(
            objects: S3Client(bucket: settings.bucket, credentials: credentials, http: http), logger: runtime.logger)
    }

    private static func edge(_ runtime: ServiceRuntime, _ config: GatewayConfig) -> Edge {
        let isDevelopment = runtime.config.environment == .development
        let sources = ContentSources(
            usesToss: config.settings.tossClientKey != nil, usesGoogle: config.settings.googleClientID != nil,
            socketOrigin: config.publicURL.map { "ws" + $0.dropFirst(4) }, isDevelopment: isDevelopment)
        return Edge(
            addresses: ClientAddressReader(trusted: config.trustedProxies), limiter: EdgeLimiter(config.rateLimits),
            cors: CORSPolicy(origins: config.corsOrigins), verifier: runtime.verifier,
            security: SecurityHeaders(sources, isProduction: runtime.config.isProduction))
    }

    private static func proxy(
        _ runtime: ServiceRuntime, _ config: GatewayConfig, _ edge: Edge, _ distrust: CacheDistrust
    ) -> ProxyRoutes {
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
                proxy: realtime, upstream: Upstream(urls.realtime, timeout: config.realtimeTimeout, repeatable: false),
                hubs: hubs),
            edge: edge,
            seatMaps: SeatMapRevalidation(stamps: SeatMapStamps(redis: runtime.redis, group: runtime.group, distrust: distrust)),
            auth: upstream(urls.auth), ticket: upstream(urls.ticket), payment: upstream(urls.payment), stats: upstream(urls.stats),
            servesConformance: !runtime.config.isProduction)
    }
}
