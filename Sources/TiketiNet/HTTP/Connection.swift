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
    var parser: RequestParser
    var isParked = false

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
    func serve() async {
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
    func receiveHead() async -> Bool {
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
    func exchange(_ head: consuming RequestHead) async -> Bool {
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
            minorVersion: Int(head.minorVersion), body: body, peer: stream.peer, loop: stream.loop, stream: stream)
        let response = sane(await shard.handler(request))
        if case .upgrade(let serve) = response.body {
            await upgrade(response, serve)
            return false
        }
        stream.whenPeerCloses(nil)
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

    /// An interim status can't be the answer, and bytes of an unread body must not pass for the upgraded protocol's: both are handlers' mistakes.
    func sane(_ response: HTTPResponse) -> HTTPResponse {
        if case .upgrade = response.body { return state.body.isComplete ? response : HTTPErrorPage.response(.handlerMistake) }
        return response.status.code >= 200 ? response : HTTPErrorPage.response(.handlerMistake)
    }

    /// Writes the response; nil when the connection broke.
    func respond(_ response: HTTPResponse) async -> HTTPConnectionState.Next? {
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

    func encode(_ response: HTTPResponse, _ shape: inout ResponseEncoder.Shape, _ body: [UInt8] = []) -> [UInt8] {
        ResponseEncoder.encode(
            response.status, response.headers, shape: &shape, date: shard.date, body: body, serverName: shard.configuration.serverName)
    }

    func queue(_ bytes: [UInt8]) {
        // With a request behind this one the handler may take its time: the stream flushes at the end of the tick by itself.
        if buffer.isEmpty { stream.enqueue(bytes) } else { stream.write(bytes) }
    }
}
