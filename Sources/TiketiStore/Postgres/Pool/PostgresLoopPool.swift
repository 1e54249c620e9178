// The connections of one event loop: a few shared ones for reads, some exclusive ones for writes, and the queues of those who wait.
import DequeModule
import TiketiNet

/// One loop's connections.
///
/// Sendable because it is confined to `loop`: every method but `init` runs on that loop's thread.
final class PostgresLoopPool: @unchecked Sendable {
    let loop: EventLoop
    let configuration: PostgresConfiguration
    let counters: PostgresCounters
    let blocking: BlockingPool
    let health: PostgresHealth
    let types = StatementTypes()

    // Reads.
    var readers: [PostgresConnection] = []
    var backlog = Deque<PostgresOperation>()
    var readSide = PostgresSide()
    // Writes.
    var writers: [PostgresConnection] = []
    var idle: [(connection: PostgresConnection, since: UInt64)] = []
    var waiters = Deque<WriteWaiter>()
    var writeSide = PostgresSide()

    var isClosed = false
    private var watchTimer: LoopTimer?

    /// Someone who waits for an exclusive connection.
    final class WriteWaiter {
        let deadline: UInt64
        let promise = LoopPromise<Result<PostgresConnection, PostgresError>>()

        init(deadline: UInt64) {
            self.deadline = deadline
        }
    }

    init(loop: EventLoop, configuration: PostgresConfiguration, counters: PostgresCounters, blocking: BlockingPool, health: PostgresHealth)
    {
        self.loop = loop
        self.configuration = configuration
        self.counters = counters
        self.blocking = blocking
        self.health = health
    }

    func start() {
        fill()
        watch()
    }

    // MARK: Reads

    /// Runs a read-only statement on the least busy shared connection.
    func read(_ operation: PostgresOperation) {
        loop.preconditionOnLoop()
        if let reader = freeReader() { return reader.submit(operation) }
        if isClosed { return operation.fail(PostgresError(.unavailable, "the pool is closed")) }
        if readers.isEmpty, let error = readSide.away { return refuse(operation, error) }
        guard backlog.count < configuration.maximumWaiters else {
            return refuse(operation, PostgresError(.unavailable, "too many statements wait"))
        }
        operation.deadline = loop.now + configuration.acquireTimeout.nanoseconds
        backlog.append(operation)
        counters.waiting.add()
        watch()
    }

    private func refuse(_ operation: PostgresOperation, _ error: PostgresError) {
        counters.refused.add()
        operation.fail(PostgresError(.unavailable, error.message))
    }

    private func freeReader() -> PostgresConnection? {
        var best: PostgresConnection?
        for reader in readers where reader.depth < (best?.depth ?? configuration.pipelineDepth) { best = reader }
        return best
    }

    func serveBacklog() {
        while !backlog.isEmpty, let reader = freeReader() {
            let operation = backlog.removeFirst()
            counters.waiting.add(-1)
            if !operation.isAnswered { reader.submit(operation) }
        }
    }

    // MARK: Writes

    /// An exclusive connection, in the order of asking. Give it back with `release`.
    func acquire() async throws(PostgresError) -> PostgresConnection {
        loop.preconditionOnLoop()
        guard !isClosed else { throw PostgresError(.unavailable, "the pool is closed") }
        while let (connection, _) = idle.popLast() {
            guard connection.isClean else {
                connection.close(PostgresError(.connectionLost, "the session was left inside a transaction"))
                continue
            }
            counters.writeInUse.add()
            return connection
        }
        if writers.isEmpty, let error = writeSide.away {
            counters.refused.add()
            throw PostgresError(.unavailable, error.message)
        }
        guard waiters.count < configuration.maximumWaiters else {
            counters.refused.add()
            throw PostgresError(.unavailable, "too many callers wait for a connection")
        }
        let waiter = WriteWaiter(deadline: loop.now + configuration.acquireTimeout.nanoseconds)
        waiters.append(waiter)
        counters.waiting.add()
        fill()
        watch()
        return try await waiter.promise.value().get()
    }

