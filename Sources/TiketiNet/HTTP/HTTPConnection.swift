// The server's shell around its state machine, parser and encoder: all input and output of a connection is here.

/// One server connection: a task on its loop that reads requests, calls the handler and writes responses in order, until either side is
/// done.
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
    var parser: RequestParser
    var isParked = false
    /// The drain found it idle: nothing that comes now is looked at.
    var mustLeave = false

    var timer: LoopTimer?
    var timerDue: UInt64 = .max
    var deadline: UInt64 = .max
    var waiting = Waiting.nothing
    var lastQueued = 0
    /// Bytes of the current body, and nanoseconds spent waiting for them.
    var bodyBytes = 0
    var bodyWait: UInt64 = 0
    /// Of a streamed response: bytes still owed, nil when chunked.
    var owed: Int?
    var chunked = false

    init(_ stream: Stream, _ shard: HTTPServerShard) {
        self.stream = stream
        self.shard = shard
        let limits = shard.configuration
        parser = RequestParser(maxRequestLine: limits.maxRequestLineBytes, maxHead: limits.maxHeadBytes, maxHeaders: limits.maxHeaders)
    }

    /// Until the connection ends or is parked.
    ///
    /// What need not wait is called synchronously: every async call on this path is paid by every request.
    func serve() async {
        while true {
            switch parser.parse(buffer.readable) {
            case .incomplete:
                // Nothing more to answer without reading: what the answered requests have queued leaves in one write.
                if !sentAll() { guard await sendRest() else { return } }
                guard beginWaiting() else {
                    if !isParked { await takeLeave() }
                    return
                }
                do throws(IOError) {
                    // The end within a head can't be answered: there is nobody to blame and maybe nobody to read.
                    if try await stream.read(into: buffer) == 0 { return }
                    waiting = .nothing
                } catch {
                    waiting = .nothing
                    if error.code == .timeout, state.phase == .head { await refuse(.headTimeout) }
                    if error.code == .closed, mustLeave { await takeLeave() }
                    return
                }
            case .rejected(let rejection):
                return await refuse(rejection)
            case .head(let head, let length):
                buffer.consume(length)
                let request: HTTPRequest
                do throws(RequestRejection) { request = try begin(head) } catch { return await refuse(error) }
                let response = sane(await shard.handler(request))
                stream.whenPeerCloses(nil)
                let next: HTTPConnectionState.Next?
                switch response.body {
                case .upgrade(let serve):
                    return await upgrade(response, serve)
                case .stream(_, let produce) where state.sendsBody(response.status):
                    next = await stream(response, produce)
                default:
                    next = respond(response)
                    if mustSend(next), !sentAll() { guard await sendRest() else { return } }
                }
                request.body.detach()
                switch next {
                case .request: break
                case .discard: guard await discard() else { return }
                case .linger: return await linger()
                case .close, nil: return
                }
            }
        }
    }

    /// What is waited for now, and until when; false when there is nothing to wait for: drained, or parked.
    private func beginWaiting() -> Bool {
        if buffer.isEmpty {
            if mustLeave || shard.isDraining { return false }
            buffer.releaseIfEmpty()
            wait(for: .request, shard.keepAliveTimeout)
            return !(shard.isCrowded && park())
        }
        if state.phase == .idle {
            state.partialHead()
            wait(for: .request, shard.headTimeout)
        } else {
            waiting = .request
        }
        return true
    }

    /// The request of a complete head.
    private func begin(_ head: RequestHead) throws(RequestRejection) -> HTTPRequest {
        try state.begin(head, maxBody: shard.configuration.maxBodyBytes)
        shard.requests &+= 1
        let body: HTTPBody
        switch head.framing {
        case .none: body = shard.emptyBody
        case .length(let length): body = HTTPBody(length: length, source: self)
        case .chunked: body = HTTPBody(length: nil, source: self)
        }
        bodyBytes = 0
        bodyWait = 0
        return HTTPRequest(
            method: head.method, target: head.target, queryMark: head.queryMark, headers: head.headers,
            minorVersion: Int(head.minorVersion), body: body, peer: stream.peer, loop: stream.loop, stream: stream)
    }

    /// An interim status can't be the answer, and bytes of an unread body must not pass for the upgraded protocol's: both are handlers'
    /// mistakes.
    func sane(_ response: HTTPResponse) -> HTTPResponse {
        if case .upgrade = response.body { return state.body.isComplete ? response : shard.ownAnswer(.handlerMistake) }
        return response.status.code >= 200 ? response : shard.ownAnswer(.handlerMistake)
    }

    /// Queues a response that is in memory.
    private func respond(_ response: HTTPResponse) -> HTTPConnectionState.Next {
        var shape = state.respond(response.status, response.body, maxDiscard: shard.configuration.maxDiscardedBodyBytes)
        switch response.body {
        case .bytes(let bytes) where state.sendsBody(response.status) && bytes.count <= 8192:
            queue(encode(response, &shape, bytes))
        case .bytes(let bytes) where state.sendsBody(response.status):
            queue(encode(response, &shape))
            queue(bytes)
        default:
            queue(encode(response, &shape))
        }
        return state.responded(close: shape.close, unreadBytes: buffer.count)
    }

    /// Writes a response that is made while it is written; nil when it could not be completed.
    private func stream(
        _ response: HTTPResponse, _ produce: @Sendable (HTTPBodyWriter) async throws -> Void
    ) async -> HTTPConnectionState.Next? {
        var shape = state.respond(response.status, response.body, maxDiscard: shard.configuration.maxDiscardedBodyBytes)
        stream.write(encode(response, &shape))
        guard await produceBody(shape.framing, produce) else { return nil }
        let next = state.responded(close: shape.close, unreadBytes: buffer.count)
        if mustSend(next) { guard await send() else { return nil } }
        return next
    }

    /// Pipelined requests wait in the buffer: their responses leave together. A reader that falls behind stops the next request, though.
    private func mustSend(_ next: HTTPConnectionState.Next?) -> Bool {
        next != .request || buffer.isEmpty || stream.queuedBytes > shard.configuration.writeHighWaterBytes
    }

    func encode(_ response: HTTPResponse, _ shape: inout ResponseEncoder.Shape, _ body: [UInt8] = []) -> [UInt8] {
        ResponseEncoder.encode(
            response.status, response.headers, shape: &shape, date: shard.date, body: body, serverName: shard.configuration.serverName)
    }

    func queue(_ bytes: [UInt8]) {
        // With a request behind this one the handler may take its time: the stream flushes at the end of the tick by itself.
        if buffer.isEmpty { stream.enqueue(bytes) } else { stream.write(bytes) }
    }
}
