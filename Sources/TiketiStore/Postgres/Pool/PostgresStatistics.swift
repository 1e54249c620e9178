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
    /// Statements sent, those inside transactions included.
    public let statements: Int
    /// Statements that failed.
    public let errors: Int
    /// Transactions begun.
    public let transactions: Int
    /// Transactions run again after a serialization failure or a deadlock.
    public let retries: Int
    /// Cancel requests sent, because a caller's deadline had passed or its task was cancelled.
    public let cancellations: Int
    /// Callers who waited for a connection until their deadline.
    public let acquireTimeouts: Int
    /// Callers turned away at once, because the database is away or the queue is full.
    public let refused: Int
    /// Connections made.
    public let connectionsOpened: Int
    /// Attempts to connect that failed.
    public let connectFailures: Int
    /// Connections that broke while in use.
    public let connectionsLost: Int
    // Gauges.
    /// Shared read connections that are up now.
    public let readConnections: Int
    /// Exclusive connections that are up now.
    public let writeConnections: Int
    /// Exclusive connections at work now.
    public let writeConnectionsInUse: Int
    /// Callers that wait for a connection now.
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
