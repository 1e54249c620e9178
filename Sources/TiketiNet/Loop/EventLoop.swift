// One thread, one epoll, one timer wheel. Everything that belongs to a loop is touched on its thread only.
import CLinux
import DequeModule
import Glibc
import Synchronization

/// An event loop: runs tasks, readiness handlers and timers of the connections that belong to it, on a thread of its own.
///
/// Loops are created once and live as long as the process, because executors are unowned by the tasks that run on them.
///
/// Sendable because `remote` is guarded by its lock, `statistics` is atomic, and all other state is used on the loop's own thread only,
/// which every primitive asserts in debug builds.
public final class EventLoop: TaskExecutor, SerialExecutor, @unchecked Sendable {
    /// Position in its group.
    public let index: Int
    /// What the loop has done since its start; may be read from any thread.
    public let statistics = LoopStatistics()
    var buffers = BufferPool()
    /// For streams that often get the same bytes. On the loop only.
    public let lanes = StreamLanes()

    private var poller = Poller()
    private let wheel: TimerWheel
    private var jobs = Deque<UnownedJob>()
    private var endOfTick: [() -> Void] = []
    private let remote = Locked(RemoteWork())
    private let wakeup = Wakeup()

    private struct RemoteWork {
        var jobs: [UnownedJob] = []
        var actions: [@Sendable () -> Void] = []
        var isEmpty: Bool { jobs.isEmpty && actions.isEmpty }
    }

    init(index: Int) {
        self.index = index
        wheel = TimerWheel(now: clinux_monotonic_ns())
    }

    /// The loop whose thread is running, if any.
    public static var current: EventLoop? {
        guard let pointer = clinux_current_loop() else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether the calling thread is this loop's.
    public var isCurrent: Bool {
        clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    /// Stops a debug build when called from another thread.
    public func preconditionOnLoop(_ function: StaticString = #function) {
        assert(isCurrent, "\(function) must run on event loop \(index)")
    }

    /// Nanoseconds of the monotonic clock as of this tick: cheap, at most one tick old.
    public var now: UInt64 { wheel.currentTime }

    // MARK: Work

    /// Runs `body` as a task of this loop.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }

    /// Runs `body` on this loop and returns what it returns; for callers on other threads.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Task(executorPreference: self) { try await body() }.value
    }

    /// Runs `action` on this loop soon. Safe from any thread.
    public func execute(_ action: @escaping @Sendable () -> Void) {
        let wasEmpty = remote.withLock { work in
            defer { work.actions.append(action) }
            return work.isEmpty
        }
        if wasEmpty { wakeup.signal() }
    }

    /// Runs `action` at once when called on this loop, else soon.
    public func perform(_ action: @escaping @Sendable () -> Void) {
        if isCurrent { action() } else { execute(action) }
    }

    /// Runs `action` before the loop next waits: the place for flushing what a tick has gathered. On the loop only.
    public func atEndOfTick(_ action: @escaping () -> Void) {
        preconditionOnLoop()
        endOfTick.append(action)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
            return
        }
        let wasEmpty = remote.withLock { work in
            defer { work.jobs.append(job) }
            return work.isEmpty
        }
        if wasEmpty { wakeup.signal() }
    }

    // MARK: Timers

