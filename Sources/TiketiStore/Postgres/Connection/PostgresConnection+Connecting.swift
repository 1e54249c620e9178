// Opens the connection without ever blocking the loop: names are resolved on the blocking pool, the rest is PQconnectPoll driven by
// readiness.
import CPostgres
import Glibc
import TiketiNet

extension PostgresConnection {
    /// Connects and authenticates, within the configured time. Called once.
    func connect(on pool: BlockingPool) async -> Result<Void, PostgresError> {
        loop.preconditionOnLoop()
        let limit = configuration.connectTimeout
        let timer = loop.schedule(after: limit) { [self] in
            guard phase == .connecting else { return }
            close(
                PostgresError(.unavailable, "no connection to \(configuration.host):\(configuration.port) within \(limit / 1_000_000) ms"))
        }
        defer { timer.cancel() }
        var addresses: [String] = []
        if !configuration.host.hasPrefix("/") {
            do throws(IOError) {
                addresses = try await SocketAddress.resolve(configuration.host, port: configuration.port, on: pool).map(\.host)
            } catch {
                close(PostgresError(.unavailable, "\(error)"))
            }
        }
        if phase == .connecting { start(addresses) }
        return await connected.value()
    }

    private func start(_ addresses: [String]) {
        let options = configuration.sessionOptions(readOnly: role == .shared)
        handle = startConnection(configuration.keywords(addresses: addresses, options: options))
        guard handle != nil, PQstatus(handle) != CONNECTION_BAD else { return failConnecting() }
        // Notices would go to the standard error stream.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        watchDescriptor(.writable)
    }

    /// One step of libpq's state machine.
    func pollConnecting() {
        // libpq may close its socket and open another in this call: the old one leaves epoll first.
        loop.deregister(descriptor)
        descriptor = -1
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: watchDescriptor(.readable)
        case PGRES_POLLING_WRITING: watchDescriptor(.writable)
        case PGRES_POLLING_OK: finishConnecting()
        default: failConnecting()
        }
    }

    private func watchDescriptor(_ wanted: Readiness) {
        descriptor = PQsocket(handle)
        interest = wanted
        guard descriptor >= 0 else { return failConnecting() }
        do throws(IOError) {
            try loop.register(descriptor, wanted, self)
        } catch {
            descriptor = -1
            close(PostgresError(.unavailable, "\(error)"))
        }
    }

    private func finishConnecting() {
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else { return failConnecting() }
        watchDescriptor(.readable)
        guard descriptor >= 0 else { return }
        usesTLS = PQsslInUse(handle) == 1
        phase = .ready
        lastProgress = loop.now
        connected.succeed(.success(()))
    }

    private func failConnecting() {
        close(PostgresError(.unavailable, libraryError().message))
    }

    /// Asks the server, over a connection of its own and on the blocking pool, to stop what this session is running.
    func cancelRunning(on pool: BlockingPool) {
        guard phase == .ready, let cancel = PQgetCancel(handle) else { return }
        lastCancel = loop.now
        wasCancelled = true
        counters.cancellations.add()
        // The cancel object is a copy of address and key; it is used and freed by the pool's thread alone.
        let token = UInt(bitPattern: cancel)
        loop.spawn {
            _ = try? await pool.run {
                var text = [CChar](repeating: 0, count: 256)
                let cancel = OpaquePointer(bitPattern: token)
                _ = PQcancel(cancel, &text, Int32(text.count))
                PQfreeCancel(cancel)
            }
        }
    }
}

/// `PQconnectStartParams` with Swift strings.
func startConnection(_ pairs: [(String, String)]) -> OpaquePointer? {
    withKeywords(pairs) { PQconnectStartParams($0, $1, 0) }
}

func withKeywords<Value>(
    _ pairs: [(String, String)],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let copies = pairs.map { (strdup($0.0), strdup($0.1)) }
    defer {
        for (keyword, value) in copies {
            free(keyword)
            free(value)
        }
    }
    let keywords = copies.map { UnsafePointer($0.0) } + [nil]
    let values = copies.map { UnsafePointer($0.1) } + [nil]
    return body(keywords, values)
}
