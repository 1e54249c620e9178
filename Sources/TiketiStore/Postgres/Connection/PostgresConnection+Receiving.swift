// Reads what the server answered and settles the replies it owes, in order. Nothing here blocks: results are taken only when they are
// complete.
import CPostgres

extension PostgresConnection {
    /// What came for one reply.
    enum Answer {
        case rows(PostgresResult)
        case error(PostgresError)
        /// Not run, because something before it failed.
        case skipped
    }

    func receive() {
        let before = depth
        while phase == .ready, let reply = replies.first, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                // The end of one reply. Without an answer before it, libpq has nothing more to say: the connection is broken.
                guard let answer = current else { break }
                current = nil
                if case .synced = reply {
                    // What the commit failed for; the synchronization itself is still to come.
                    if case .error(let error) = answer { failUncommitted(error) }
                    continue
                }
                replies.removeFirst()
                settle(reply, answer)
                continue
            }
            take(result)
        }
        if !skipped.isEmpty && replies.isEmpty && phase == .ready { resubmitSkipped() }
        if depth != before || replies.isEmpty { lastProgress = loop.now }
        if depth < before { onProgress?() }
    }

    private func take(_ result: OpaquePointer) {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            current = .rows(PostgresResult(result))
            return
        case PGRES_PIPELINE_SYNC:
            replies.removeFirst()
            batchError = nil
            for (operation, rows) in takeUncommitted() { operation.answer(.success(rows)) }
            resubmitSkipped()
        case PGRES_PIPELINE_ABORTED: current = .skipped
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: close(PostgresError(.usage, "COPY is not supported"))
        default:
            let error = PostgresError(result: result)
            if batchError == nil { batchError = error }
            current = .error(error)
            counters.errors.add()
        }
        PQclear(result)
    }

    private func settle(_ reply: Reply, _ answer: Answer) {
        switch reply {
        case .prepared(let statement): settlePrepared(statement, answer)
        case .described(let statement): settleDescribed(statement, answer)
        case .result(let operation, let statement):
            depth -= 1
            settle(operation, statement, answer)
        case .deallocated(let statement):
            if case .skipped = answer { deallocate(statement) }
        case .synced: break
        }
    }

    private func settlePrepared(_ statement: PreparedStatement, _ answer: Answer) {
        switch answer {
        case .rows: break
        case .error(let error): refuse(statement, error)
        case .skipped: statement.isPrepared = false
        }
    }

    private func settleDescribed(_ statement: PreparedStatement, _ answer: Answer) {
        let waiting = statement.waiting
        switch answer {
        case .rows(let result):
            let found = (0..<PQnparams(result.pointer)).map { PQparamtype(result.pointer, $0) }
            statement.types = found
            types[statement.sql] = found
            statement.waiting.removeAll()
            for operation in waiting {
                if operation.isAnswered { depth -= 1 } else { send(operation, statement) }
            }
            scheduleFlush()
        case .error(let error): refuse(statement, error)
        case .skipped:
            statement.waiting.removeAll()
            statements.forget(statement)
            depth -= waiting.count
            for operation in waiting { skip(operation, statement) }
        }
    }

    /// The server would not prepare it: everyone who wants it hears why.
    private func refuse(_ statement: PreparedStatement, _ error: PostgresError) {
        statement.failure = error
        statement.isPrepared = false
        statements.forget(statement)
        types[statement.sql] = nil
        let waiting = statement.waiting
        statement.waiting.removeAll()
        depth -= waiting.count
        for operation in waiting { fail(operation, error) }
    }

    private func settle(_ operation: PostgresOperation, _ statement: PreparedStatement, _ answer: Answer) {
        switch answer {
        case .rows(let result):
            let rows = PostgresRows(result)
            if operation.commit == .onSynchronization { uncommitted.append((operation, rows)) } else { operation.answer(.success(rows)) }
        case .skipped: skip(operation, statement)
        case .error(let error):
            if shouldResend(operation, statement, error) {
                operation.resent += 1
                operation.isSent = false
                skipped.append(operation)
            } else {
                fail(operation, error)
            }
        }
    }

    private func skip(_ operation: PostgresOperation, _ statement: PreparedStatement) {
        // It did not run, so whatever becomes of the connection now, its outcome is known.
        operation.isSent = false
        if let failure = statement.failure ?? (role == .exclusive ? batchError : nil) {
            fail(operation, failure)
        } else {
            skipped.append(operation)
        }
    }

    private func fail(_ operation: PostgresOperation, _ error: PostgresError) {
        if error.code == .connectionLost || error.endsSession {
            operation.failLost(error.message)
        } else if error.isReadOnlyServer, role == .exclusive {
            // Nothing was written, for certain. A shared connection refuses writes by its own setting: there it is the caller's mistake.
            refusesWrites = true
            operation.fail(PostgresError(.unavailable, error.message))
        } else if error.sqlState == "57014" {
            operation.fail(PostgresError(.timeout, error.message))
        } else {
            operation.fail(error)
        }
    }

    /// Failures that are not the statement's own: a plan gone stale (0A000), a preparation that was skipped (26000), and on a shared
    /// connection a cancellation that was meant for a neighbour (57014).
    private func shouldResend(_ operation: PostgresOperation, _ statement: PreparedStatement, _ error: PostgresError) -> Bool {
        guard operation.onFailure == .resend, !operation.isAnswered else { return false }
        switch error.sqlState {
        case "0A000", "26000":
            guard operation.resent < 2 else { return false }
            statements.forget(statement)
            types[statement.sql] = nil
            return true
        case "57014": return role == .shared && operation.resent < 10 && loop.now < lastCancel + 5_000_000_000
        default: return false
        }
    }

    private func takeUncommitted() -> [(PostgresOperation, PostgresRows)] {
        defer { uncommitted.removeAll(keepingCapacity: true) }
        return uncommitted
    }

    private func failUncommitted(_ error: PostgresError) {
        for (operation, _) in takeUncommitted() { fail(operation, error) }
    }

    private func resubmitSkipped() {
        let again = skipped
        skipped.removeAll()
        for operation in again where !operation.isAnswered { submit(operation) }
    }
}
