// What the gateway counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let serviceUp = MetricFamily("tiketi_service_up", "Whether a service answered the last scrape.")
}
