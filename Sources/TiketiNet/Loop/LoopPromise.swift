// The one continuation type of the loop: unsafe in release builds because it costs nothing, checked in debug builds because mistakes must
// be seen.

#if DEBUG
    @usableFromInline typealias LoopContinuation<Value> = CheckedContinuation<Value, Never>
#else
    @usableFromInline typealias LoopContinuation<Value> = UnsafeContinuation<Value, Never>
#endif

/// Suspends until `body`'s continuation is resumed.
@inlinable
func withLoopContinuation<Value>(_ body: (LoopContinuation<Value>) -> Void) async -> sending Value {
    #if DEBUG
        await withCheckedContinuation { body($0) }
    #else
        await withUnsafeContinuation { body($0) }
    #endif
}

/// A value that arrives once; one task waits for it. Confined to one event loop. Later values are ignored.
///
/// Sendable because it is confined to a loop: whoever holds it uses it on that loop's thread only.
public final class LoopPromise<Value>: @unchecked Sendable {
    @usableFromInline var arrived: Value?
    @usableFromInline var waiter: LoopContinuation<Value>?

    /// Neither kept nor awaited yet.
    @inlinable
    public init() {}

    /// Whether a value has arrived.
    @inlinable
    public var isResolved: Bool { arrived != nil }

    /// Delivers the value, unless one came before.
    @inlinable
    public func succeed(_ value: Value) {
        guard arrived == nil else { return }
        arrived = value
        if let waiter {
            self.waiter = nil
            // The promise keeps its copy only to know that it is resolved; giver and taker run on one loop.
            nonisolated(unsafe) let value = value
            waiter.resume(returning: value)
        }
    }

    /// The value, as soon as it is there. At most one task may wait.
    @inlinable
    public func value() async -> Value {
        if let arrived { return arrived }
        return await withLoopContinuation { continuation in
            assert(waiter == nil, "a promise has one waiter")
            waiter = continuation
        }
    }
}
