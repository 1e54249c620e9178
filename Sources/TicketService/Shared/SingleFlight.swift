// One piece of work for everyone in the process who asks for the same thing at the same time.
import TiketiNet

/// Runs the work of the first who asks; all others who come meanwhile get the same result, or the same error.
public final class SingleFlight<Value: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let loop: EventLoop
        let promise: LoopPromise<Result<Value, any Error>>
    }

    private let flights = Locked<[String: [Waiter]]>([:])

    public init() {}

    /// Call it on an event loop.
    public func run(_ key: String, _ work: () async throws -> Value) async throws -> Value {
        guard let loop = EventLoop.current else { return try await work() }
        let promise = LoopPromise<Result<Value, any Error>>()
        let leads = flights.withLock { flights in
            if flights[key] != nil {
                flights[key]?.append(Waiter(loop: loop, promise: promise))
                return false
            }
            flights[key] = []
            return true
        }
        guard leads else { return try await promise.value().get() }
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        let waiters = flights.withLock { $0.removeValue(forKey: key) ?? [] }
        for waiter in waiters { waiter.loop.execute { waiter.promise.succeed(result) } }
        return try result.get()
    }
}
