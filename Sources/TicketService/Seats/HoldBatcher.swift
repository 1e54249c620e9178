// Holds of one event that arrive together are committed together: PostgreSQL commits changes of one event one after the other, so
// requests that would wait for their turn anyway travel in one statement.
import TiketiCore
import TiketiNet
import TiketiStore

/// Decides holds: a request alone at once, requests for the same event that arrive meanwhile in batches.
///
/// Every request has its own answer, in the order of arrival. No request waits for a batch to fill: a batch is what arrived while
/// the one before it was being decided. A batch that fails is decided again one by one, so that only the request that caused the
/// failure sees it.
final class HoldBatcher: Sendable {
    private let batchers: PerLoop<LoopHoldBatcher>

    init(store: SeatStore, announcer: Announcer, group: EventLoopGroup, limit: Int, metrics: MetricsRegistry) {
        let counters = LoopHoldBatcher.Counters(metrics)
        batchers = PerLoop(group) { LoopHoldBatcher(loop: $0, store: store, announcer: announcer, limit: limit, counters: counters) }
    }

    /// The outcome of one hold, after its change has been announced. Call it on one of the group's loops.
    func hold(_ request: HoldRequest) async throws -> Taking<Hold> {
        guard let batcher = batchers.current else { throw TicketError.busy }
        return try await batcher.hold(request)
    }
}
