// Where an answered request leaves its traces: metrics, access log, and the log of what went wrong.
import Logging

/// Who hears of each answered request.
public struct RouterObservers: Sendable {
    var metrics: MetricsRegistry?
    var accessLog: AccessLog?
    /// Base of `RequestContext.logger`.
    var logger: Logger

    /// Nothing is counted or logged by access unless given; faults of ours are always logged.
    public init(metrics: MetricsRegistry? = nil, accessLog: AccessLog? = nil, logger: Logger = Logger(label: "tiketi")) {
        self.metrics = metrics
        self.accessLog = accessLog
        self.logger = logger
    }
}
