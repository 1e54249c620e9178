// What Prometheus sees of the Socket.IO server.
import TiketiCore
import TiketiRealtime

enum RealtimeMetrics {
    static func gaps(_ metrics: MetricsRegistry) -> Counter {
        metrics.counter(.socketFeedGaps)
    }

    static func fanout(_ metrics: MetricsRegistry) -> Histogram {
        metrics.histogram(
            .socketFanout,
            buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25])
    }

    static func register(_ server: SocketIOServer, in metrics: MetricsRegistry) {
        let statistics = server.statistics
        metrics.gauge(.openSockets) { Double(statistics.current.load(ordering: .relaxed)) }
        metrics.counter(
            .openedSockets,
            reading: { Double(statistics.opened.load(ordering: .relaxed)) })
        metrics.counter(
            .socketUpgrades,
            reading: { Double(statistics.upgrades.load(ordering: .relaxed)) })
        metrics.counter(
            .socketDropped,
            reading: { Double(statistics.dropped.load(ordering: .relaxed)) })
        metrics.counter(
            .socketRefusedMessages,
            reading: { Double(statistics.refusedMessages.load(ordering: .relaxed)) })
        metrics.gauge(.socketWebsockets) {
            Double(statistics.websockets.load(ordering: .relaxed))
        }
        metrics.gauge(.socketQueuedBytes) {
            Double(statistics.queuedBytes.load(ordering: .relaxed))
        }
        metrics.gauge(.socketUnfinishedBytes) {
            Double(server.unfinished.current)
        }
        metrics.gauge(.socketRings) { Double(server.rings) }
        for cause in EngineRefusal.allCases {
            metrics.counter(
                .socketRefused, labels: [("cause", cause.rawValue)],
                reading: { Double(statistics.refusedByCause[cause] ?? 0) })
        }
        let recovery = server.recoveryStatistics
        metrics.counter(
            .socketReplayed,
            reading: { Double(recovery.replayed.load(ordering: .relaxed)) })
        for outcome in SocketRecoveryOutcome.allCases {
            metrics.counter(
                .socketRecoveries,
                labels: [("outcome", outcome.rawValue)], reading: { Double(recovery.byOutcome[outcome] ?? 0) })
        }
        for reason in EngineCloseReason.allCases {
            metrics.counter(
                .socketClosed, labels: [("reason", reason.rawValue)],
                reading: { Double(statistics.closedByReason[reason] ?? 0) })
        }
    }
}
