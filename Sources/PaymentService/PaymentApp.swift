// The composition of payment: stores, clients, services, jobs, routes, in the order they need each other.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

enum PaymentApp {
    /// What the service stands on; tests bring their own.
    struct Parts {
        var postgres: PostgresPool
        /// Where browsers hear of their payments.
        var redis: RedisClient
        var http: HTTPClient
        var ticket: InternalClient
        var authentication: Authentication
        var internalAuth: InternalAuth
        var metrics: MetricsRegistry
        var logger: Logger
        var group: EventLoopGroup
    }

    static func make(_ runtime: ServiceRuntime, _ config: PaymentConfig) -> ServiceApp {
        let ticket = InternalClient(base: runtime.config.services.ticket, token: runtime.config.internalToken, http: runtime.http)
        let app = PaymentParts(
            Parts(
                postgres: runtime.postgres, redis: runtime.redis, http: runtime.http, ticket: ticket,
                authentication: runtime.authentication, internalAuth: runtime.internalAuth, metrics: runtime.metrics,
                logger: runtime.logger, group: runtime.group),
            config)
        return ServiceApp(router: app.router, services: app.jobs)
    }
}

/// Everything payment is made of.
struct PaymentParts {
    let router: Router
    let reconciler: Reconciler
    let comparison: DailyComparison
    let jobs: [any Service]

    init(_ parts: PaymentApp.Parts, _ config: PaymentConfig) {
        let store = PaymentStore(postgres: parts.postgres, driverPatience: config.driverPatience)
        let metrics = PaymentMetrics(parts.metrics)
        let ticket = TicketClient(parts.ticket)
        let toss = TossClient(http: parts.http, config: config)
        let announcer = PaymentAnnouncer(redis: parts.redis, hubWire: config.hubWire, logger: parts.logger, metrics: parts.metrics)
        let saga = PaymentSaga(
            store: store, toss: toss, ticket: ticket, announcer: announcer, config: config, metrics: metrics, logger: parts.logger)
        let payments = Payments(store: store, saga: saga, announcer: announcer, config: config, metrics: metrics)
        let refunds = Refunds(store: store, saga: saga, announcer: announcer, answerTime: config.refundAnswerTime)

        let reconciler = Reconciler(
            store: store, saga: saga, ticket: ticket, config: config, metrics: metrics, logger: parts.logger, loop: parts.group.next())
        let comparison = DailyComparison(
            store: ComparisonStore(postgres: parts.postgres), toss: toss, metrics: metrics, logger: parts.logger)
        let reminder = RecentStates(store: store, announcer: announcer)
        func job(_ name: String, _ body: @escaping Job.Body) -> Job {
            Job(name, loop: parts.group.next(), logger: parts.logger, metrics: parts.metrics, body: body)
        }
        jobs = [
            job("payment-reconciler") { try await reconciler.tick() }, job("payment-comparison") { try await comparison.tick() },
            job("payment-states") { try await reminder.tick() },
        ]
        self.reconciler = reconciler
        self.comparison = comparison

        router = Router()
        router.use(parts.authentication)
        PaymentRoutes(payments: payments, ticket: ticket, webhooks: Webhooks(store: store)).install(
            on: router, SessionCheck(postgres: parts.postgres, redis: parts.redis), Idempotency(FinalAnswers(parts.postgres)))
        InternalRoutes(refunds: refunds, admin: PaymentAdmin(store: store, saga: saga, answerTime: config.refundAnswerTime))
            .install(on: router, auth: parts.internalAuth)
    }
}
