// What stats counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let statsFactsApplied = MetricFamily("tiketi_stats_facts_applied_total", "Facts of other services applied to the rollups.")
}
