import TiketiCore

/// Every setting of the payment service beside the common ones.
public struct PaymentConfig: Sendable {
    public enum DeclinePolicy: String, Sendable, CaseIterable {
        /// A declined payment ends the reservation and frees its seats.
        case cancel
        /// The hold lives on until its own end; the buyer may try another card with a new order.
        case keep
    }

    public var tossURL: ServiceURL
    public var tossSecretKey: String
    /// One confirm call may take this long; the buyer is answered long before.
    public var tossTimeoutSeconds: Int = 60
    public var tossConnectSeconds: Int = 3
    public var declinePolicy: DeclinePolicy = .cancel
    /// How long a buyer waits for a final answer before 202.
    public var answerSeconds: Double = 20
    /// How long another service waits for a refund before 202.
    public var refundAnswerSeconds: Double = 7
    /// How long ticket keeps the seats for a payment of which nobody hears any more: longer than an outage that people act on.
    public var leaseSeconds: Int = 600
    /// How long a silent driver keeps a payment.
    public var driverSeconds: Int = 20
    public var reconcileIntervalSeconds: Double = 1
    public var reconcileConcurrency: Int = 16
    /// Refunds of cancelled events that one process begins in a second; Toss limits its callers.
    public var refundsPerSecond: Int = 20
    /// An order that nobody came to pay is closed after this time; no reservation lives longer than a day.
    public var abandonSeconds: Int = 90_000

    public init(tossURL: ServiceURL, tossSecretKey: String) {
        self.tossURL = tossURL
        self.tossSecretKey = tossSecretKey
    }

    public init(_ environment: inout EnvironmentReader) {
        tossURL = environment.url("TOSS_API_URL", default: "http://127.0.0.1:4010")
        if environment.isProduction, !tossURL.isSecure { environment.problem("TOSS_API_URL", "must be https in production") }
        tossSecretKey = environment.secret("TOSS_SECRET_KEY", developmentDefault: "test_sk_development")
        tossTimeoutSeconds = environment.int("TOSS_TIMEOUT_SECONDS", default: 60, in: 1...120)
        declinePolicy = environment.choice("PAYMENT_DECLINE_POLICY", default: .cancel)
        driverSeconds = environment.int("PAYMENT_DRIVER_SECONDS", default: 20, in: 1...600)
        reconcileIntervalSeconds = Double(environment.int("PAYMENT_RECONCILE_SECONDS", default: 1, in: 1...60))
        reconcileConcurrency = environment.int("PAYMENT_RECONCILE_CONCURRENCY", default: 16, in: 1...256)
        refundsPerSecond = environment.int("PAYMENT_REFUNDS_PER_SECOND", default: 20, in: 1...1000)
    }
}
