// How much is left to do, for the gauges.

struct PaymentBacklog: Sendable {
    var unfinished: [PaymentPhase: Int] = [:]
    /// Refunds of cancelled events that wait for their turn.
    var queuedRefunds = 0
    /// Since when the oldest payment is under way, queued refunds apart.
    var oldestSeconds = 0
    /// Payments that need an operator, finished ones among them.
    var alarmed = 0
}