    /// Runs `body` after at least `nanoseconds`, with millisecond resolution. On the loop only.
    public func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionOnLoop()
        return wheel.schedule(after: nanoseconds, body)
    }

    /// Suspends the calling task, which must be one of this loop's.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(nanoseconds: UInt64) async throws(CancellationError) {
        preconditionOnLoop()
        let promise = LoopPromise<Bool>()
        let timer = schedule(afterNanoseconds: nanoseconds) { promise.succeed(true) }
        let elapsed = await withTaskCancellationHandler {
            await promise.value()
        } onCancel: {
            self.execute { promise.succeed(false) }
        }
        timer.cancel()
        guard elapsed else { throw CancellationError() }
    }

    // MARK: Descriptors

    /// Reports the readiness of `descriptor` to `handler`, which is kept alive, until `deregister`. On the loop only.
    /// - Throws: `IOError` with the system's reason when epoll refuses the descriptor.
    public func register(_ descriptor: Int32, _ interest: Readiness, _ handler: any ReadinessHandler) throws(IOError) {
        preconditionOnLoop()
        let status = poller.add(descriptor, interest, handler)
        guard status == 0 else { throw IOError(errno: status) }
    }

    /// Changes what a registered descriptor is watched for. On the loop only.
    public func modify(_ descriptor: Int32, _ interest: Readiness) {
        preconditionOnLoop()
        poller.modify(descriptor, interest)
    }

    /// Stops reports for `descriptor`; to be called before it is closed. On the loop only.
    public func deregister(_ descriptor: Int32) {
        preconditionOnLoop()
        poller.remove(descriptor)
    }

    // MARK: The loop

    /// Never returns; called once on the loop's own thread.
    func runForever() -> Never {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        let status = poller.add(wakeup.descriptor, .readable, wakeup)
        precondition(status == 0, "the loop's own eventfd was refused")
        while true { tick() }
    }

    private func tick() {
        takeRemoteWork()
        runJobs()
        runEndOfTick()
        let events = poller.wait(nanoseconds: idleTime())
        let start = clinux_monotonic_ns()
        wheel.currentTime = max(start, wheel.currentTime)
        statistics.tick(start: start, descriptors: poller.count)
        for index in 0..<events {
            if let (handler, readiness) = poller.event(index) { handler.ready(readiness) }
        }
        wheel.advance(to: wheel.currentTime)
    }

    /// How long the loop may sleep: not at all while work is queued, else until the next timer (negative: no limit).
    private func idleTime() -> Int64 {
        guard jobs.isEmpty && endOfTick.isEmpty else { return 0 }
        statistics.idle(at: clinux_monotonic_ns())
        return wheel.nanosecondsUntilNext().map { Int64(clamping: $0) } ?? -1
    }

    private func takeRemoteWork() {
        guard wakeup.consume() else { return }
        let (jobs, actions) = remote.withLock { work in
            defer { work = RemoteWork() }
            return (work.jobs, work.actions)
        }
        self.jobs.append(contentsOf: jobs)
        for action in actions { action() }
    }

    /// A bounded batch, so that sockets and timers get their turn under any load.
    private func runJobs() {
        var budget = 2048
        let executor = asUnownedTaskExecutor()
        while budget > 0, let job = jobs.popFirst() {
            // Not `isolatedTo:` this loop as well: a task would then be queued again at every continuation and async call, because it
            // counts as leaving an actor, and what a primitive checked before it suspends would no longer hold when its continuation is
            // stored.
            job.runSynchronously(on: executor)
            budget -= 1
        }
    }

    /// Hooks may resume tasks, which may write again: repeated until nothing is left, or unsent data would sleep with the loop.
    private func runEndOfTick() {
        var rounds = 0
        while !endOfTick.isEmpty && rounds < 64 {
            let actions = endOfTick
            endOfTick.removeAll(keepingCapacity: true)
            for action in actions { action() }
            runJobs()
            rounds += 1
        }
    }
}

/// The clock of the loops, read exactly where a tick's time is too coarse.
public enum MonotonicClock {
    /// Nanoseconds of the monotonic clock: for deadlines and durations, of no meaning on another machine or after a restart.
    public static var now: UInt64 { clinux_monotonic_ns() }
}

/// Wakes a sleeping loop through an eventfd.
///
/// Sendable because `raised` is written on the loop only and the descriptor never changes.
private final class Wakeup: ReadinessHandler, @unchecked Sendable {
    let descriptor: Int32
    private var raised = false

    init() {
        descriptor = clinux_eventfd()
        precondition(descriptor >= 0, "eventfd failed: the process has no descriptors left")
    }

    func signal() {
        var one: UInt64 = 1
        while write(descriptor, &one, 8) < 0 && errno == EINTR {}
    }

    func ready(_ readiness: Readiness) {
        var value: UInt64 = 0
        _ = read(descriptor, &value, 8)
        raised = true
    }

    /// Whether work was announced since the last call.
    func consume() -> Bool {
        defer { raised = false }
        return raised
    }
}
