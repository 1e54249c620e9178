import TiketiNet

/// Requests that wait for the same outcome: the first leads, the others follow, and all hear the same answer.
/// Waiters live on any loop; each is woken on its own.
final class Flights<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    private struct Waiter {
        let loop: EventLoop
        let promise: LoopPromise<Answer?>
    }

    private let waiting = Locked<[Key: [Waiter]]>([:])

    /// Waits for the outcome of `key`, at most `nanoseconds`; nil when it did not come in time. The first to ask for a key starts `lead`
    /// as a task of its loop, which goes on whether or not anybody still waits.
    func join(_ key: Key, nanoseconds: UInt64, lead: @escaping @Sendable () async -> Answer) async -> Answer? {
        guard let loop = EventLoop.current else { return await lead() }
        let promise = LoopPromise<Answer?>()
        let first = waiting.withLock { flights in
            flights[key, default: []].append(Waiter(loop: loop, promise: promise))
            return flights[key]?.count == 1
        }
        if first {
            _ = loop.spawn {
                let answer = await lead()
                self.land(key, answer)
            }
        }
        let timer = loop.schedule(afterNanoseconds: nanoseconds) { promise.succeed(nil) }
        let answer = await promise.value()
        timer.cancel()
        return answer
    }

    /// Wakes everyone who waits for `key`. Whoever asks after this starts a new flight.
    private func land(_ key: Key, _ answer: Answer) {
        let waiters = waiting.withLock { $0.removeValue(forKey: key) } ?? []
        for waiter in waiters {
            waiter.loop.execute { waiter.promise.succeed(answer) }
        }
    }
}
