// Bodies of a connection, both ways: the request's as the handler reads it, the response's as a stream writes it, each with its
// back-pressure.

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

    func receiveBody() async throws(HTTPBodyError) {
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

    func fail(_ error: HTTPBodyError) -> HTTPBodyError {
        state.body.fail(error)
        return error
    }
}

/// A streamed response: framing, and the check that a declared length is kept.
extension HTTPConnection: HTTPBodySink {
    /// Runs the producer; false when the response could not be completed, so that cutting the connection is the only honest end.
    func produceBody(_ framing: ResponseEncoder.Framing, _ produce: @Sendable (HTTPBodyWriter) async throws -> Void) async -> Bool {
        chunked = framing == .chunked
        owed = if case .length(let length) = framing { length } else { nil }
        let writer = HTTPBodyWriter(sink: self)
        defer { writer.detach() }
        do {
            try await produce(writer)
        } catch {
            // What was written so far belongs to the client, even if it is not the whole.
            _ = stream.sendNow()
            return false
        }
        if let owed, owed != 0 {
            _ = stream.sendNow()
            return false
        }
        if chunked { stream.enqueue(ResponseEncoder.lastChunk) }
        return true
    }

    func write(_ bytes: [UInt8]) async throws(HTTPBodyError) {
        if let owed {
            if bytes.count > owed { throw .lengthMismatch }
            self.owed = owed - bytes.count
        }
        if !chunked {
            stream.write(bytes)
        } else if bytes.count <= 4096 {
            stream.write(ResponseEncoder.chunk(bytes))
        } else {
            stream.write(ResponseEncoder.chunkSize(bytes.count))
            stream.write(bytes)
            stream.write(ResponseEncoder.lineEnd)
        }
        if stream.queuedBytes > shard.configuration.writeHighWaterBytes, await !send() { throw .closed }
    }
}

extension HTTPConnection {
    /// Whether everything queued is with the kernel, after trying once without waiting.
    func sentAll() -> Bool { stream.queuedBytes == 0 || stream.sendNow() }

    /// Waits until the kernel has everything queued; false when the peer is gone or does not read.
    func sendRest() async -> Bool {
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

    /// Both.
    func send() async -> Bool {
        if sentAll() { return true }
        return await sendRest()
    }
}
