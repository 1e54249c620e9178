// One call for everyone who asks for the same thing at the same time.
import TiketiNet

/// Shares calls by key: who asks while somebody else's call can serve them waits for its result instead of making one more.
///
/// Works across event loops; each waiter is woken on its own. A value that is asked for all the time on every loop is better served by one
/// coalescer a loop (`PerLoop`): then nobody is woken from another thread.
///
/// A call is a task of its own on the loop of the first who asked: it goes on when that one no longer waits.
public final class Coalescer<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
    /// Which call serves who asks.
    public enum Sharing: Sendable {
        /// The call under way, if there is one. The value may have been read before it was asked for: right for what is the same for all
        /// (filling a cache, paying an order once).
        case callUnderWay
        /// The next call that begins after the question; at most one runs for a key. Right where the value must not be older than the
        /// question.
        case nextCall
    }

    /// Finds the value of one key.
    public typealias Call = @Sendable () async throws(Failure) -> Value

    private struct Waiter: Sendable {
        let loop: EventLoop
        let promise: LoopPromise<Result<Value, Failure>?>
    }

    /// The state of one key, as long as a call for it runs.
    private struct Entry: Sendable {
        var served: [Waiter] = []
        var waiting: [Waiter]
        /// The call of the first of those who wait.
        var call: Call
        var hasBegun = false
    }

    private let sharing: Sharing
    private let entries = Locked<[Key: Entry]>([:])

    /// Nothing runs yet; `sharing` says who may take part in a call that has begun.
    public init(_ sharing: Sharing) {
        self.sharing = sharing
    }

    /// The value of `key`, by a shared call. Outside event loops nothing is shared.
    /// - Throws: What the shared call threw.
    public func value(_ key: Key, _ call: @escaping Call) async throws(Failure) -> Value {
        guard let loop = EventLoop.current else { return try await call() }
        let promise = ask(key, loop, call)
        guard let result = await promise.value() else { preconditionFailure("only a time limit ends without a result") }
        return try result.get()
    }

    /// The same, for at most `limit`: nil when there is no result by then. The call goes on.
    public func value(_ key: Key, within limit: Duration, _ call: @escaping Call) async throws(Failure) -> Value? {
        guard let loop = EventLoop.current else { return try await call() }
        let promise = ask(key, loop, call)
        let timer = loop.schedule(after: limit) { promise.succeed(nil) }
        let result = await promise.value()
        timer.cancel()
        return try result?.get()
    }

    private func ask(_ key: Key, _ loop: EventLoop, _ call: @escaping Call) -> LoopPromise<Result<Value, Failure>?> {
        let waiter = Waiter(loop: loop, promise: LoopPromise())
        let isFirst = entries.withLock { entries in
            guard var entry = entries.removeValue(forKey: key) else {
                entries[key] = Entry(waiting: [waiter], call: call)
                return true
            }
            if sharing == .callUnderWay, entry.hasBegun {
                entry.served.append(waiter)
            } else {
                if entry.waiting.isEmpty { entry.call = call }
                entry.waiting.append(waiter)
            }
            entries[key] = entry
            return false
        }
        if isFirst { loop.spawn { await self.serve(key) } }
        return waiter.promise
    }

    /// Makes calls until nobody waits for the key.
    private func serve(_ key: Key) async {
        var call = entries.withLock { Self.begin(&$0, key) }
        while let current = call {
            let result: Result<Value, Failure>
            do throws(Failure) { result = .success(try await current()) } catch { result = .failure(error) }
            let served: [Waiter]
            (served, call) = entries.withLock { entries in
                let served = entries[key]?.served ?? []
                return (served, Self.begin(&entries, key))
            }
            for waiter in served { waiter.loop.perform { waiter.promise.succeed(result) } }
        }
    }

    /// Takes those who wait; nil, and the key forgotten, when there are none.
    private static func begin(_ entries: inout [Key: Entry], _ key: Key) -> Call? {
        guard var entry = entries.removeValue(forKey: key), !entry.waiting.isEmpty else { return nil }
        entry.served = entry.waiting
        entry.waiting = []
        entry.hasBegun = true
        entries[key] = entry
        return entry.call
    }
}
