import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Takes up every unfinished payment that nobody carries on: after a crash, a lost answer, or a wait. Any number of instances may run it;
/// a payment is claimed by one at a time.
public final class Reconciler: Service {
    private let store: PaymentStore
    private let saga: PaymentSaga
    private let config: PaymentConfig
    private let metrics: PaymentMetrics
    private let logger: Logger
    private let loop: EventLoop
    private let state = Locked<State>(State())

    private struct State {
        var running = 0
        var stopped = false
        var ticks = 0
    }

    public init(
        store: PaymentStore, saga: PaymentSaga, config: PaymentConfig, metrics: PaymentMetrics, logger: Logger, loop: EventLoop
    ) {
        self.store = store
        self.saga = saga
        self.config = config
        self.metrics = metrics
        self.logger = logger
        self.loop = loop
    }

    public func start() async throws {
        _ = loop.spawn { [self] in
            while !state.withLock({ $0.stopped }) {
                await tick()
                try? await loop.sleep(nanoseconds: UInt64(config.reconcileIntervalSeconds * 1e9))
            }
        }
    }

    /// Takes no new payments. Those under way go on until the process ends; the next process takes up what is left.
    public func drain() async {
        state.withLock { $0.stopped = true }
    }

    public func stop() async { await drain() }

    /// Payments under way.
    var running: Int { state.withLock { $0.running } }

    func tick() async {
        let (room, ticks) = state.withLock { state in
            state.ticks += 1
            return (config.reconcileConcurrency - state.running, state.ticks)
        }
        do {
            if room > 0 {
                for payment in try await store.claimDue(limit: room, driver: UUID()) { carryOn(payment) }
            }
            if ticks % 10 == 1 { metrics.backlog(try await store.backlog()) }
            if ticks % 60 == 5 { _ = try await store.abandon(olderThanSeconds: config.abandonSeconds) }
            if ticks % 3600 == 30 { try await store.sweep() }
        } catch {
            logger.warning("reconciler: the database does not answer", metadata: ["error": "\(error)"])
        }
    }

    private func carryOn(_ payment: Payment) {
        state.withLock { $0.running += 1 }
        _ = loop.spawn { [self] in
            _ = await saga.drive(payment)
            state.withLock { $0.running -= 1 }
        }
    }
}
