// The parts of ticket and how they are wired: stores, services, jobs, routes, in the order they need each other.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Everything ticket is made of; tests make it with their own pools and a payment service of their own.
struct TicketParts: Sendable {
    let config: TicketConfig
    let blocking: BlockingPool
    let announcer: Announcer
    let seatStore: SeatStore
    let seats: SeatService
    let maps: SeatMapService
    let events: EventService
    let reservations: ReservationService
    let cleaner: ReservationCleaner
    let updater: StatusUpdater
    let refunds: RefundJob
    let queue: QueueService
    let jobs: [any Service]
    var idempotency: (any IdempotencyStore)?
    let sessions: SessionCheck

    init(
        postgres: PostgresPool, redis: RedisClient, queueRedis: RedisClient? = nil, group: EventLoopGroup, blocking: BlockingPool,
        logger: Logger, metrics: MetricsRegistry,
        payments: any PaymentClient, config: TicketConfig, distrust: CacheDistrust = CacheDistrust()
    ) {
        self.config = config
        self.blocking = blocking
        sessions = SessionCheck(postgres: postgres, redis: redis)
        let cache = SnapshotCache(redis: redis)
        announcer = Announcer(
            store: AnnouncementStore(redis: redis, hubWire: config.hubWire),
            languages: AccountLanguageStore(postgres: postgres), hold: config.hold, distrust: distrust, logger: logger,
            metrics: metrics)

        seatStore = SeatStore(postgres: postgres, holdSeconds: config.hold.wholeSeconds, seatsPerUser: config.seatsPerUser)
        let eventStore = EventStore(postgres: postgres)
        let reservationStore = ReservationStore(
            postgres: postgres, holdSeconds: config.hold.wholeSeconds, seatsPerUser: config.seatsPerUser)

        let statuses = StatusService(events: eventStore, announcer: announcer, logger: logger)
        let batcher = HoldBatcher(store: seatStore, announcer: announcer, group: group, limit: config.holdBatchSize, metrics: metrics)
        seats = SeatService(seats: seatStore, batcher: batcher, announcer: announcer)
        maps = SeatMapService(store: SeatMapStore(postgres: postgres, blocking: blocking), cache: cache, distrust: distrust)
        reservations = ReservationService(
            reservations: reservationStore, seats: seats, announcer: announcer, statuses: statuses, payments: payments, logger: logger,
            created: metrics.counter(.reservationsCreated))

        let cleaner = ReservationCleaner(
            seats: seatStore, announcer: announcer, interval: config.cleanerInterval,
            expired: metrics.counter(.reservationsExpired))
        let updater = StatusUpdater(events: eventStore, statuses: statuses, interval: config.statusInterval)
        let refunds = RefundJob(reservations: reservationStore, service: reservations, logger: logger)
        let queue = QueueService(
            store: QueueStore(postgres: postgres, config: config.queue), line: QueueLine(redis: queueRedis ?? redis), announcer: announcer,
            config: config.queue, logger: logger, lengths: QueueLengths(metrics))
        let refundJob = Job("refunds", loop: group.next(), logger: logger, metrics: metrics) { try await refunds.tick() }
        jobs = [
            Job("reservation-cleaner", loop: group.next(), logger: logger, metrics: metrics) { try await cleaner.tick() },
            Job("event-status", loop: group.next(), logger: logger, metrics: metrics) { try await updater.tick() },
            refundJob,
            Job("queue", loop: group.next(), logger: logger, metrics: metrics) { try await queue.tick() },
        ]
        self.queue = queue
        self.cleaner = cleaner
        self.updater = updater
        self.refunds = refunds

        events = EventService(
            events: eventStore, cache: cache, lists: EventListCache(redis: redis), announcer: announcer, statuses: statuses,
            reservations: reservationStore,
            created: metrics.counter(.eventsCreated), queues: queue,
            descriptions: EventDescriptionCache(eventStore), wakeRefunds: { refundJob.wake() })
    }

    func router(authentication: Authentication, internalAuth: InternalAuth) -> Router {
        let router = Router()
        router.use(authentication)
        // After the session's check: an answer is repeated only to who may ask for it.
        let repeats: [any Middleware] = idempotency.map { [Idempotency($0)] } ?? []
        EventRoutes(events: events).install(on: router)
        SeatRoutes(maps: maps, seats: seats, sessions: sessions, repeats: repeats).install(on: router)
        ReservationRoutes(reservations: reservations, sessions: sessions, repeats: repeats).install(on: router)
        QueueRoutes(queue: queue, proofs: QueueProofService(store: queue.store), sessions: sessions).install(on: router)
        let inside = router.group(use: internalAuth)
        InternalQueueRoutes(queue: queue).install(on: inside)
        InternalEventRoutes(events: events, seatsPerUser: config.seatsPerUser).install(on: inside)
        InternalReservationRoutes(reservations: reservations).install(on: inside)
        return router
    }
}
