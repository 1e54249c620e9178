// One connection to a server: sends a request, reads its response, and goes back to its pool when both are whole.

/// Confined to its stream's loop; it carries one exchange at a time.
///
/// Sendable only so that a dropped body can send it back to its loop.
final class HTTPClientConnection: @unchecked Sendable {
    private enum Waiting { case nothing, idle, read, write }

    let stream: any ByteStream
    /// The same stream when it is a plain one: it can be written to without waiting for the end of the tick.
    private let plain: Stream?
    private let pool: HTTPClientPool
    private let configuration: HTTPClientConfiguration
    private let buffer = ByteBuffer()
    private var parser: ResponseParser
    /// Responses read so far.
    private(set) var served = 0
    /// Whether anything came back in this exchange.
    private(set) var heard = false
    private var limits: HTTPClientDeadlines?
    private var canServeAgain = true
    private var isClosed = false

    private var timer: LoopTimer?
    private var timerDue: UInt64 = .max
    private var waiting = Waiting.nothing
    private var deadline: UInt64 = .max

    init(_ stream: any ByteStream, _ pool: HTTPClientPool, _ configuration: HTTPClientConfiguration) {
        self.stream = stream
        plain = stream as? Stream
        self.pool = pool
        self.configuration = configuration
        parser = ResponseParser(maxHead: configuration.maxHeadBytes, maxHeaders: configuration.maxHeaders)
        plain?.whenPeerCloses { [weak self] in self?.serverClosed() }
    }

    /// An idle connection that its server has ended goes at once, so that the server need not wait for us.
    private func serverClosed() {
        if waiting == .idle { pool.retire(self) }
    }

    /// Nothing has come in since the last response.
    var isQuiet: Bool { !isClosed && buffer.isEmpty && !stream.mayHaveInput }

    // MARK: The exchange

    func exchange(
        _ request: HTTPClientRequest, _ head: [UInt8], _ limits: HTTPClientDeadlines
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        self.limits = limits
        waiting = .nothing
        heard = false
        canServeAgain = true
        if let abort = request.abort, !abort.begin(self) {
            close()
            throw HTTPClientError(.closed, "given up", requestSent: false)
        }
        defer { request.abort?.end() }
        do throws(HTTPClientError) {
            try await send(request, head, limits)
            let isHead = request.method == .head
            let response = try await receiveHead(forHead: isHead, upgrade: request.wantsUpgrade, limits)
            return try answer(response)
        } catch {
            close()
            throw error
        }
    }

    private func send(_ request: HTTPClientRequest, _ head: [UInt8], _ limits: HTTPClientDeadlines) async throws(HTTPClientError) {
        put(head)
        switch request.body {
        case .bytes(let bytes) where bytes.count > RequestEncoder.inlineBody: put(bytes)
        case .stream(let length, let next): return try await send(length, next, limits)
        case .none, .bytes: break
        }
        try await flush(limits)
    }

    /// Sends a streamed body piece by piece, as fast as the server takes it. An answer that comes before its end stops it: the server has
    /// made up its mind.
    private func send(_ length: Int?, _ next: () async throws -> [UInt8]?, _ limits: HTTPClientDeadlines) async throws(HTTPClientError) {
        var owed = length
        while true {
            let piece: [UInt8]?
            do { piece = try await next() } catch { throw HTTPClientError(.requestBody, "\(error)", requestSent: true) }
            guard let piece else { break }
            if piece.isEmpty { continue }
            if let left = owed {
                guard piece.count <= left else { throw HTTPClientError(.requestBody, "body longer than declared", requestSent: true) }
                owed = left - piece.count
                put(piece)
            } else {
                put(ResponseEncoder.chunk(piece))
            }
            if stream.queuedBytes > 64 * 1024 { try await flush(limits) }
            if stream.mayHaveInput {
                canServeAgain = false
                return
            }
        }
        if let owed, owed > 0 { throw HTTPClientError(.requestBody, "body shorter than declared", requestSent: true) }
        if length == nil { put(ResponseEncoder.lastChunk) }
        try await flush(limits)
    }

    private func put(_ bytes: [UInt8]) {
        if let plain { plain.enqueue(bytes) } else { stream.write(bytes) }
    }

    private func flush(_ limits: HTTPClientDeadlines) async throws(HTTPClientError) {
        if let plain, plain.sendNow() { return }
        wait(for: .write, until: limits.next(limits.responseTimeout, from: stream.loop.now))
        defer { waiting = .nothing }
        do throws(IOError) {
            try await stream.flush()
        } catch {
            if error.code == .timeout { throw HTTPClientError(.timeout, "the server does not read", requestSent: true) }
            // A server may answer and close without reading everything; what it said is still to be read.
            canServeAgain = false
        }
    }

    private func receiveHead(
        forHead isHead: Bool, upgrade: Bool, _ limits: HTTPClientDeadlines
    ) async throws(HTTPClientError) -> ResponseHead {
        let until = limits.next(limits.responseTimeout, from: stream.loop.now)
        var interim = 0
        while true {
            while let (head, length) = try parser.parse(buffer.readable, forHead: isHead) {
                buffer.consume(length)
                if head.status.code >= 200 { return head }
                if head.status == .switchingProtocols {
                    guard upgrade else { throw HTTPClientError(.malformed, "101 without having been asked", requestSent: true) }
                    return head
                }
                // RFC 9110 §15.2: interim responses may be ignored; an endless row of them is not a response.
                interim += 1
                if interim > 20 { throw HTTPClientError(.malformed, "too many interim responses", requestSent: true) }
            }
            let count: Int
            do throws(IOError) { count = try await read(until: until) } catch { throw HTTPClientError(error, requestSent: true) }
            if count == 0 { throw HTTPClientError(.closed, "the server closed the connection", requestSent: true) }
        }
    }

