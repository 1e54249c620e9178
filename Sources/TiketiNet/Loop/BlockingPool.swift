// A few threads for calls that block (bcrypt, name resolution, files), behind a bounded queue so that overload is refused at once.
import DequeModule
import Glibc

/// The pool's queue is full; the caller answers 503.
public struct BlockingPoolFull: Error {
    init() {}
}

/// A fixed number of threads with a bounded queue.
///
/// Sendable because the queue is only used while `lock` is held and the condition variable's address never changes.
public final class BlockingPool: @unchecked Sendable {
    private let lock = Lock()
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var queue = Deque<@Sendable () -> Void>()
    private let queueLimit: Int

    /// - Parameters:
    ///   - threads: threads that run bodies at the same time.
    ///   - queueLimit: bodies that may wait; one more is refused.
    public init(name: String = "blocking", threads: Int, queueLimit: Int) {
        self.queueLimit = queueLimit
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
        for index in 0..<max(1, threads) { startThread(name: "\(name)-\(index)") { self.work() } }
    }

    /// Bodies that wait for a thread.
    public var queued: Int { lock.withLock { queue.count } }

    /// Runs `body` on one of the threads; the caller's event loop stays free.
    /// - Throws: `BlockingPoolFull`, or what `body` throws.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        guard let loop = EventLoop.current else {
            return try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Value, any Error>) in
                let accepted = submit { continuation.resume(with: Result { try body() }) }
                if !accepted { continuation.resume(throwing: BlockingPoolFull()) }
            }
        }
        // The result comes back through the loop's own queue: a thread that resumed the task directly could do so before it has suspended,
        // which the thread sanitizer takes for a race.
        let promise = LoopPromise<Result<Value, any Error>>()
        let accepted = submit {
            let result = Result { try body() }
            loop.execute { promise.succeed(result) }
        }
        guard accepted else { throw BlockingPoolFull() }
        return try await promise.value().get()
    }

    private func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
        lock.withLock {
            guard queue.count < queueLimit else { return false }
            queue.append(body)
            pthread_cond_signal(condition)
            return true
        }
    }

    private func work() {
        while true {
            let body = lock.withLock {
                while queue.isEmpty { lock.wait(on: condition) }
                return queue.removeFirst()
            }
            body()
        }
    }
}
