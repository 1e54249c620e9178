// The process's way to PostgreSQL: each event loop has connections of its own, so a statement never leaves the loop of its request.
import TiketiNet

/// A pool of connections. Use it from tasks of the group's event loops; from elsewhere it hops to one of them.
public final class PostgresPool: Sendable {
    let group: EventLoopGroup
    let counters = PostgresCounters()
    private let health = PostgresHealth()
    private let pools: [PostgresLoopPool]

    /// Threads for what libpq and the resolver can only do by blocking: name resolution and cancel requests.
    static let blocking = BlockingPool(name: "postgres", threads: 2, queueLimit: 1024)

    /// Begins to connect at once and keeps trying; see ``state``.
    public init(_ configuration: PostgresConfiguration, group: EventLoopGroup) {
        self.group = group
        let (counters, health) = (counters, health)
        pools = group.loops.map {
            PostgresLoopPool(loop: $0, configuration: configuration, counters: counters, blocking: Self.blocking, health: health)
        }
        for pool in pools { pool.loop.execute { pool.start() } }
    }

    /// Whether statements can be run, for readiness checks.
    public var state: PostgresState { health.state }
    /// Counters and gauges of all loops; cheap, from any thread.
    public var statistics: PostgresStatistics { PostgresStatistics(counters) }

    /// Runs one read-only statement. It shares a connection with other reads and has its own result and its own error.
    ///
    /// The connection refuses writes. A statement the server skipped because of a neighbour's error is sent again unnoticed.
    /// - Parameter timeout: gives up earlier than the configured statement timeout.
    public func read(
        _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        guard let pool = here else {
            return try await hop { pool async throws(PostgresError) in
                try await pool.runRead(sql, parameters, timeout)
            }
        }
        return try await pool.runRead(sql, parameters, timeout)
    }

    /// Runs one statement that commits by itself, on a connection of its own.
    ///
    /// When the connection is lost after the statement was sent, the error is `outcomeUnknown`: it may have been committed.
    /// - Parameter timeout: asks the server to stop the statement earlier than the configured statement timeout.
    @discardableResult
    public func execute(
        _ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        guard let pool = here else {
            return try await hop { pool async throws(PostgresError) in
                try await pool.runWrite(sql, parameters, timeout)
            }
        }
        return try await pool.runWrite(sql, parameters, timeout)
    }

    /// Refuses new work, lets running statements finish for `grace` and closes all connections.
    public func close(grace: Duration = .seconds(5)) async {
        for pool in pools {
            if pool.loop.isCurrent {
                await pool.close(grace: grace)
            } else {
                try? await pool.loop.run { await pool.close(grace: grace) }
            }
        }
    }

    /// The connections of the running loop; nil off the group's loops.
    var here: PostgresLoopPool? {
        guard let loop = EventLoop.current, loop.index < pools.count, pools[loop.index].loop === loop else { return nil }
        return pools[loop.index]
    }

    /// Runs `body` on one of the group's loops.
    private func hop<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresLoopPool) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let loop = group.next()
        let pool = pools[loop.index]
        do {
            return try await loop.run { try await body(pool) }
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.cancelled, "\(error)")
        }
    }
}

extension PostgresLoopPool {
    func runRead(_ sql: String, _ parameters: [PostgresValue], _ timeout: Duration?) async throws(PostgresError) -> PostgresRows {
        let operation = PostgresOperation(sql, parameters, onFailure: .resend, commit: .never)
        read(operation)
        guard let timeout else { return try await operation.value().get() }
        let timer = loop.schedule(after: timeout) { [blocking] in
            guard !operation.isAnswered else { return }
            if let connection = operation.connection, connection.isRunning(operation) { connection.cancelRunning(on: blocking) }
            operation.fail(PostgresError(.timeout, "no answer within \(timeout.wholeMilliseconds) ms"))
        }
        defer { timer.cancel() }
        return try await operation.value().get()
    }

    func runWrite(_ sql: String, _ parameters: [PostgresValue], _ timeout: Duration?) async throws(PostgresError) -> PostgresRows {
        let connection = try await acquire()
        defer { release(connection) }
        let operation = PostgresOperation(sql, parameters, onFailure: .resend, commit: .onSynchronization)
        connection.submit(operation)
        guard let timeout else { return try await operation.value().get() }
        // Only the server knows whether the statement was still stopped in time, so its answer is awaited.
        let timer = loop.schedule(after: timeout) { [blocking] in
            if !operation.isAnswered { connection.cancelRunning(on: blocking) }
        }
        defer { timer.cancel() }
        return try await operation.value().get()
    }
}
