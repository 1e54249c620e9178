// The composition of the simulator: the books, and the routes over them.
import TiketiCore
import TiketiNet

/// A stand-in for TossPayments: the same HTTP API, books in memory, and misbehaviour on demand. Never part of production.
enum SimulatorApp {
    static func make(_ runtime: ServiceRuntime, _ config: SimulatorConfig) -> ServiceApp {
        ServiceApp(router: router(config, http: runtime.http))
    }

    static func router(_ config: SimulatorConfig, http: HTTPClient) -> Router {
        let bank = Bank(window: config.window)
        let webhooks = WebhookSender(http: http, target: config.webhookURL)
        let router = Router()
        router.use(OpenOrigin())
        TossRoutes(bank: bank, webhooks: webhooks, secretKey: config.secretKey).install(on: router)
        SimulatorRoutes(bank: bank, webhooks: webhooks).install(on: router)
        return router
    }
}
