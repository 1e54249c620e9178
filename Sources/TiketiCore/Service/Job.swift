// A background job: runs its body, sleeps as long as the body says, wakes early when told. Errors are logged and answered with back-off.
import Logging
import TiketiNet

/// One job of this process. Many processes run the same job: the statements it uses take care that no work is done twice.
///
/// `@unchecked Sendable`: `nap` and `isDueAgain` are confined to `loop`; `task` and `isStopping` are behind their locks.
public final class Job: Service, @unchecked Sendable {
    /// One round: does what is to be done and returns how long to wait for the next.
    public typealias Body = @Sendable () async throws -> Duration

    private let name: String
    private let loop: EventLoop
    private let logger: Logger
    private let failures: Counter
    private let body: Body
    private let task = Locked<Task<Void, Never>?>(nil)
    private let isStopping = Locked(false)
    private var nap: LoopPromise<Void>?
    /// Woken while the body was running: look again at once.
    private var isDueAgain = false

    /// Pauses after failures.
    private static let backoff: ClosedRange<Duration> = .milliseconds(200)...(.seconds(10))
    /// Between two rounds at least, so that a body which always says zero leaves time for others.
    private static let shortestNap: Duration = .milliseconds(1)
    /// How long `stop` waits for a round under way.
    private static let stopPatience: Duration = .seconds(5)

    /// A job that begins with its first round when it is started.
    /// - Parameters:
    ///   - name: Its `job` label in `tiketi_job_failures_total` and in the log.
    ///   - loop: Where it runs.
    ///   - body: One round. What it throws is logged, counted, and tried again after a pause that grows up to ten seconds.
    public init(_ name: String, loop: EventLoop, logger: Logger, metrics: MetricsRegistry, body: @escaping Body) {
        self.name = name
        self.loop = loop
        self.logger = logger
        self.body = body
        failures = metrics.counter(.jobFailures, labels: [("job", name)])
    }

    public func start() async throws {
        let running = loop.spawn { await self.run() }
        task.withLock { $0 = running }
    }

    /// No round begins after this; the one under way goes on.
    public func drain() async {
        isStopping.withLock { $0 = true }
        wake()
    }

    /// Cancels the round under way and waits for its end, for a few seconds.
    public func stop() async {
        await drain()
        guard let running = task.withLock({ $0 }) else { return }
        running.cancel()
        let loop = loop
        _ = try? await loop.run {
            let ended = LoopPromise<Void>()
            loop.spawn {
                await running.value
                ended.succeed(())
            }
            let timer = loop.schedule(after: Self.stopPatience) { ended.succeed(()) }
            await ended.value()
            timer.cancel()
        }
    }

    /// Ends the sleep; from any thread.
    public func wake() {
        loop.execute {
            self.isDueAgain = true
            self.nap?.succeed(())
        }
    }

    private func run() async {
        var backoff = Backoff(Self.backoff)
        var lastReason: String?
        while !isStopping.withLock({ $0 }) {
            isDueAgain = false
            var pause: Duration
            do {
                pause = try await body()
                if lastReason != nil { logger.info("A job works again", metadata: ["job": "\(name)"]) }
                lastReason = nil
                backoff.reset()
            } catch is CancellationError where isStopping.withLock({ $0 }) {
                return
            } catch {
                // Once while the reason stays the same: a database that is away for an hour is one fact, not hundreds.
                let reason = "\(error)"
                failures.increment()
                logger.log(
                    level: reason == lastReason ? .debug : .warning, "A job failed", metadata: ["job": "\(name)", "reason": "\(reason)"])
                lastReason = reason
                pause = backoff.next()
            }
            await sleep(pause)
        }
    }

    private func sleep(_ pause: Duration) async {
        if isDueAgain { return }
        let promise = LoopPromise<Void>()
        nap = promise
        let timer = loop.schedule(after: max(Self.shortestNap, pause)) { promise.succeed(()) }
        await promise.value()
        timer.cancel()
        nap = nil
    }
}
