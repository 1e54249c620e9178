// Gauges of the machinery: event loops, PostgreSQL pool, Redis connections, sockets; read when scraped.

import TiketiNet
import TiketiStore

/// What is registered for each part of a process; nothing is kept here, the parts are asked at each scrape.
internal enum RuntimeMetrics {
    static func register(loops: [EventLoop], in registry: MetricsRegistry) {
        for loop in loops {
            let labels: MetricsRegistry.Labels = [("loop", String(loop.index))]
            let statistics = loop.statistics
            registry.counter(.loopBusy, labels: labels) {
                Double(statistics.busyNanoseconds) / 1e9
            }
            registry.counter(.loopTicks, labels: labels) { Double(statistics.ticks) }
            registry.gauge(.loopLongestTick, labels: labels) {
                Double(statistics.takeLongestTick()) / 1e9
            }
            registry.gauge(.loopDescriptors, labels: labels) {
                Double(statistics.descriptors)
            }
        }
    }

    static func register(_ pool: PostgresPool, in registry: MetricsRegistry) {
        func counter(_ family: MetricFamily, _ read: @escaping @Sendable (PostgresStatistics) -> Int) {
            registry.counter(family, reading: { Double(read(pool.statistics)) })
        }
        func gauge(
            _ family: MetricFamily, labels: MetricsRegistry.Labels = [], _ read: @escaping @Sendable (PostgresStatistics) -> Int
        ) {
            registry.gauge(family, labels: labels) { Double(read(pool.statistics)) }
        }
        registry.gauge(.postgresUp) { pool.state.isReady ? 1 : 0 }
        gauge(.postgresConnections, labels: [("kind", "read")]) { $0.readConnections }
        gauge(.postgresConnections, labels: [("kind", "write")]) { $0.writeConnections }
        gauge(.postgresConnectionsInUse) { $0.writeConnectionsInUse }
        gauge(.postgresWaiting) { $0.waiting }
        counter(.postgresStatements) { $0.statements }
        counter(.postgresErrors) { $0.errors }
        counter(.postgresTransactions) { $0.transactions }
        counter(.postgresRetries) { $0.retries }
        counter(.postgresAcquireTimeouts) { $0.acquireTimeouts }
        counter(.postgresConnectionsLost) { $0.connectionsLost }
    }

    /// - Parameter labels: Which Redis it is, when it is not the common one.
    static func register(_ client: RedisClient, labels: MetricsRegistry.Labels = [], in registry: MetricsRegistry) {
        let statistics = client.statistics
        registry.gauge(.redisUp, labels: labels) { client.isAvailable ? 1 : 0 }
        registry.gauge(.redisConnections, labels: labels) {
            Double(statistics.readyConnections)
        }
        registry.counter(.redisConnects, labels: labels) { Double(statistics.connections) }
        registry.counter(.redisTimeouts, labels: labels) {
            Double(statistics.timeouts)
        }
    }

    static func register(_ server: HTTPServer, in registry: MetricsRegistry) {
        registry.gauge(.httpOpenConnections) { Double(server.openConnections) }
    }
}
