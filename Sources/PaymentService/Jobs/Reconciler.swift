// The job that carries every unfinished payment on.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Takes up every unfinished payment that nobody carries on: after a crash, a lost answer, or a wait. Refunds have a queue and a pace of
/// their own, so that a cancelled event delays nobody's payment; and the seats of payments of unknown outcome are kept, whatever Toss does.
/// Any number of instances may run it; a payment is claimed by one at a time.
final class Reconciler: Sendable {
    private let store: PaymentStore
    private let saga: PaymentSaga
    private let ticket: TicketClient
    private let config: PaymentConfig
    private let metrics: PaymentMetrics
    private let logger: Logger
    private let loop: EventLoop
    private let interval: Duration
    private let state: Locked<State>

    private struct State {
        var running = 0
        var refunding = 0
        /// Refunds that may begin now.
        var allowance = 0.0
        var keepsLeases = false
        var leases = Cadence(every: .seconds(10))
        var backlog: Cadence
        var abandoning = Cadence(every: .seconds(60), first: .seconds(5))
        var sweeping = Cadence(every: .seconds(3600), first: .seconds(30))
    }

    init(
        store: PaymentStore, saga: PaymentSaga, ticket: TicketClient, config: PaymentConfig, metrics: PaymentMetrics, logger: Logger,
        loop: EventLoop
    ) {
        self.store = store
        self.saga = saga
        self.ticket = ticket
        self.config = config
        self.metrics = metrics
        self.logger = logger
        self.loop = loop
        interval = config.reconcileInterval
        state = Locked(State(backlog: Cadence(every: config.backlogInterval)))
    }

    /// Payments under way.
    var running: Int { state.withLock { $0.running + $0.refunding } }

    /// One round: takes up what is due. Payments under way go on when no round follows; the next process takes up what is left.
    func tick() async throws -> Duration {
        let (room, refunds, isDue) = state.withLock { state in
            // Never more than a second's worth at once, or one.
            let rate = Double(config.refundsPerSecond)
            state.allowance = min(state.allowance + rate * interval.inSeconds, max(rate, 1))
            let refunds = min(Int(state.allowance), config.reconcileConcurrency - state.refunding)
            let isDue = (
                leases: state.leases.isDue(), backlog: state.backlog.isDue(), abandoning: state.abandoning.isDue(),
                sweeping: state.sweeping.isDue()
            )
            return (config.reconcileConcurrency - state.running, refunds, isDue)
        }
        if isDue.leases { keepLeases() }
        if room > 0 {
            for payment in try await store.claimDue(limit: room, driver: UUID()) { carryOn(payment) }
        }
        if refunds > 0 {
            let due = try await store.claimRefunds(limit: refunds, driver: UUID())
            state.withLock { $0.allowance -= Double(due.count) }
            for payment in due { carryOn(payment, isRefund: true) }
        }
        if isDue.backlog { metrics.backlog(try await store.backlog()) }
        if isDue.abandoning { metrics.abandoned(try await store.abandon(olderThan: config.abandonTime)) }
        if isDue.sweeping { try await store.sweep() }
        return interval
    }

    private func carryOn(_ payment: Payment, isRefund: Bool = false) {
        state.withLock { if isRefund { $0.refunding += 1 } else { $0.running += 1 } }
        _ = loop.spawn { [self] in
            _ = await saga.drive(payment)
            state.withLock { if isRefund { $0.refunding -= 1 } else { $0.running -= 1 } }
        }
    }

    /// Toss may hang for minutes with thousands of payments under way, and each waits for its turn to be asked about. Their seats must not
    /// lapse meanwhile: ticket is asked apart from all that, and answers in milliseconds.
    private func keepLeases() {
        let begins = state.withLock { state in
            defer { state.keepsLeases = true }
            return !state.keepsLeases
        }
        guard begins else { return }
        _ = loop.spawn { [self] in
            await prolongLeases()
            state.withLock { $0.keepsLeases = false }
        }
    }

    /// Rounds until no lease is old; a refusal is the saga's to meet, at its next step. Nobody keeps seats beyond the bound of one order.
    func prolongLeases() async {
        while let old = try? await store.claimLeases(olderThan: config.leaseTime / 3, begunWithin: config.limits.lease, limit: 200),
            !old.isEmpty
        {
            await withTaskGroup(of: Void.self) { group in
                for (place, payment) in old.enumerated() {
                    if place >= config.reconcileConcurrency { await group.next() }
                    group.addTask { [self] in
                        _ = await ticket.takeLease(payment, for: min(config.leaseTime, config.limits.leaseLeft(payment)))
                    }
                }
            }
        }
    }
}
