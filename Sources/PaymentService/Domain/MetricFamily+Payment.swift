// What payment counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let paymentsProcessed = MetricFamily("tiketi_payments_processed_total", "Payments that reached an outcome.")
    static let paymentAlarms = MetricFamily("tiketi_payment_alarms_total", "Events that need an operator.")
    static let paymentsUnfinished = MetricFamily("tiketi_payments_unfinished", "Payments on their way, as the reconciler last saw them.")
    static let oldestUnfinishedPayment = MetricFamily(
        "tiketi_payments_oldest_unfinished_seconds", "Since the oldest unfinished payment began, queued refunds apart.")
    static let paymentsAlarmed = MetricFamily("tiketi_payments_alarmed", "Payments that need an operator.")
    static let paymentsRefundsQueued = MetricFamily(
        "tiketi_payments_refunds_queued", "Refunds of cancelled events that wait for their turn.")
    static let paymentsAbandoned = MetricFamily("tiketi_payments_abandoned_total", "Orders closed because nobody came to pay.")
}
