// The composition of stats: the followers write the rollups, the reports read them.
import TiketiCore
import TiketiNet
import TiketiStore

enum StatsApp {
    static func make(_ runtime: ServiceRuntime, _ config: StatsConfig) -> ServiceApp {
        let facts: [any FactStore] = [PostgresFactStore(pool: runtime.postgres), PaymentOutcomeStore(pool: runtime.postgres)]
        let reports = ReportService(
            store: PostgresReportStore(pool: runtime.postgres), queueLengths: RedisQueueLengths(redis: runtime.queueRedis).lengths)
        let applied = runtime.metrics.counter(.statsFactsApplied)
        let followers = facts.map { store in
            let follower = FactFollower(facts: store, pause: config.pollInterval) { applied.increment(by: UInt64($0)) }
            return Job("facts-\(store.name)", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
                try await follower.tick()
            }
        }

        let router = Router()
        router.use(runtime.authentication)
        StatsRoutes(reports: reports, sessions: runtime.sessions).install(on: router)
        InternalStatsRoutes(rebuilds: RebuildService(stores: facts)).install(on: router.group(use: runtime.internalAuth))
        return ServiceApp(router: router, services: followers)
    }
}
