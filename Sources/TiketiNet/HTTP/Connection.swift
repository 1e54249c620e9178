/// One server connection: a task on its loop that reads requests, calls the handler and writes responses in order, until either side is done.
///
/// On a loop with many connections the task ends whenever there is nothing to read and a new one begins with the next bytes.
///
/// `@unchecked Sendable` because everything in it is used on the loop of its stream only; the shard's timers and drains run there too.
final class HTTPConnection: @unchecked Sendable {
    let shard: HTTPServerShard
    let stream: Stream
    let buffer = ByteBuffer()
    var state = HTTPConnectionState()
    /// Place in the shard's list.
    var slot = 0
    private var parser: RequestParser
    private var isParked = false

    private var timer: LoopTimer?
    private var timerDue: UInt64 = .max
    private var deadline: UInt64 = .max
    private var waiting = Waiting.nothing
    private var lastQueued = 0
    /// Bytes of the current body, and nanoseconds spent waiting for them.
    private var bodyBytes = 0
    private var bodyWait: UInt64 = 0
    /// Of a streamed response: bytes still owed, nil when chunked.
    var owed: Int?
    var chunked = false

    private enum Waiting { case nothing, request, body, write }

    init(_ stream: Stream, _ shard: HTTPServerShard) {
        self.stream = stream
        self.shard = shard
        let limits = shard.configuration
        parser = RequestParser(maxRequestLine: limits.maxRequestLineBytes, maxHead: limits.maxHeadBytes, maxHeaders: limits.maxHeaders)
    }

    /// Begins to serve; on the loop.
    func start() {
        startTimer()
        if shard.isCrowded { wait(for: .request, shard.keepAliveTimeout) }
        if !shard.isCrowded || !park() { spawn() }
    }

    private func spawn() {
        stream.loop.spawn { [self] in
            await serve()
            if !isParked { end() }
        }
    }

    private func end() {
        isParked = false
        timer?.cancel()
        timer = nil
        stream.close()
        shard.ended(self)
    }

    /// Gives up the task until bytes arrive: its memory is most of what an idle connection costs, and where there are many, most are idle.
    private func park() -> Bool {
        isParked = stream.park(self)
        return isParked
    }

    /// Until the connection ends or is parked.
    private func serve() async {
        while true {
            switch parser.parse(buffer.readable) {
            case .incomplete:
                guard await receiveHead() else { return }
            case .rejected(let rejection):
                return await refuse(rejection)
            case .head(let head, let length):
                buffer.consume(length)
                do throws(RequestRejection) {
                    try state.begin(head, maxBody: shard.configuration.maxBodyBytes)
                } catch {
                    return await refuse(error)
                }
                guard await exchange(head) else { return }
            }
        }
    }

    /// Waits for more of a head; false when the connection is over or parked.
    private func receiveHead() async -> Bool {
        // Nothing more to answer without reading: what the answered requests have queued leaves in one write.
        guard await send() else { return false }
        if buffer.isEmpty {
            if shard.isDraining { return false }
            buffer.releaseIfEmpty()
            wait(for: .request, shard.keepAliveTimeout)
            if shard.isCrowded, park() { return false }
        } else if state.phase == .idle {
            state.partialHead()
            wait(for: .request, shard.headTimeout)
        } else {
            waiting = .request
        }
        defer { waiting = .nothing }
        do throws(IOError) {
            // The end within a head can't be answered: there is nobody to blame and maybe nobody to read.
            return try await stream.read(into: buffer) > 0
        } catch {
            if error.code == .timeout, state.phase == .head { await refuse(.headTimeout) }
            return false
        }
    }

