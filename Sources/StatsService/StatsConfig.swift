// Every setting of stats beyond the common ones.
import TiketiCore

/// The settings of stats (docs/configuration.md).
struct StatsConfig: ServiceConfig {
    /// Between two looks at the feed of facts when there was nothing new.
    var pollInterval: Duration

    init(_ environment: inout EnvironmentReader) {
        pollInterval = environment.duration("STATS_POLL_MS", default: 1000, in: 10...600_000)
    }
}
