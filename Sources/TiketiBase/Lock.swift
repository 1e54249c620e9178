// Mutual exclusion over pthread_mutex: the thread sanitizer understands it, while it reports false races on Synchronization.Mutex.
import Glibc

/// A non-recursive lock. Hold it for a few instructions only, never across an `await`.
///
/// Sendable because the only state is the mutex itself, which exists to be shared, at an address that never changes.
public final class Lock: @unchecked Sendable {
    @usableFromInline internal let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// An unlocked mutex of its own, freed with the object.
    public init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init failed")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while holding the lock.
    @discardableResult
    @inlinable
    public func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Releases the lock, waits for a signal on `condition` and takes it again. The caller holds the lock.
    package func wait(on condition: UnsafeMutablePointer<pthread_cond_t>) {
        pthread_cond_wait(condition, mutex)
    }
}

/// A value that is only reachable while its lock is held.
///
/// Sendable because every access to `value` happens inside `withLock`.
public final class Locked<Value>: @unchecked Sendable {
    @usableFromInline internal let lock = Lock()
    @usableFromInline internal var value: Value

    /// Takes the value over: nothing else may hold on to what it refers to.
    public init(_ value: sending Value) {
        self.value = value
    }

    /// Runs `body` with exclusive access to the value.
    @discardableResult
    @inlinable
    public func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try lock.withLock { () throws(Failure) -> Result in try body(&value) }
    }
}
