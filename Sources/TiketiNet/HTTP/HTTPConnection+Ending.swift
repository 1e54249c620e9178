// The ways out of a request that are not a plain response: refusals, unread bodies, half-closed goodbyes, upgrades.

extension HTTPConnection {
    /// Refuses what could not be understood, and closes: the bytes behind it have no certain meaning.
    func refuse(_ rejection: RequestRejection) async {
        shard.rejections &+= 1
        await sayLast(shard.ownAnswer(rejection))
    }

    /// Ends an idle connection of a server that drains. A client that is sending just now reads that its request was not looked at, which
    /// lets it send any request again (RFC 9110 §15.5.9); a silent end would leave it in doubt.
    func takeLeave() async {
        await sayLast(shard.ownAnswer(.leaving))
    }

    private func sayLast(_ response: HTTPResponse) async {
        state.close()
        var shape = ResponseEncoder.Shape(framing: .length(0), close: true, legacy: false)
        guard case .bytes(let body) = response.body else { return }
        shape.framing = .length(body.count)
        stream.enqueue(encode(response, &shape, body))
        if await send() { await linger() }
    }

    /// Throws away the rest of a body nobody read.
    func discard() async -> Bool {
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
    func linger() async {
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

    func upgrade(_ response: HTTPResponse, _ serve: @Sendable (any ByteStream, ByteBuffer) async -> Void) async {
        var shape = ResponseEncoder.Shape(framing: .upgrade, close: false, legacy: false)
        stream.enqueue(encode(response, &shape))
        guard await send() else { return }
        timer?.cancel()
        timer = nil
        state.upgrade()
        shard.upgraded(self)
        await serve(stream, buffer)
    }
}
