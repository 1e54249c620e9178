// What realtime counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let socketFeedGaps = MetricFamily("tiketi_socket_feed_gaps_total", "Times the Redis feed was interrupted.")
    static let socketFanout = MetricFamily(
        "tiketi_socket_fanout_seconds", "From a message's arrival to its last local delivery, on one event loop.")
    static let openSockets = MetricFamily("tiketi_socket_connections", "Open Socket.IO connections.")
    static let openedSockets = MetricFamily("tiketi_socket_connections_total", "Socket.IO connections opened.")
    static let socketUpgrades = MetricFamily("tiketi_socket_upgrades_total", "Connections that went from polling to WebSocket.")
    static let socketDropped = MetricFamily("tiketi_socket_dropped_total", "Volatile packets dropped for slow clients.")
    static let socketRefusedMessages = MetricFamily(
        "tiketi_socket_refused_messages_total", "Messages passed over because they were nested too deeply.")
    static let socketWebsockets = MetricFamily(
        "tiketi_socket_websockets", "Open Socket.IO connections that use a WebSocket; the others poll.")
    static let socketQueuedBytes = MetricFamily("tiketi_socket_queued_bytes", "Bytes that wait for slow clients.")
    static let socketUnfinishedBytes = MetricFamily(
        "tiketi_socket_unfinished_bytes", "Bytes of messages whose end has not come, beyond 16 kB of each.")
    static let socketRings = MetricFamily("tiketi_socket_rings", "Event loops whose broadcasts have gone out by io_uring.")
    static let socketRefused = MetricFamily("tiketi_socket_refused_total", "New connections turned away, by cause.")
    static let socketReplayed = MetricFamily("tiketi_socket_replayed_total", "Messages sent again to clients that recovered.")
    static let socketRecoveries = MetricFamily("tiketi_socket_recoveries_total", "Attempts of clients to continue a session, by outcome.")
    static let socketClosed = MetricFamily("tiketi_socket_closed_total", "Socket.IO connections closed, by reason.")
}