    /// Makes the response; a body that is here already frees the connection at once.
    private func answer(_ head: ResponseHead) throws(HTTPClientError) -> HTTPClientResponse {
        served += 1
        if head.status == .switchingProtocols { return upgraded(head) }
        canServeAgain = canServeAgain && head.keepAlive && head.framing != .untilClose
        var state = ResponseBodyState(head.framing)
        var first: [UInt8] = []
        if !state.isComplete, !buffer.isEmpty {
            do throws(HTTPBodyError) { first = try take(&state) } catch {
                throw HTTPClientError(.malformed, "chunked body", requestSent: true)
            }
        }
        if state.isComplete {
            finish()
            return HTTPClientResponse(status: head.status, headers: head.headers, body: first.isEmpty ? HTTPBody() : HTTPBody(first))
        }
        var length: Int?
        if case .length(let known) = head.framing { length = known }
        let source = HTTPClientBody(self, state, first)
        return HTTPClientResponse(status: head.status, headers: head.headers, body: HTTPBody(length: length, source: source))
    }

    private func upgraded(_ head: ResponseHead) -> HTTPClientResponse {
        stopTimer()
        plain?.whenPeerCloses(nil)
        isClosed = true  // for us: the stream lives on with the caller
        pool.freePlace()
        return HTTPClientResponse(status: head.status, headers: head.headers, body: HTTPBody(), upgraded: (stream, buffer))
    }

    // MARK: The body, called by HTTPClientBody

    func take(_ state: inout ResponseBodyState) throws(HTTPBodyError) -> [UInt8] {
        let (piece, used) = try state.take(buffer.readable, limit: configuration.maxPieceBytes)
        buffer.consume(used)
        return piece
    }

    /// The next piece, or nil when the body is complete; then the connection is back in its pool.
    func next(_ state: inout ResponseBodyState) async throws(HTTPBodyError) -> [UInt8]? {
        do throws(HTTPBodyError) {
            while true {
                if !buffer.isEmpty {
                    let piece = try take(&state)
                    if state.isComplete { finish() }
                    if !piece.isEmpty { return piece }
                }
                if state.isComplete { return nil }
                let count: Int
                do throws(IOError) {
                    guard let limits else { throw IOError.closed }
                    count = try await read(until: limits.next(limits.responseTimeout, from: stream.loop.now))
                } catch {
                    throw error.code == .timeout ? .timeout : .closed
                }
                if count == 0 {
                    try state.finish()
                    finish()
                    return nil
                }
            }
        } catch {
            close()
            throw error
        }
    }

    /// The exchange is over and whole.
    private func finish() {
        limits = nil
        // Bytes behind a response belong to no request.
        guard canServeAgain, buffer.isEmpty, !isClosed else { return close() }
        buffer.releaseIfEmpty()
        wait(for: .idle, until: stream.loop.now &+ configuration.idleTimeout)
        pool.release(self)
    }

    func close() {
        if isClosed { return }
        isClosed = true
        stopTimer()
        stream.close()
        pool.freePlace()
    }

    // MARK: Deadlines

    private func read(until deadline: UInt64) async throws(IOError) -> Int {
        wait(for: .read, until: deadline)
        defer { waiting = .nothing }
        let count = try await stream.read(into: buffer)
        heard = heard || count > 0
        return count
    }

    /// The timer is armed once and moved only when a deadline comes before it; usually it fires, sees a later deadline, and sleeps on.
    private func wait(for what: Waiting, until deadline: UInt64) {
        waiting = what
        self.deadline = deadline
        guard deadline < timerDue else { return }
        timerDue = deadline
        let now = stream.loop.now
        let distance = deadline > now ? deadline - now : 0
        if let timer {
            timer.rearm(afterNanoseconds: distance)
        } else {
            timer = stream.loop.schedule(afterNanoseconds: distance) { [unowned self] in timerFired() }
        }
    }

    private func timerFired() {
        timerDue = .max
        guard waiting != .nothing else { return }
        if deadline > stream.loop.now { return wait(for: waiting, until: deadline) }
        switch waiting {
        case .idle: pool.retire(self)
        case .read: stream.interruptRead(.timeout)
        case .write: stream.interruptWrite(.timeout)
        case .nothing: break
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
        waiting = .nothing
    }
}

/// The rest of a response's body; dropped before its end, it takes the connection with it.
final class HTTPClientBody: HTTPBodySource {
    private let connection: HTTPClientConnection
    private var state: ResponseBodyState
    private var first: [UInt8]
    private var isOver = false

    init(_ connection: HTTPClientConnection, _ state: ResponseBodyState, _ first: [UInt8]) {
        self.connection = connection
        self.state = state
        self.first = first
    }

    deinit {
        if isOver { return }
        let connection = connection
        if connection.stream.loop.isCurrent { connection.close() } else { connection.stream.loop.execute { connection.close() } }
    }

    func nextChunk() async throws(HTTPBodyError) -> [UInt8]? {
        // The connection may be serving somebody else by now.
        if isOver { return nil }
        if !first.isEmpty {
            let piece = first
            first = []
            return piece
        }
        do throws(HTTPBodyError) {
            guard let piece = try await connection.next(&state) else {
                isOver = true
                return nil
            }
            // Complete with this piece: the connection is in its pool already.
            if state.isComplete { isOver = true }
            return piece
        } catch {
            isOver = true
            throw error
        }
    }
}