    /// One request and its response; false when the connection is over.
    private func exchange(_ head: consuming RequestHead) async -> Bool {
        shard.requests &+= 1
        let body: HTTPBody
        if head.framing == .none {
            body = shard.emptyBody
        } else {
            bodyBytes = 0
            bodyWait = 0
            var length: Int?
            if case .length(let known) = head.framing { length = known }
            body = HTTPBody(length: length, source: self)
        }
        let request = HTTPRequest(
            method: head.method, target: head.target, queryMark: head.queryMark, headers: head.headers,
            minorVersion: Int(head.minorVersion),
            body: body, peer: stream.peer, loop: stream.loop, stream: stream)
        let response = await shard.handler(request)
        if case .upgrade(let serve) = response.body {
            await upgrade(response, serve)
            return false
        }
        let next = await respond(response)
        if head.framing != .none { body.detach() }
        switch next {
        case .request: return true
        case .discard: return await discard()
        case .linger: await linger()
        case .close, nil: break
        }
        return false
    }

    /// Writes the response; nil when the connection broke.
    private func respond(_ response: HTTPResponse) async -> HTTPConnectionState.Next? {
        var shape = state.respond(response.status, response.body, maxDiscard: shard.configuration.maxDiscardedBodyBytes)
        let sendsBody = state.sendsBody(response.status)
        switch response.body {
        case .bytes(let bytes) where sendsBody && bytes.count <= 8192:
            queue(encode(response, &shape, bytes))
        case .bytes(let bytes) where sendsBody:
            stream.write(encode(response, &shape))
            stream.write(bytes)
        case .stream(_, let produce) where sendsBody:
            stream.write(encode(response, &shape))
            guard await produceBody(shape.framing, produce) else { return nil }
        default:
            queue(encode(response, &shape))
        }
        let next = state.responded(close: shape.close, unreadBytes: buffer.count)
        // Pipelined requests wait in the buffer: their responses leave together. A reader that falls behind stops the next request, though.
        if next != .request || buffer.isEmpty || stream.queuedBytes > shard.configuration.writeHighWaterBytes {
            guard await send() else { return nil }
        }
        return next
    }

    private func encode(_ response: HTTPResponse, _ shape: inout ResponseEncoder.Shape, _ body: [UInt8] = []) -> [UInt8] {
        ResponseEncoder.encode(
            response.status, response.headers, shape: &shape, date: shard.date, body: body, serverName: shard.configuration.serverName)
    }

    private func queue(_ bytes: [UInt8]) {
        // With a request behind this one the handler may take its time: the stream flushes at the end of the tick by itself.
        if buffer.isEmpty { stream.enqueue(bytes) } else { stream.write(bytes) }
    }

    /// Refuses what could not be understood, and closes: the bytes behind it have no certain meaning.
    private func refuse(_ rejection: RequestRejection) async {
        shard.rejections &+= 1
        state.close()
        var shape = ResponseEncoder.Shape(framing: .length(0), close: true, legacy: false)
        let response = HTTPErrorPage.response(rejection)
        guard case .bytes(let body) = response.body else { return }
        shape.framing = .length(body.count)
        stream.enqueue(encode(response, &shape, body))
        if await send() { await linger() }
    }

    /// Throws away the rest of a body nobody read.
    private func discard() async -> Bool {
        var left = shard.configuration.maxDiscardedBodyBytes
        do throws(HTTPBodyError) {
            while left > 0, let piece = try await nextChunk() { left -= piece.count }
        } catch {
            if error != .malformed { return false }
        }
        if state.discarded() == .request { return true }
        await linger()
        return false
    }

    /// RFC 9112 §9.6: half-close, then read what is under way for a moment, or the reset would take our last response from the peer.
    private func linger() async {
        stream.finishWriting()
        var left = shard.configuration.maxDiscardedBodyBytes
        wait(for: .request, HTTPServerShard.lingerTimeout)
        defer { waiting = .nothing }
        buffer.clear()
        while left > 0, let count = try? await stream.read(into: buffer), count > 0 {
            left -= count
            buffer.clear()
        }
    }

