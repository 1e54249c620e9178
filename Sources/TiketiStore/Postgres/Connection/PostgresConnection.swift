// One libpq connection in pipeline mode on its event loop. Whatever was submitted is answered exactly once, also when the connection dies.
import CPostgres
import DequeModule
import TiketiNet

/// A connection. Statements are sent as they come and answered in order.
///
/// Several statements share one synchronization point, so an error makes the server skip those behind it up to that point. On a shared
/// connection the skipped ones are sent again, which nobody notices: they did not run. (One point per statement would cost a system call
/// each.)
///
/// Sendable because it is confined to `loop`: it is created, used and closed on that loop's thread only.
final class PostgresConnection: ReadinessHandler, @unchecked Sendable {
    enum Role {
        /// Read-only, shared by all callers of the loop.
        case shared
        /// One caller at a time.
        case exclusive
    }

    enum Phase {
        case connecting
        case ready
        case closed
    }

    /// What the server owes, in order.
    enum Reply {
        case prepared(PreparedStatement)
        case described(PreparedStatement)
        case result(PostgresOperation, PreparedStatement)
        case deallocated(PreparedStatement)
        case synced
    }

    let loop: EventLoop
    let role: Role
    let configuration: PostgresConfiguration
    let types: StatementTypes
    let counters: PostgresCounters
    /// Told once when the connection leaves `ready`.
    var onClose: ((PostgresConnection, PostgresError) -> Void)?
    /// Told after answers came: a shared connection may have room again.
    var onProgress: (() -> Void)?

    var handle: OpaquePointer?
    var phase = Phase.connecting
    var descriptor: Int32 = -1
    var interest: Readiness = .readable
    var usesTLS = false
    var replies = Deque<Reply>()
    var statements: PreparedStatements
    var encoder = ParameterEncoder()
    /// Sent since the latest synchronization point.
    var isUnsynced = false
    var isFlushScheduled = false
    /// What has come so far for the first of `replies`.
    var current: Answer?
    /// The first error since the latest synchronization point.
    var batchError: PostgresError?
    /// Run, with their rows, and not committed before the next synchronization point.
    var uncommitted: [(operation: PostgresOperation, rows: PostgresRows)] = []
    /// Skipped by the server; submitted again after the synchronization point.
    var skipped: [PostgresOperation] = []
    /// Statements in flight.
    var depth = 0
    var lastProgress: UInt64 = 0
    /// When somebody last asked the server to stop what it is running.
    var lastCancel: UInt64 = 0
    /// A cancel request was sent: it could still hit a later statement.
    var wasCancelled = false
    /// It refused a write because the server became read-only: not to be used again, for the primary is elsewhere now.
    var refusesWrites = false
    /// Resolves when a connection attempt has ended.
    let connected = LoopPromise<Result<Void, PostgresError>>()

    init(loop: EventLoop, role: Role, configuration: PostgresConfiguration, types: StatementTypes, counters: PostgresCounters) {
        self.loop = loop
        self.role = role
        self.configuration = configuration
        self.types = types
        self.counters = counters
        statements = PreparedStatements(capacity: configuration.preparedStatements)
    }

    /// Submits a statement. It is sent now or, when its parameter types are not known yet, as soon as the server has told them.
    /// With `flushing` false it leaves with the next one (BEGIN travels with the first statement of its transaction).
    func submit(_ operation: PostgresOperation, flushing: Bool = true) {
        loop.preconditionOnLoop()
        guard phase == .ready else {
            operation.failLost("the connection is closed")
            return
        }
        operation.connection = self
        if depth == 0 { lastProgress = loop.now }
        let (statement, evicted) = statements.find(operation.sql)
        if let evicted { deallocate(evicted) }
        if statement.types == nil { statement.types = types[operation.sql] }
        depth += 1
        if statement.types != nil {
            send(operation, statement)
        } else {
            statement.waiting.append(operation)
            if !statement.isPrepared { describe(statement) }
        }
        if flushing { scheduleFlush() }
    }

    // MARK: Sending

