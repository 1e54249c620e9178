// Every setting of the simulator beyond the common ones, with its default and check.
import TiketiCore

/// The settings of the simulator (docs/configuration.md).
struct SimulatorConfig: ServiceConfig {
    /// nil accepts every key that begins with `test_`.
    var secretKey: String?
    var webhookURL: ServiceURL?
    /// How long after the window a payment may be confirmed.
    var window: Duration

    init(_ environment: inout EnvironmentReader) {
        secretKey = environment.optionalString("TOSS_SECRET_KEY")
        webhookURL = environment.optionalURL("TOSS_WEBHOOK_URL")
        window = environment.duration("TOSS_SIMULATOR_WINDOW_SECONDS", default: 600, in: 1...86_400)
    }
}