    private func upgrade(_ response: HTTPResponse, _ serve: @Sendable (any ByteStream, ByteBuffer) async -> Void) async {
        var shape = ResponseEncoder.Shape(framing: .upgrade, close: false, legacy: false)
        stream.enqueue(encode(response, &shape))
        guard await send() else { return }
        timer?.cancel()
        timer = nil
        state.upgrade()
        shard.upgraded(self)
        await serve(stream, buffer)
    }

    // MARK: Output

    /// Hands everything queued to the kernel; false when the peer is gone or does not read.
    func send() async -> Bool {
        if stream.queuedBytes == 0 || stream.sendNow() { return true }
        lastQueued = stream.queuedBytes
        wait(for: .write, shard.writeTimeout)
        defer { waiting = .nothing }
        do throws(IOError) {
            try await stream.flush()
            return true
        } catch {
            return false
        }
    }

    // MARK: Deadlines

    /// The timer is armed once and moved only when a deadline comes before it; usually it fires, sees a later deadline, and sleeps on.
    private func wait(for what: Waiting, _ nanoseconds: UInt64) {
        waiting = what
        deadline = stream.loop.now &+ nanoseconds
        if deadline < timerDue {
            timerDue = deadline
            timer?.rearm(afterNanoseconds: nanoseconds)
        }
    }

    private func startTimer() {
        timerDue = stream.loop.now &+ shard.keepAliveTimeout
        timer = stream.loop.schedule(afterNanoseconds: shard.keepAliveTimeout) { [unowned self] in timerFired() }
    }

    private func timerFired() {
        let now = stream.loop.now
        if waiting != .nothing, deadline <= now {
            if waiting == .write, stream.queuedBytes < lastQueued {
                // Slow, but reading.
                lastQueued = stream.queuedBytes
                deadline = now &+ shard.writeTimeout
            } else if waiting == .write {
                stream.interruptWrite(.timeout)
            } else if isParked {
                return end()
            } else {
                stream.interruptRead(.timeout)
            }
        }
        let wake = waiting == .nothing || deadline <= now ? shard.keepAliveTimeout : deadline - now
        timerDue = now &+ wake
        timer?.rearm(afterNanoseconds: wake)
    }

    /// Called by the shard, on the loop.
    func drain() {
        guard state.drain() else { return }
        if isParked { end() } else { stream.interruptRead(.closed) }
    }

    /// Called by the shard, on the loop.
    func cut() {
        if isParked { end() } else { stream.close() }
    }
}

extension HTTPConnection: ParkedReader {
    func unpark() {
        isParked = false
        spawn()
    }
}

extension HTTPConnection: HTTPBodySource {
    func nextChunk() async throws(HTTPBodyError) -> [UInt8]? {
        while true {
            if !buffer.isEmpty || state.body.failure != nil {
                let (piece, used) = try state.body.take(buffer.readable)
                buffer.consume(used)
                if !piece.isEmpty { return piece }
            }
            if state.body.isComplete { return nil }
            try await receiveBody()
        }
    }

    private func receiveBody() async throws(HTTPBodyError) {
        if state.takeContinue() { stream.enqueue(ResponseEncoder.continueHead) }
        guard await send() else { throw fail(.closed) }
        let started = stream.loop.now
        wait(for: .body, shard.bodyTimeout)
        defer { waiting = .nothing }
        do throws(IOError) {
            let count = try await stream.read(into: buffer)
            if count == 0 { throw IOError.closed }
            bodyBytes += count
            bodyWait += stream.loop.now - started
        } catch {
            throw fail(error.code == .timeout ? .timeout : .closed)
        }
        // One byte just before each deadline would hold the connection for ever.
        if bodyWait > shard.bodyTimeout, UInt64(bodyBytes) < bodyWait / 1_000_000_000 * UInt64(shard.configuration.minBodyBytesPerSecond) {
            throw fail(.timeout)
        }
    }

    private func fail(_ error: HTTPBodyError) -> HTTPBodyError {
        state.body.fail(error)
        return error
    }
}