    func send(_ operation: PostgresOperation, _ statement: PreparedStatement) {
        guard let types = statement.types else { return }
        do throws(PostgresError) {
            try encoder.encode(operation.parameters, as: types)
        } catch {
            depth -= 1
            operation.fail(error)
            return
        }
        if !statement.isPrepared {
            guard sendPrepare(statement, types) else { return lose(operation) }
        }
        let count = Int32(types.count)
        let sent = encoder.withPointers { values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard sent == 1 else { return lose(operation) }
        operation.isSent = true
        replies.append(.result(operation, statement))
        isUnsynced = true
        counters.statements.add()
    }

    private func sendPrepare(_ statement: PreparedStatement, _ types: [PostgresType.ID]) -> Bool {
        guard PQsendPrepare(handle, statement.name, statement.sql, Int32(types.count), types) == 1 else { return false }
        statement.isPrepared = true
        replies.append(.prepared(statement))
        isUnsynced = true
        return true
    }

    /// Asks the server to prepare the statement and to tell the types of its parameters.
    private func describe(_ statement: PreparedStatement) {
        guard sendPrepare(statement, []), PQsendDescribePrepared(handle, statement.name) == 1 else {
            return close(libraryError())
        }
        replies.append(.described(statement))
    }

    func deallocate(_ statement: PreparedStatement) {
        guard statement.isPrepared else { return }
        guard PQsendQueryParams(handle, "DEALLOCATE " + statement.name, 0, nil, nil, nil, nil, 1) == 1 else { return close(libraryError()) }
        replies.append(.deallocated(statement))
        isUnsynced = true
    }

    /// libpq refused to send: the connection is broken.
    private func lose(_ operation: PostgresOperation) {
        let error = libraryError()
        depth -= 1
        operation.failLost(error.message)
        close(error)
    }

    /// Shared connections gather what one tick brings; exclusive ones have nothing to wait for.
    func scheduleFlush() {
        guard role == .shared else { return flush() }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.atEndOfTick { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    /// Marks a synchronization point behind what was sent and hands everything to the kernel.
    func flush() {
        guard phase == .ready else { return }
        if isUnsynced {
            guard PQpipelineSync(handle) == 1 else { return close(libraryError()) }
            replies.append(.synced)
            isUnsynced = false
        }
        push()
    }

    private func push() {
        let status = PQflush(handle)
        guard status >= 0 else { return close(libraryError()) }
        watch(status == 1 ? [.readable, .writable] : .readable)
    }

    // MARK: Readiness

    func ready(_ readiness: Readiness) {
        switch phase {
        case .connecting: pollConnecting()
        case .ready:
            if readiness.contains(.writable) { push() }
            guard phase == .ready else { return }
            // What arrived before the end is still an answer, a COMMIT's perhaps: read first, then judge.
            var consumed = PQconsumeInput(handle)
            // The rest of a TLS record stays in OpenSSL's buffer, where epoll does not see it: ask until the record is used up.
            if usesTLS && consumed == 1 { consumed = PQconsumeInput(handle) }
            receive()
            guard phase == .ready else { return }
            if consumed == 0 || PQstatus(handle) == CONNECTION_BAD { close(libraryError()) }
        case .closed: break
        }
    }

    func watch(_ wanted: Readiness) {
        guard wanted != interest, descriptor >= 0 else { return }
        interest = wanted
        loop.modify(descriptor, wanted)
    }

    // MARK: Ending

    /// libpq's own words about the latest failure.
    func libraryError() -> PostgresError {
        let text = PQerrorMessage(handle).map { String(cString: $0).trimmingNewlines } ?? ""
        return PostgresError(.connectionLost, text.isEmpty ? "the connection was closed" : text)
    }

    /// The server is busy with this statement, or about to be.
    func isRunning(_ operation: PostgresOperation) -> Bool {
        for reply in replies {
            if case .result(let first, _) = reply { return first === operation }
        }
        return false
    }

    /// No transaction is open, as far as the server has told.
    var isClean: Bool {
        phase == .ready && (!replies.isEmpty || PQtransactionStatus(handle) == PQTRANS_IDLE)
    }

    /// Ends the connection and answers everyone who still waits.
    func close(_ reason: PostgresError) {
        guard phase != .closed else { return }
        let wasReady = phase == .ready
        phase = .closed
        if descriptor >= 0 { loop.deregister(descriptor) }
        descriptor = -1
        PQfinish(handle)
        handle = nil
        connected.succeed(.failure(reason))
        let pending = replies
        replies.removeAll()
        for reply in pending {
            switch reply {
            case .result(let operation, _): operation.failLost(reason.message)
            case .prepared, .described, .deallocated, .synced: break
            }
        }
        for (operation, _) in uncommitted { operation.failLost(reason.message) }
        uncommitted.removeAll()
        for operation in statements.takeWaiting() { operation.failLost(reason.message) }
        for operation in skipped { operation.failLost(reason.message) }
        skipped.removeAll()
        depth = 0
        if wasReady { onClose?(self, reason) }
        onClose = nil
        onProgress = nil
    }
}
