// A background job: runs its body, sleeps as long as the body says, wakes early when told. Errors are logged and answered with back-off.
import Logging
import TiketiNet

/// One job of this process. Many processes run the same job: the statements it uses take care that no work is done twice.
///
/// `@unchecked Sendable`: `nap` is confined to `loop`; `task` and `stopping` are behind their locks.
public final class Job: Service, @unchecked Sendable {
    /// Does what is to be done and returns the nanoseconds until the next look.
    public typealias Body = @Sendable () async throws -> UInt64

    private let name: String
    private let loop: EventLoop
    private let logger: Logger
    private let failures: Counter
    private let body: Body
    private let task = Locked<Task<Void, Never>?>(nil)
    private let stopping = Locked(false)
    private var nap: LoopPromise<Void>?
    /// Woken while the body was running: look again at once.
    private var isDueAgain = false

    public init(_ name: String, loop: EventLoop, logger: Logger, metrics: MetricsRegistry, body: @escaping Body) {
        self.name = name
        self.loop = loop
        self.logger = logger
        self.body = body
        failures = metrics.counter("tiketi_job_failures_total", "Rounds of background jobs that failed.", labels: [("job", name)])
    }

    public func start() async throws {
        let running = loop.spawn { await self.run() }
        task.withLock { $0 = running }
    }

    public func stop() async {
        stopping.withLock { $0 = true }
        wake()
        let running = task.withLock { $0 }
        await running?.value
    }

    /// Ends the sleep; from any thread.
    public func wake() {
        loop.execute {
            self.isDueAgain = true
            self.nap?.succeed(())
        }
    }

    private func run() async {
        var failed: UInt64 = 0
        while !stopping.withLock({ $0 }) {
            isDueAgain = false
            var pause: UInt64
            do {
                pause = try await body()
                failed = 0
            } catch {
                failures.increment()
                logger.warning("A job failed", metadata: ["job": "\(name)", "reason": "\(error)"])
                failed += 1
                pause = min(100_000_000 << min(failed, 7), 10_000_000_000)
            }
            await sleep(pause)
        }
    }

    private func sleep(_ nanoseconds: UInt64) async {
        if isDueAgain { return }
        let promise = LoopPromise<Void>()
        nap = promise
        let timer = loop.schedule(afterNanoseconds: max(1_000_000, nanoseconds)) { promise.succeed(()) }
        await promise.value()
        timer.cancel()
        nap = nil
    }
}
