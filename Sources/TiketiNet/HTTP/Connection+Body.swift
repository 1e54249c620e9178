/// The streamed response of a connection: framing, back-pressure, and the check that a declared length is kept.
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
        if stream.queuedBytes > shard.configuration.writeHighWaterBytes { try await flush() }
    }

    func flush() async throws(HTTPBodyError) {
        if await !send() { throw .closed }
    }
}
