/// Gauges of the machinery: event loops, PostgreSQL pool, Redis connections, sockets; read when scraped.

import TiketiNet
import TiketiStore

internal enum RuntimeMetrics {
    static func register(loops: [EventLoop], in registry: MetricsRegistry) {
        for loop in loops {
            let labels: MetricsRegistry.Labels = [("loop", String(loop.index))]
            let statistics = loop.statistics
            registry.counter("tiketi_event_loop_busy_seconds_total", "Time a loop spent working.", labels: labels) {
                Double(statistics.busyNanoseconds) / 1e9
            }
            registry.counter("tiketi_event_loop_ticks_total", "Turns of a loop.", labels: labels) { Double(statistics.ticks) }
            registry.gauge("tiketi_event_loop_longest_tick_seconds", "Longest turn since the last scrape.", labels: labels) {
                Double(statistics.takeLongestTick()) / 1e9
            }
            registry.gauge("tiketi_event_loop_descriptors", "Descriptors a loop watches.", labels: labels) {
                Double(statistics.descriptors)
            }
        }
    }

    static func register(_ pool: PostgresPool, in registry: MetricsRegistry) {
        func counter(_ name: String, _ help: String, _ read: @escaping @Sendable (PostgresStatistics) -> Int) {
            registry.counter(name, help, reading: { Double(read(pool.statistics)) })
        }
        func gauge(
            _ name: String, _ help: String, labels: MetricsRegistry.Labels = [], _ read: @escaping @Sendable (PostgresStatistics) -> Int
        ) {
            registry.gauge(name, help, labels: labels) { Double(read(pool.statistics)) }
        }
        registry.gauge("tiketi_postgres_up", "Whether a PostgreSQL connection is up.") { pool.state.isReady ? 1 : 0 }
        gauge("tiketi_postgres_connections", "Open connections.", labels: [("kind", "read")]) { $0.readConnections }
        gauge("tiketi_postgres_connections", "Open connections.", labels: [("kind", "write")]) { $0.writeConnections }
        gauge("tiketi_postgres_connections_in_use", "Exclusive connections at work.") { $0.writeConnectionsInUse }
        gauge("tiketi_postgres_waiting", "Callers that wait for a connection.") { $0.waiting }
        counter("tiketi_postgres_statements_total", "Statements sent.") { $0.statements }
        counter("tiketi_postgres_errors_total", "Statements that failed.") { $0.errors }
        counter("tiketi_postgres_transactions_total", "Transactions begun.") { $0.transactions }
        counter("tiketi_postgres_retries_total", "Transactions run again after a conflict.") { $0.retries }
        counter("tiketi_postgres_acquire_timeouts_total", "Callers that got no connection in time.") { $0.acquireTimeouts }
        counter("tiketi_postgres_connections_lost_total", "Connections that broke.") { $0.connectionsLost }
    }

    /// - Parameter labels: Which Redis it is, when it is not the common one.
    static func register(_ client: RedisClient, labels: MetricsRegistry.Labels = [], in registry: MetricsRegistry) {
        let statistics = client.statistics
        registry.gauge("tiketi_redis_up", "Whether a Redis connection is up.", labels: labels) { client.isAvailable ? 1 : 0 }
        registry.gauge("tiketi_redis_connections", "Connections that take commands.", labels: labels) {
            Double(statistics.readyConnections)
        }
        registry.counter("tiketi_redis_connects_total", "Connections made.", labels: labels) { Double(statistics.connections) }
        registry.counter("tiketi_redis_timeouts_total", "Commands given up at their deadline.", labels: labels) {
            Double(statistics.timeouts)
        }
    }

    static func register(_ server: HTTPServer, in registry: MetricsRegistry) {
        registry.gauge("tiketi_http_open_connections", "Open HTTP connections.") { Double(server.openConnections) }
    }
}
