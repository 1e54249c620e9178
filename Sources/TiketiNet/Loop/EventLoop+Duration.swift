// The loop's timers for callers who count in durations: everybody above this floor.

extension EventLoop {
    /// Runs `body` after at least `delay`, with millisecond resolution. On the loop only.
    public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        schedule(afterNanoseconds: delay.nanoseconds, body)
    }

    /// Suspends the calling task, which must be one of this loop's.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(for delay: Duration) async throws(CancellationError) {
        try await sleep(nanoseconds: delay.nanoseconds)
    }
}
