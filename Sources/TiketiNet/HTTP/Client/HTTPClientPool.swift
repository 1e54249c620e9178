// The connections of one loop to one server: the last one back is the first one out, and their number is bounded.
import DequeModule

/// Confined to `loop`.
final class HTTPClientPool {
    /// What a waiting request is told.
    enum Grant {
        case connection(HTTPClientConnection)
        /// A place is free and counted for the waiter: it may connect.
        case place
        case timeout
    }

    let loop: EventLoop
    private let origin: HTTPClientOrigin
    private let configuration: HTTPClientConfiguration
    private let trust: TLSTrust
    private var idle: [HTTPClientConnection] = []
    private var waiters: Deque<LoopPromise<Grant>> = []
    private var isClosed = false
    /// Connections busy, idle or being made.
    private(set) var open = 0

    init(_ loop: EventLoop, _ origin: HTTPClientOrigin, _ configuration: HTTPClientConfiguration, _ trust: TLSTrust) {
        self.loop = loop
        self.origin = origin
        self.trust = trust
        self.configuration = configuration
    }

    var waiting: Int { waiters.count }

    /// A connection for one exchange; `fresh` when a pooled one has just disappointed.
    func acquire(_ limits: HTTPClientDeadlines, fresh: Bool) async throws(HTTPClientError) -> HTTPClientConnection {
        while let connection = idle.popLast() {
            // Bytes or an end that came while nothing was asked make it useless.
            if !fresh, connection.isQuiet { return connection }
            connection.close()
        }
        if open < configuration.maxConnectionsPerOrigin {
            open += 1
            return try await connect(limits)
        }
        switch try await wait(limits) {
        case .connection(let connection): return connection
        case .place: return try await connect(limits)
        case .timeout: throw HTTPClientError(.timeout, "no connection to \(origin.host) became free", requestSent: false)
        }
    }

    private func wait(_ limits: HTTPClientDeadlines) async throws(HTTPClientError) -> Grant {
        guard waiters.count < configuration.maxWaiting else {
            throw HTTPClientError(.overloaded, "\(waiters.count) requests wait for \(origin.host)", requestSent: false)
        }
        let promise = LoopPromise<Grant>()
        waiters.append(promise)
        let timer = loop.schedule(afterNanoseconds: limits.remaining(limits.connectTimeout, from: loop.now)) { [self] in
            waiters.removeAll { $0 === promise }
            promise.succeed(.timeout)
        }
        defer { timer.cancel() }
        return await promise.value()
    }

    /// Makes a connection in a place already counted.
    private func connect(_ limits: HTTPClientDeadlines) async throws(HTTPClientError) -> HTTPClientConnection {
        do throws(IOError) {
            let until = limits.next(limits.connectTimeout, from: loop.now)
            let stream = try await NameCache.shared.connect(
                origin.host, port: origin.port, timeoutNanoseconds: until - min(until, loop.now))
            guard origin.scheme == .https else { return HTTPClientConnection(stream, self, configuration) }
            let secured = try await secure(stream, until: until)
            return HTTPClientConnection(secured, self, configuration)
        } catch {
            freePlace()
            throw HTTPClientError(error, requestSent: false)
        }
    }

    private func secure(_ stream: Stream, until deadline: UInt64) async throws(IOError) -> TLSStream {
        let context: TLSContext
        do throws(IOError) {
            context = try await trust.context()
        } catch {
            stream.close()
            throw error
        }
        return try await TLSStream.client(
            over: stream, host: origin.host, context: context, timeoutNanoseconds: deadline - min(deadline, loop.now))
    }

    /// A connection whose exchange is over and that can serve another.
    func release(_ connection: HTTPClientConnection) {
        if let waiter = waiters.popFirst() {
            waiter.succeed(.connection(connection))
        } else if isClosed {
            connection.close()
        } else {
            idle.append(connection)
        }
    }

    /// A connection is gone.
    func freePlace() {
        if let waiter = waiters.popFirst() { waiter.succeed(.place) } else { open -= 1 }
    }

    /// An idle connection's time is over.
    func retire(_ connection: HTTPClientConnection) {
        idle.removeAll { $0 === connection }
        connection.close()
    }

    func close() {
        isClosed = true
        let connections = idle
        idle = []
        for connection in connections { connection.close() }
    }
}
