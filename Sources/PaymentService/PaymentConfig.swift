// Every setting of payment beyond the common ones.
import TiketiCore
import TiketiRealtime

/// What one payment process is told by its environment (docs/configuration.md), and what only tests change.
struct PaymentConfig: ServiceConfig {
    enum DeclinePolicy: String, Sendable, CaseIterable {
        /// A declined payment ends the reservation and frees its seats.
        case cancel
        /// The hold lives on until its own end; the buyer may try another card with a new order.
        case keep
    }

    var tossURL: ServiceURL
    var tossSecretKey: String
    /// One confirm call may take this long; the buyer is answered long before.
    var tossTimeout: Duration
    var declinePolicy: DeclinePolicy
    /// How hubs hear of payments.
    var hubWire: HubWire
    /// How long a reservation is kept for one order in all (docs/specification.md §3.6).
    var limits: SettlementLimits
    /// How long a silent driver keeps a payment.
    var driverPatience: Duration
    var reconcileInterval: Duration
    var reconcileConcurrency: Int
    /// Refunds of cancelled events that one process begins in a second; Toss limits its callers.
    var refundsPerSecond: Int

    // Not settings: what only tests change.

    var tossConnectTimeout: Duration = .seconds(3)
    /// How long a buyer waits for a final answer before 202.
    var answerTime: Duration = .seconds(20)
    /// How long another service waits for a refund before 202.
    var refundAnswerTime: Duration = .seconds(7)
    /// How long ticket keeps the seats for a payment of which nobody hears any more: longer than an outage that people act on.
    var leaseTime: Duration = .seconds(600)
    /// Between two counts of what is left to do, for the gauges.
    var backlogInterval: Duration = .seconds(10)
    /// An order that nobody came to pay is closed after this time; no reservation lives longer than a day.
    var abandonTime: Duration = .seconds(90_000)

    init(_ environment: inout EnvironmentReader) {
        tossURL = environment.url("TOSS_API_URL", default: "http://127.0.0.1:4010")
        if environment.isProduction, !tossURL.isSecure { environment.problem("TOSS_API_URL", "must be https in production") }
        tossSecretKey = environment.secret("TOSS_SECRET_KEY", developmentDefault: "test_sk_development")
        tossTimeout = environment.duration("TOSS_TIMEOUT_SECONDS", default: 60, in: 1...120)
        declinePolicy = environment.choice("PAYMENT_DECLINE_POLICY", default: .cancel)
        hubWire = environment.choice("SOCKET_IO_ADAPTER", default: .classic)
        limits = SettlementLimits(lease: environment.duration("PAYMENT_LEASE_LIMIT_SECONDS", default: 900, in: 10...86_400))
        driverPatience = environment.duration("PAYMENT_DRIVER_SECONDS", default: 20, in: 1...600)
        reconcileInterval = environment.duration("PAYMENT_RECONCILE_SECONDS", default: 1, in: 1...60)
        reconcileConcurrency = environment.int("PAYMENT_RECONCILE_CONCURRENCY", default: 16, in: 1...256)
        refundsPerSecond = environment.int("PAYMENT_REFUNDS_PER_SECOND", default: 20, in: 1...1000)
    }
}
