// The life of a Redis connection: connect, introduce ourselves, read replies until it breaks, wait a little, again.
import TiketiNet

extension RedisConnection {
    /// Begins connecting; `close` ends it.
    func start() {
        loop.preconditionOnLoop()
        guard task == nil, case .starting = state else { return }
        task = loop.spawn { [self] in await run() }
    }

    func close() {
        loop.preconditionOnLoop()
        if case .closed = state { return }
        let previous = state
        setState(.closed)
        failAll("client closed")
        if case .ready(let stream) = previous { stream.close() }
        task?.cancel()
    }

    private var isClosed: Bool {
        if case .closed = state { return true }
        return false
    }

    private func setState(_ new: State) {
        if case .ready = state { statistics.disconnected() }
        state = new
        if case .ready = new { statistics.connected() }
    }

    private func run() async {
        var backoff = configuration.reconnectPauses.lowerBound
        while !isClosed {
            var reason: String
            do throws(RedisError) {
                let link = try await RedisLink.open(configuration, trust, loop: loop)
                if isClosed {
                    link.stream.close()
                    return
                }
                backoff = configuration.reconnectPauses.lowerBound
                setState(.ready(link.stream))
                scheduleFlush()
                reason = await readReplies(link)
                link.stream.close()
            } catch {
                reason = error.message
            }
            if isClosed { return }
            setState(.away(reason))
            failAll(reason)
            // Jitter, so that the loops of many processes do not come back in the same millisecond.
            let wait = backoff * Double.random(in: 0.5...1)
            backoff = min(backoff * 2, configuration.reconnectPauses.upperBound)
            do { try await loop.sleep(for: wait) } catch { return }
        }
    }

    /// Hands out replies until the connection ends; returns why it did.
    private func readReplies(_ link: RedisLink) async -> String {
        do throws(RedisError) {
            while true {
                try await link.fill()
                lastHeard = loop.now
                while let message = try link.next() {
                    if case .reply(let value) = message { try receive(value) }
                }
            }
        } catch {
            return error.message
        }
    }
}
