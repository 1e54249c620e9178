// Where an answered request leaves its traces: metrics, access log, and the log of what went wrong.
import Logging

/// Who hears of each answered request.
public struct RouterObservers: Sendable {
    public var metrics: MetricsRegistry?
    public var accessLog: AccessLog?
    /// Base of `RequestContext.logger`.
    public var logger: Logger

    public init(metrics: MetricsRegistry? = nil, accessLog: AccessLog? = nil, logger: Logger = Logger(label: "tiketi")) {
        self.metrics = metrics
        self.accessLog = accessLog
        self.logger = logger
    }
}
