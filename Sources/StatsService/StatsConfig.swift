// Every setting of stats beyond the common ones.
import TiketiCore

struct StatsConfig: Sendable {
    /// Between two looks at the feed of facts when there was nothing new.
    var pollInterval: Duration

    init(_ environment: inout EnvironmentReader) {
        pollInterval = .milliseconds(environment.int("STATS_POLL_MS", default: 1000, in: 10...600_000))
    }
}
