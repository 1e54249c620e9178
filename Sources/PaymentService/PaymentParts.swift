// Stores, clients, services and jobs of payment, in the order they need each other.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Everything payment is made of; tests make it with their own pools and a ticket service of their own.
struct PaymentParts: Sendable {
    let payments: Payments
    let refunds: Refunds
    let admin: PaymentAdmin
    let webhooks: Webhooks
    let ticket: TicketClient
    let answers: FinalAnswers
    let sessions: SessionCheck
    let reconciler: Reconciler
    let comparison: DailyComparison
    let jobs: [any Service]

    /// - Parameter redis: Where browsers hear of their payments.
    init(
        postgres: PostgresPool, redis: RedisClient, http: HTTPClient, ticket client: InternalClient, group: EventLoopGroup, logger: Logger,
        metrics registry: MetricsRegistry, config: PaymentConfig
    ) {
        let store = PaymentStore(postgres: postgres, driverPatience: config.driverPatience)
        let metrics = PaymentMetrics(registry)
        ticket = TicketClient(client)
        let toss = TossClient(http: http, config: config)
        let announcer = PaymentAnnouncer(redis: redis, hubWire: config.hubWire, logger: logger, metrics: registry)
        let saga = PaymentSaga(
            store: store, toss: toss, ticket: ticket, announcer: announcer, config: config, metrics: metrics, logger: logger)
        payments = Payments(store: store, saga: saga, announcer: announcer, config: config, metrics: metrics)
        refunds = Refunds(store: store, saga: saga, announcer: announcer, answerTime: config.refundAnswerTime)
        admin = PaymentAdmin(store: store, saga: saga, answerTime: config.refundAnswerTime)
        webhooks = Webhooks(store: store)
        answers = FinalAnswers(postgres)
        sessions = SessionCheck(postgres: postgres, redis: redis)

        let reconciler = Reconciler(
            store: store, saga: saga, ticket: ticket, config: config, metrics: metrics, logger: logger, loop: group.next())
        let comparison = DailyComparison(store: ComparisonStore(postgres: postgres), toss: toss, metrics: metrics, logger: logger)
        let reminder = RecentStates(store: store, announcer: announcer)
        func job(_ name: String, _ body: @escaping Job.Body) -> Job {
            Job(name, loop: group.next(), logger: logger, metrics: registry, body: body)
        }
        jobs = [
            job("payment-reconciler") { try await reconciler.tick() }, job("payment-comparison") { try await comparison.tick() },
            job("payment-states") { try await reminder.tick() },
        ]
        self.reconciler = reconciler
        self.comparison = comparison
    }

    func router(authentication: Authentication, internalAuth: InternalAuth) -> Router {
        let router = Router()
        router.use(authentication)
        PaymentRoutes(
            payments: payments, ticket: ticket, webhooks: webhooks, sessions: sessions, idempotency: Idempotency(answers)
        ).install(on: router)
        InternalPaymentRoutes(refunds: refunds, admin: admin).install(on: router.group(use: internalAuth))
        return router
    }
}
