// Keeps a loop's connections up: opens what is missing, and after a failure tries again with growing pauses while callers are refused at
// once.
import TiketiNet

/// How the connections of one kind fare.
struct PostgresSide {
    /// Attempts under way.
    var opening = 0
    /// Why the latest attempt failed; nil once one has succeeded.
    var away: PostgresError?
    /// The pause before the next attempt; zero when none has failed.
    var pause: Duration = .zero
    var retry: LoopTimer?
}

extension PostgresLoopPool {
    /// Opens what is missing. While the database is away one attempt at a time is enough.
    func fill() {
        guard !isClosed else { return }
        if readSide.retry == nil {
            let wanted = readSide.away == nil ? configuration.readConnectionsPerLoop : 1
            for _ in 0..<max(0, wanted - readers.count - readSide.opening) { open(.shared) }
        }
        if writeSide.retry == nil {
            let needed = writers.count + waiters.count
            let wanted = writeSide.away == nil ? max(1, min(configuration.writeConnectionsPerLoop, needed)) : writers.count + 1
            for _ in 0..<max(0, wanted - writers.count - writeSide.opening) { open(.exclusive) }
        }
    }

    private func open(_ role: PostgresConnection.Role) {
        if role == .shared { readSide.opening += 1 } else { writeSide.opening += 1 }
        let connection = PostgresConnection(loop: loop, role: role, configuration: configuration, types: types, counters: counters)
        loop.spawn { [self] in
            let outcome = await connection.connect(on: blocking)
            if role == .shared { readSide.opening -= 1 } else { writeSide.opening -= 1 }
            switch outcome {
            case .success: opened(connection)
            case .failure(let error): failed(role, error)
            }
        }
    }

    private func opened(_ connection: PostgresConnection) {
        counters.opened.add()
        guard !isClosed else { return connection.close(PostgresError(.unavailable, "the pool is closed")) }
        // It may have been closed again between its success and this task's turn.
        guard connection.phase == .ready else { return failed(connection.role, PostgresError(.connectionLost, "closed while connecting")) }
        connection.onClose = { [weak self] connection, reason in self?.closed(connection, reason) }
        if connection.role == .shared {
            readSide.away = nil
            readSide.pause = .zero
            readers.append(connection)
            counters.readConnections.add()
            connection.onProgress = { [weak self] in self?.serveBacklog() }
            health.readerOpened()
            serveBacklog()
        } else {
            writeSide.away = nil
            writeSide.pause = .zero
            writers.append(connection)
            counters.writeConnections.add()
            offer(connection)
        }
        fill()
    }

    private func closed(_ connection: PostgresConnection, _ reason: PostgresError) {
        if connection.role == .shared {
            readers.removeAll { $0 === connection }
            counters.readConnections.add(-1)
            health.readerClosed(reason)
        } else {
            writers.removeAll { $0 === connection }
            idle.removeAll { $0.connection === connection }
            counters.writeConnections.add(-1)
        }
        if !isClosed && reason.message != "idle" { counters.lost.add() }
        // One attempt at once: most losses are a restart that is over already. Its failure starts the pauses.
        fill()
    }

    private func failed(_ role: PostgresConnection.Role, _ error: PostgresError) {
        guard !isClosed else { return }
        counters.connectFailures.add()
        health.failed(error)
        if role == .shared {
            if readers.isEmpty {
                readSide.away = error
                failWaiting(PostgresError(.unavailable, error.message), reads: true, writes: false)
            }
            retryLater(\.readSide)
        } else {
            if writers.isEmpty {
                writeSide.away = error
                failWaiting(PostgresError(.unavailable, error.message), reads: false, writes: true)
            }
            retryLater(\.writeSide)
        }
    }

    private func retryLater(_ side: ReferenceWritableKeyPath<PostgresLoopPool, PostgresSide>) {
        guard self[keyPath: side].retry == nil else { return }
        let bounds = configuration.reconnectPauses
        let pause = min(bounds.upperBound, max(bounds.lowerBound, self[keyPath: side].pause * 2))
        self[keyPath: side].pause = pause
        // Up to half is taken off, so that many processes do not knock in step.
        let timer = loop.schedule(after: pause * Double.random(in: 0.5...1)) { [self] in
            self[keyPath: side].retry = nil
            fill()
        }
        self[keyPath: side].retry = timer
    }
}
