// The composition of ticket: stores, services, jobs, routes, in the order they need each other.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

enum TicketApp {
    static func make(_ runtime: ServiceRuntime, _ config: TicketConfig) -> ServiceApp {
        let payments = InternalPaymentClient(
            client: InternalClient(base: runtime.config.services.payment, token: runtime.config.internalToken, http: runtime.http))
        let distrust = CacheDistrust()
        let listening = distrust.listen(runtime.config.redis, loop: runtime.group.next())
        let idempotency = PostgresIdempotencyStore(runtime.postgres, table: "ticket_schema.idempotency_keys")
        var parts = TicketParts(
            postgres: runtime.postgres, redis: runtime.redis, group: runtime.group, blocking: runtime.blocking, logger: runtime.logger,
            metrics: runtime.metrics, payments: payments, config: config, distrust: distrust)
        parts.idempotency = idempotency
        return ServiceApp(
            router: parts.router(authentication: runtime.authentication, internalAuth: runtime.internalAuth),
            services: parts.jobs + [RedisListener(listening), idempotency.cleaner(runtime)])
    }
}
