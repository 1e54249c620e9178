// The composition of ticket: its parts on the process's pools, and what they hear from other processes.
import TiketiCore
import TiketiStore

enum TicketApp {
    static func make(_ runtime: ServiceRuntime, _ config: TicketConfig) -> ServiceApp {
        let payments = InternalPaymentClient(
            client: InternalClient(base: runtime.config.services.payment, token: runtime.config.internalToken, http: runtime.http))
        let distrust = CacheDistrust()
        let listening = distrust.listen(runtime.config.redis, loop: runtime.group.next())
        let idempotency = PostgresIdempotencyStore(runtime.postgres, table: "ticket_schema.idempotency_keys")
        var parts = TicketParts(
            postgres: runtime.postgres, redis: runtime.redis, queueRedis: runtime.queueRedis, group: runtime.group,
            blocking: runtime.blocking, logger: runtime.logger,
            metrics: runtime.metrics, payments: payments, config: config, distrust: distrust)
        parts.idempotency = idempotency
        return ServiceApp(
            router: parts.router(authentication: runtime.authentication, internalAuth: runtime.internalAuth),
            services: parts.jobs + [RedisListener(listening), idempotency.cleaner(runtime), evictionWatch(runtime)])
    }

    /// An evicted place is lost, so whoever keeps places says when that can happen.
    private static func evictionWatch(_ runtime: ServiceRuntime) -> Job {
        let watch = EvictionWatch(
            runtime.queueRedis, setting: runtime.config.queueRedis == nil ? "REDIS_URL" : "QUEUE_REDIS_URL",
            isStrict: runtime.config.environment != .development, logger: runtime.logger,
            evicts: runtime.metrics.gauge(.queueRedisEvicts))
        return Job("queue-redis", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) { await watch.tick() }
    }
}
