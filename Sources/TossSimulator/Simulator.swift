// A stand-in for TossPayments: the same HTTP API, books in memory, and misbehaviour on demand. Never part of production.
import TiketiCore
import TiketiNet

/// A stand-in for TossPayments: the same HTTP API, books in memory, and misbehaviour on demand. Never part of production.
public struct Simulator {
    public struct Settings: Sendable {
        /// nil accepts every key that begins with `test_`.
        public var secretKey: String?
        public var webhookURL: ServiceURL?
        /// How long after the window a payment may be confirmed.
        public var windowSeconds = 600

        public init() {}

        public init(_ environment: inout EnvironmentReader) {
            secretKey = environment.optionalString("TOSS_SECRET_KEY")
            webhookURL = environment.optionalURL("TOSS_WEBHOOK_URL")
            windowSeconds = environment.int("TOSS_SIMULATOR_WINDOW_SECONDS", default: 600, in: 1...86_400)
        }
    }

    public let router: Router

    public init(_ settings: Settings, http: HTTPClient) {
        let bank = Bank(windowSeconds: settings.windowSeconds)
        let webhooks = WebhookSender(http: http, target: settings.webhookURL)
        router = Router()
        router.use(OpenOrigin())
        TossRoutes(bank: bank, webhooks: webhooks, secretKey: settings.secretKey).add(to: router)
        SimulatorRoutes(bank: bank, webhooks: webhooks).add(to: router)
    }
}
