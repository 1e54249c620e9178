// What auth counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let passwordQueue = MetricFamily("tiketi_password_queue", "Passwords that wait for a hashing thread.")
}
