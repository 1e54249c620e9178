// What Prometheus sees of the Socket.IO server.
import TiketiCore
import TiketiRealtime

enum RealtimeMetrics {
    static func register(_ server: SocketIOServer, in metrics: MetricsRegistry) {
        let statistics = server.statistics
        metrics.gauge("tiketi_socket_connections", "Open Socket.IO connections.") { Double(statistics.current.load(ordering: .relaxed)) }
        metrics.counter(
            "tiketi_socket_connections_total", "Socket.IO connections opened.",
            reading: { Double(statistics.opened.load(ordering: .relaxed)) })
        metrics.counter(
            "tiketi_socket_upgrades_total", "Connections that went from polling to WebSocket.",
            reading: { Double(statistics.upgrades.load(ordering: .relaxed)) })
        metrics.counter(
            "tiketi_socket_dropped_total", "Volatile packets dropped for slow clients.",
            reading: { Double(statistics.dropped.load(ordering: .relaxed)) })
        metrics.counter(
            "tiketi_socket_refused_messages_total", "Messages passed over because they were nested too deeply.",
            reading: { Double(statistics.refusedMessages.load(ordering: .relaxed)) })
        metrics.gauge("tiketi_socket_websockets", "Open Socket.IO connections that use a WebSocket; the others poll.") {
            Double(statistics.websockets.load(ordering: .relaxed))
        }
        metrics.gauge("tiketi_socket_queued_bytes", "Bytes that wait for slow clients.") {
            Double(statistics.queuedBytes.load(ordering: .relaxed))
        }
        metrics.gauge("tiketi_socket_unfinished_bytes", "Bytes of messages whose end has not come, beyond 16 kB of each.") {
            Double(server.unfinished.current)
        }
        metrics.gauge("tiketi_socket_rings", "Event loops whose broadcasts have gone out by io_uring.") { Double(server.rings) }
        for cause in EngineRefusal.allCases {
            metrics.counter(
                "tiketi_socket_refused_total", "New connections turned away, by cause.", labels: [("cause", cause.rawValue)],
                reading: { Double(statistics.refusedByCause[cause] ?? 0) })
        }
        let recovery = server.recoveryStatistics
        metrics.counter(
            "tiketi_socket_replayed_total", "Messages sent again to clients that recovered.",
            reading: { Double(recovery.replayed.load(ordering: .relaxed)) })
        for outcome in SocketRecoveryOutcome.allCases {
            metrics.counter(
                "tiketi_socket_recoveries_total", "Attempts of clients to continue a session, by outcome.",
                labels: [("outcome", outcome.rawValue)], reading: { Double(recovery.byOutcome[outcome] ?? 0) })
        }
        for reason in EngineCloseReason.allCases {
            metrics.counter(
                "tiketi_socket_closed_total", "Socket.IO connections closed, by reason.", labels: [("reason", reason.rawValue)],
                reading: { Double(statistics.closedByReason[reason] ?? 0) })
        }
    }
}
