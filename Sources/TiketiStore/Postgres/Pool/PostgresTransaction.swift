// Transactions: begun with their first statement, committed once, run again only when the server says that they had no effect.
import TiketiNet

/// How far a transaction is kept apart from others (PostgreSQL documentation §13.2). The two stricter levels may have to run again.
public enum PostgresIsolation: String, Sendable, Hashable {
    case readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED"
    case repeatableRead = "BEGIN ISOLATION LEVEL REPEATABLE READ"
    case serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE"
}

/// A running transaction. Only valid inside the body it was given to, on that body's task.
public final class PostgresTransaction {
    private let connection: PostgresConnection
    private let isolation: PostgresIsolation
    private var begin: PostgresOperation?
    private var isFinished = false
    /// A statement failed in a way that running everything again may cure, whatever the body made of it.
    private(set) var shouldRetry = false

    init(_ connection: PostgresConnection, _ isolation: PostgresIsolation) {
        self.connection = connection
        self.isolation = isolation
    }

    /// Runs one statement of the transaction.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws(PostgresError) -> PostgresRows {
        guard !isFinished else { throw PostgresError(.usage, "the transaction has ended") }
        if begin == nil {
            // Travels with the first statement: no round trip of its own.
            let operation = PostgresOperation(isolation.rawValue, [], onFailure: .report, commit: .never)
            begin = operation
            connection.submit(operation, flushing: false)
        }
        let operation = PostgresOperation(sql, parameters, onFailure: .report, commit: .never)
        connection.submit(operation)
        do throws(PostgresError) {
            return try await operation.value().get()
        } catch {
            // A stale plan (0A000) is prepared anew the next time.
            if error.isRetryable || error.sqlState == "0A000" { shouldRetry = true }
            throw error
        }
    }

    /// Makes the work durable, or throws; `outcomeUnknown` when the connection was lost before the server confirmed.
    func commit() async throws(PostgresError) {
        guard !isFinished else { throw PostgresError(.usage, "the transaction has ended") }
        isFinished = true
        guard begin != nil else { return }
        let operation = PostgresOperation("COMMIT", [], onFailure: .report, commit: .onCompletion)
        connection.submit(operation)
        do throws(PostgresError) {
            let rows = try await operation.value().get()
            // The server answers COMMIT of a failed transaction with ROLLBACK and calls that a success.
            guard rows.commandTag == "COMMIT" else {
                throw PostgresError(.server(sqlState: "25P02"), "nothing was committed, because an earlier statement had failed")
            }
        } catch {
            if error.isRetryable { shouldRetry = true }
            throw error
        }
    }

    /// Undoes the work unless the transaction has ended. A session that cannot even do that is closed.
    func rollback() async {
        guard !isFinished else { return }
        isFinished = true
        guard begin != nil, connection.phase == .ready else { return }
        let operation = PostgresOperation("ROLLBACK", [], onFailure: .report, commit: .never)
        connection.submit(operation)
        if case .failure(let error) = await operation.value() { connection.close(error) }
    }
}

extension PostgresPool {
    /// Runs `body` in a transaction and commits it. On a serialization failure or a deadlock everything runs again, at most `attempts`
    /// times, after a short random pause: `body` must have no other effects.
    ///
    /// - Throws: what `body` throws, after rolling back; or a ``PostgresError``, with code `outcomeUnknown` when the connection was lost
    ///   during the commit, which is never retried.
    public func transaction<Value: Sendable>(
        isolation: PostgresIsolation = .readCommitted, attempts: Int = 5,
        _ body: @escaping @Sendable (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        guard let pool = here else {
            return try await group.next().run { try await self.transaction(isolation: isolation, attempts: attempts, body) }
        }
        var attempt = 1
        while true {
            do {
                return try await pool.attempt(isolation, body)
            } catch let failure as RetryableFailure {
                guard attempt < attempts else { throw failure.underlying }
                counters.retries.add()
                try await pool.pause(afterAttempt: attempt)
                attempt += 1
            }
        }
    }
}

/// A failed attempt whose transaction had no effect and may be run again.
private struct RetryableFailure: Error {
    let underlying: any Error
}

extension PostgresLoopPool {
    fileprivate func attempt<Value: Sendable>(
        _ isolation: PostgresIsolation, _ body: @Sendable (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire()
        defer { release(connection) }
        counters.transactions.add()
        let transaction = PostgresTransaction(connection, isolation)
        do {
            let value = try await body(transaction)
            try await transaction.commit()
            return value
        } catch {
            await transaction.rollback()
            throw transaction.shouldRetry ? RetryableFailure(underlying: error) : error
        }
    }

    /// 2, 4, 8 … milliseconds, at most 100, of which a random half is taken off: two that collided should not collide again.
    fileprivate func pause(afterAttempt attempt: Int) async throws(PostgresError) {
        let longest = Duration.milliseconds(1 << min(attempt, 7))
        do {
            try await loop.sleep(for: min(.milliseconds(100), longest * Double.random(in: 0.5...1)))
        } catch {
            throw PostgresError(.cancelled, "the task was cancelled between two attempts")
        }
    }
}
