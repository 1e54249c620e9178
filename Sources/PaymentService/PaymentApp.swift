import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// The composition root: what the payment service is made of, in one place.
public struct PaymentApp {
    /// What the service stands on; tests bring their own.
    public struct Parts {
        public var postgres: PostgresPool
        public var http: HTTPClient
        public var ticket: InternalClient
        public var verifier: JWT.Verifier
        public var internalAuth: InternalAuth
        public var metrics: MetricsRegistry
        public var logger: Logger
        public var group: EventLoopGroup

        public init(
            postgres: PostgresPool, http: HTTPClient, ticket: InternalClient, verifier: JWT.Verifier, internalAuth: InternalAuth,
            metrics: MetricsRegistry, logger: Logger, group: EventLoopGroup
        ) {
            self.postgres = postgres
            self.http = http
            self.ticket = ticket
            self.verifier = verifier
            self.internalAuth = internalAuth
            self.metrics = metrics
            self.logger = logger
            self.group = group
        }
    }

    public static func make(_ runtime: ServiceRuntime, _ environment: inout EnvironmentReader) throws -> ServiceApp {
        let config = PaymentConfig(&environment)
        let ticket = InternalClient(base: runtime.config.services.ticket, token: runtime.config.internalToken, http: runtime.http)
        return make(
            config,
            Parts(
                postgres: runtime.postgres, http: runtime.http, ticket: ticket, verifier: runtime.verifier,
                internalAuth: runtime.internalAuth, metrics: runtime.metrics, logger: runtime.logger, group: runtime.group))
    }

    public static func make(_ config: PaymentConfig, _ parts: Parts) -> ServiceApp { compose(config, parts).app }

    /// The service and, for tests, what its jobs do.
    static func compose(_ config: PaymentConfig, _ parts: Parts) -> (app: ServiceApp, reconciler: Reconciler, comparison: DailyComparison) {
        let store = PaymentStore(postgres: parts.postgres, driverSeconds: config.driverSeconds)
        let metrics = PaymentMetrics(parts.metrics)
        let ticket = TicketClient(parts.ticket)
        let toss = TossClient(http: parts.http, config: config)
        let saga = PaymentSaga(store: store, toss: toss, ticket: ticket, config: config, metrics: metrics, logger: parts.logger)
        let payments = Payments(store: store, ticket: ticket, saga: saga, config: config, metrics: metrics)
        let refunds = Refunds(store: store, saga: saga, answerSeconds: config.refundAnswerSeconds)
        let reconciler = Reconciler(
            store: store, saga: saga, ticket: ticket, config: config, metrics: metrics, logger: parts.logger, loop: parts.group.next())

        let comparison = DailyComparison(
            store: ComparisonStore(postgres: parts.postgres), toss: toss, metrics: metrics, logger: parts.logger)

        func job(_ name: String, _ body: @escaping Job.Body) -> Job {
            Job(name, loop: parts.group.next(), logger: parts.logger, metrics: parts.metrics, body: body)
        }

        let router = Router()
        router.use(Authentication(parts.verifier))
        router.use(Idempotency(FinalAnswers(parts.postgres)))
        PaymentRoutes(payments: payments, webhooks: Webhooks(store: store)).add(to: router)
        router.group("/internal", use: parts.internalAuth) { InternalRoutes(refunds: refunds, store: store).add(to: $0) }
        let app = ServiceApp(
            router: router,
            services: [
                job("payment-reconciler") { try await reconciler.tick() }, job("payment-comparison") { try await comparison.tick() },
            ])
        return (app, reconciler, comparison)
    }
}
