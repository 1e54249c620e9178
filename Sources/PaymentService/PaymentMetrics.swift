// What payment counts.
import TiketiCore

/// Counters and gauges of the payment service; every alarm named here is explained in docs/operations.md.
final class PaymentMetrics: Sendable {
    private let outcomes: [PaymentStatus: Counter]
    private let alarms: [String: Counter]
    private let unfinished: [PaymentPhase: Gauge]
    private let oldest: Gauge
    private let alarmed: Gauge
    private let queuedRefunds: Gauge
    private let abandonedOrders: Counter

    static let alarmReasons = ["configuration", "refund_refused", "difference", "paid_after_failed", "outcome_unknown"]

    init(_ registry: MetricsRegistry) {
        var outcomes: [PaymentStatus: Counter] = [:]
        for status in PaymentStatus.allCases {
            outcomes[status] = registry.counter(.paymentsProcessed, labels: [("status", status.rawValue)])
        }
        self.outcomes = outcomes
        var alarms: [String: Counter] = [:]
        for reason in Self.alarmReasons {
            alarms[reason] = registry.counter(.paymentAlarms, labels: [("reason", reason)])
        }
        self.alarms = alarms
        var unfinished: [PaymentPhase: Gauge] = [:]
        for phase in PaymentPhase.allCases {
            unfinished[phase] = registry.gauge(
                .paymentsUnfinished, labels: [("phase", phase.rawValue)]
            )
        }
        self.unfinished = unfinished
        oldest = registry.gauge(.oldestUnfinishedPayment)
        alarmed = registry.gauge(.paymentsAlarmed)
        queuedRefunds = registry.gauge(.paymentsRefundsQueued)
        abandonedOrders = registry.counter(.paymentsAbandoned)
    }

    /// `pending` counts buyers who were answered 202.
    func processed(_ status: PaymentStatus) { outcomes[status]?.increment() }

    func alarm(_ reason: String) { alarms[reason]?.increment() }

    func abandoned(_ orders: Int) { abandonedOrders.increment(by: UInt64(orders)) }

    func backlog(_ backlog: PaymentBacklog) {
        for (phase, gauge) in unfinished { gauge.set(backlog.unfinished[phase] ?? 0) }
        oldest.set(backlog.oldestSeconds)
        alarmed.set(backlog.alarmed)
        queuedRefunds.set(backlog.queuedRefunds)
    }
}
