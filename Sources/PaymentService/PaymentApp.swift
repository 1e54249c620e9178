import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// The composition root: what the payment service is made of, in one place.
public struct PaymentApp {
    public let router: Router
    public let reconciler: Reconciler

    public init(
        config: PaymentConfig, postgres: PostgresPool, http: HTTPClient, ticket: InternalClient, verifier: JWT.Verifier,
        internalToken: String, metrics registry: MetricsRegistry, logger: Logger, group: EventLoopGroup
    ) {
        let store = PaymentStore(postgres: postgres, driverSeconds: config.driverSeconds)
        let metrics = PaymentMetrics(registry)
        let ticket = TicketClient(ticket)
        let saga = PaymentSaga(
            store: store, toss: TossClient(http: http, config: config), ticket: ticket, config: config, metrics: metrics, logger: logger)
        let payments = Payments(store: store, ticket: ticket, saga: saga, config: config, metrics: metrics)
        let refunds = Refunds(store: store, saga: saga, answerSeconds: config.answerSeconds)

        router = Router()
        router.use(Authentication(verifier))
        PaymentRoutes(payments: payments, webhooks: Webhooks(store: store)).add(to: router)
        router.group("/internal", use: InternalAuth(token: internalToken)) {
            InternalRoutes(refunds: refunds, store: store).add(to: $0)
        }
        reconciler = Reconciler(
            store: store, saga: saga, config: config, metrics: metrics, logger: logger, loop: group.next())
    }
}
