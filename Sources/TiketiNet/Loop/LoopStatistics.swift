// Counters of one event loop, written by the loop and read by the metrics page from any thread.
import Synchronization

/// What an event loop has done. All times in nanoseconds.
public final class LoopStatistics: Sendable {
    private let ticksDone = Atomic<UInt64>(0)
    private let busy = Atomic<UInt64>(0)
    private let longest = Atomic<UInt64>(0)
    private let open = Atomic<Int>(0)
    private let workStarted = Atomic<UInt64>(0)

    /// Times the loop looked for work.
    public var ticks: UInt64 { ticksDone.load(ordering: .relaxed) }
    /// Time spent working rather than waiting.
    public var busyNanoseconds: UInt64 { busy.load(ordering: .relaxed) }
    /// Descriptors registered at the latest tick.
    public var descriptors: Int { open.load(ordering: .relaxed) }

    /// The longest stretch of work since the last call: how late a timer or a ping may have been.
    public func takeLongestTick() -> UInt64 { longest.exchange(0, ordering: .relaxed) }

    func tick(start: UInt64, descriptors: Int) {
        workStarted.store(start, ordering: .relaxed)
        ticksDone.add(1, ordering: .relaxed)
        open.store(descriptors, ordering: .relaxed)
    }

    func idle(at now: UInt64) {
        let started = workStarted.load(ordering: .relaxed)
        guard started > 0, now > started else { return }
        busy.add(now - started, ordering: .relaxed)
        if now - started > longest.load(ordering: .relaxed) { longest.store(now - started, ordering: .relaxed) }
    }
}
