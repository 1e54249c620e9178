// Numbers about a pool for metrics: counted with relaxed atomics on the loops, read from anywhere.
import Synchronization

/// A counter or gauge.
final class PostgresCounter: Sendable {
    private let value = Atomic<Int>(0)

    func add(_ amount: Int = 1) {
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    var current: Int { value.load(ordering: .relaxed) }
}

/// The counters of one pool, shared by its loops.
final class PostgresCounters: Sendable {
    let statements = PostgresCounter()
    let errors = PostgresCounter()
    let transactions = PostgresCounter()
    let retries = PostgresCounter()
    let cancellations = PostgresCounter()
    let acquireTimeouts = PostgresCounter()
    let refused = PostgresCounter()
    let opened = PostgresCounter()
    let connectFailures = PostgresCounter()
    let lost = PostgresCounter()
    let readConnections = PostgresCounter()
    let writeConnections = PostgresCounter()
    let writeInUse = PostgresCounter()
    let waiting = PostgresCounter()
}

/// A snapshot of a pool's counters since its start, and of its gauges now.
public struct PostgresStatistics: Sendable, Hashable {
    public let statements: Int
    public let errors: Int
    public let transactions: Int
    /// Transactions run again after a serialization failure or a deadlock.
    public let retries: Int
    public let cancellations: Int
    /// Callers who waited for a connection until their deadline.
    public let acquireTimeouts: Int
    /// Callers turned away at once, because the database is away or the queue is full.
    public let refused: Int
    public let connectionsOpened: Int
    public let connectFailures: Int
    public let connectionsLost: Int
    // Gauges.
    public let readConnections: Int
    public let writeConnections: Int
    public let writeConnectionsInUse: Int
    public let waiting: Int

    init(_ counters: PostgresCounters) {
        statements = counters.statements.current
        errors = counters.errors.current
        transactions = counters.transactions.current
        retries = counters.retries.current
        cancellations = counters.cancellations.current
        acquireTimeouts = counters.acquireTimeouts.current
        refused = counters.refused.current
        connectionsOpened = counters.opened.current
        connectFailures = counters.connectFailures.current
        connectionsLost = counters.lost.current
        readConnections = counters.readConnections.current
        writeConnections = counters.writeConnections.current
        writeConnectionsInUse = counters.writeInUse.current
        waiting = counters.waiting.current
    }
}
