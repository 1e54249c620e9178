// The composition of payment: its parts, on the process's pools.
import TiketiCore

enum PaymentApp {
    static func make(_ runtime: ServiceRuntime, _ config: PaymentConfig) -> ServiceApp {
        let parts = PaymentParts(
            postgres: runtime.postgres, redis: runtime.redis, http: runtime.http,
            ticket: InternalClient(base: runtime.config.services.ticket, token: runtime.config.internalToken, http: runtime.http),
            group: runtime.group, logger: runtime.logger, metrics: runtime.metrics, config: config)
        return ServiceApp(
            router: parts.router(authentication: runtime.authentication, internalAuth: runtime.internalAuth), services: parts.jobs)
    }
}