    func release(_ connection: PostgresConnection) {
        loop.preconditionOnLoop()
        counters.writeInUse.add(-1)
        guard connection.phase == .ready else { return }
        if connection.refusesWrites { return leaveReadOnlyServer(connection) }
        // A cancel request must not hit the next caller's statement. It may come late, and the postmaster sends its signal twice
        // (to the process and to its group), so that even a statement that was stopped proves nothing.
        guard connection.isClean, !connection.wasCancelled, !isClosed else {
            return connection.close(PostgresError(.connectionLost, "the session is not needed any more"))
        }
        offer(connection)
    }

    /// The server is no primary any more. What else is connected to it would write nothing and read what is out of date: all of it connects
    /// again, to whatever the address now stands for.
    private func leaveReadOnlyServer(_ connection: PostgresConnection) {
        let error = PostgresError(.connectionLost, "the server became read-only")
        let others = readers + idle.map(\.connection)
        connection.close(error)
        for other in others { other.close(error) }
    }

    /// Gives a ready connection to the first who waits.
    func offer(_ connection: PostgresConnection) {
        guard let waiter = waiters.popFirst() else {
            idle.append((connection, loop.now))
            return
        }
        counters.waiting.add(-1)
        counters.writeInUse.add()
        waiter.promise.succeed(.success(connection))
    }

    // MARK: Deadlines

    /// Arms the timer that looks after deadlines: often while someone waits, once a second otherwise.
    private func watch() {
        let isPressing = !backlog.isEmpty || !waiters.isEmpty
        let pause: Duration = isPressing ? .milliseconds(20) : .seconds(1)
        if let watchTimer {
            if isPressing && !isPressed { watchTimer.rearm(afterNanoseconds: pause.nanoseconds) }
        } else if !isClosed {
            watchTimer = loop.schedule(after: pause) { [self] in
                watchTimer = nil
                look()
                if !isClosed { watch() }
            }
        }
        isPressed = isPressing
    }
    private var isPressed = false

    private func look() {
        let now = loop.now
        while let first = backlog.first, first.deadline <= now {
            backlog.removeFirst()
            counters.waiting.add(-1)
            guard !first.isAnswered else { continue }
            counters.acquireTimeouts.add()
            first.fail(PostgresError(.timeout, "no room on a connection within the time allowed"))
        }
        while let first = waiters.first, first.deadline <= now {
            waiters.removeFirst()
            counters.waiting.add(-1)
            counters.acquireTimeouts.add()
            first.promise.succeed(.failure(PostgresError(.timeout, "no connection became free within the time allowed")))
        }
        closeSilent(now)
        closeIdle(now)
    }

    /// A server that is frozen or behind a dead network sends nothing, not even an error.
    private func closeSilent(_ now: UInt64) {
        guard configuration.statementTimeout > .zero else { return }
        let limit = (configuration.statementTimeout + configuration.silenceGrace).nanoseconds
        for connection in readers + writers where !connection.replies.isEmpty && now > connection.lastProgress + limit {
            connection.close(PostgresError(.connectionLost, "the server has been silent for \(limit / 1_000_000) ms"))
        }
    }

    private func closeIdle(_ now: UInt64) {
        while writers.count > 1, let (connection, since) = idle.first, now > since + configuration.idleConnectionTime.nanoseconds {
            idle.removeFirst()
            connection.close(PostgresError(.connectionLost, "idle"))
        }
    }

    // MARK: The end

    /// Refuses new work, lets running work finish for at most `grace`, and closes everything.
    func close(grace: Duration) async {
        loop.preconditionOnLoop()
        guard !isClosed else { return }
        isClosed = true
        failWaiting(PostgresError(.unavailable, "the pool is closed"), reads: true, writes: true)
        let deadline = loop.now + grace.nanoseconds
        while loop.now < deadline, idle.count < writers.count || readers.contains(where: { $0.depth > 0 }) {
            do { try await loop.sleep(for: .milliseconds(5)) } catch { break }
        }
        for connection in readers + writers { connection.close(PostgresError(.unavailable, "the pool is closed")) }
        watchTimer?.cancel()
        watchTimer = nil
    }

    func failWaiting(_ error: PostgresError, reads: Bool, writes: Bool) {
        if reads {
            counters.waiting.add(-backlog.count)
            counters.refused.add(backlog.count)
            for operation in backlog { operation.fail(error) }
            backlog.removeAll()
        }
        if writes {
            counters.waiting.add(-waiters.count)
            counters.refused.add(waiters.count)
            for waiter in waiters { waiter.promise.succeed(.failure(error)) }
            waiters.removeAll()
        }
    }
}
