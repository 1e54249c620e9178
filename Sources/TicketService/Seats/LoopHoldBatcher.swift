// The holds of one loop: those that wait for the same event are decided by one statement.
import DequeModule
import TiketiCore
import TiketiNet
import TiketiStore

/// One loop's waiting holds, a queue for each event that has some.
///
/// `@unchecked Sendable` because it is confined to `loop`: only tasks of that loop call it.
final class LoopHoldBatcher: @unchecked Sendable {
    struct Counters: Sendable {
        let batches: Counter
        let batched: Counter
        let split: Counter

        init(_ metrics: MetricsRegistry) {
            batches = metrics.counter(.holdBatches)
            batched = metrics.counter(.holdBatchRequests)
            split = metrics.counter(.holdBatchesSplit)
        }
    }

    private let loop: EventLoop
    private let store: SeatStore
    private let announcer: Announcer
    private let counters: Counters
    /// Requests of one batch; 1 turns batching off.
    private let limit: Int
    private var queues: [UUID: Deque<Waiting>] = [:]
    /// Holds that this loop is deciding or has waiting.
    private var underWay = 0

    /// Seats of one batch, unless a single request has more.
    private static let seatLimit = 400
    /// Requests that may wait for one event on one loop.
    private static let queueLimit = 4096

    private struct Waiting {
        let request: HoldRequest
        let promise = LoopPromise<Result<Taking<Hold>, any Error>>()
    }

    init(loop: EventLoop, store: SeatStore, announcer: Announcer, limit: Int, counters: Counters) {
        self.loop = loop
        self.store = store
        self.announcer = announcer
        self.limit = limit
        self.counters = counters
    }

    func hold(_ request: HoldRequest) async throws -> Taking<Hold> {
        loop.preconditionOnLoop()
        underWay += 1
        defer { underWay -= 1 }
        if limit == 1 || underWay == 1 { return try await decideAlone(request, event: nil) }
        guard let first = request.seats.first, let event = try await store.event(ofSeat: first) else { throw TicketError.seatsNotFound }
        let waiting = Waiting(request: request)
        let isServed = queues[event] != nil
        guard queues[event, default: []].count < Self.queueLimit else { throw TicketError.busy }
        queues[event, default: []].append(waiting)
        if !isServed { loop.spawn { [self] in await serve(event) } }
        return try await waiting.promise.value().get()
    }

    /// Decides one request by itself.
    private func decideAlone(_ request: HoldRequest, event: UUID?) async throws -> Taking<Hold> {
        counters.batches.increment()
        counters.batched.increment()
        switch try await store.hold([request], event: event)[0] {
        case .held(let hold, let change):
            await announcer.announce(change)
            return .taken(hold, change)
        case .refused(let error): throw error
        case .expireFirst(let event): return .expireFirst(eventID: event)
        // A batch of one has no earlier request to wait for.
        case .again: throw TicketError.busy
        }
    }

    /// Decides an event's queue until it is empty.
    private func serve(_ event: UUID) async {
        while let batch = next(event) {
            counters.batches.increment()
            counters.batched.increment(by: UInt64(batch.count))
            do {
                let answers = try await store.hold(batch.map(\.request), event: event)
                deliver(answers, to: batch, of: event)
            } catch {
                counters.split.increment()
                for waiting in batch { loop.spawn { [self] in await retry(waiting, event, after: error) } }
            }
        }
        queues[event] = nil
    }

    /// The next requests of a queue, in the order of arrival.
    private func next(_ event: UUID) -> [Waiting]? {
        var batch: [Waiting] = []
        var seats = 0
        while let first = queues[event]?.first, batch.count < limit {
            seats += first.request.seats.count
            if !batch.isEmpty && seats > Self.seatLimit { break }
            batch.append(first)
            queues[event]?.removeFirst()
        }
        return batch.isEmpty ? nil : batch
    }

    /// Puts requests that have to be decided again back to the front, announces the changes, then answers the others. The next
    /// batch does not wait for the announcement; its own leaves later on the same connection.
    private func deliver(_ answers: [HoldAnswer], to batch: [Waiting], of event: UUID) {
        var announcement = Announcement()
        var outcomes: [(Waiting, Result<Taking<Hold>, any Error>)] = []
        var again: [Waiting] = []
        for (waiting, answer) in zip(batch, answers) {
            switch answer {
            case .held(let hold, let change):
                if let change { announcement.changes.append(change) }
                outcomes.append((waiting, .success(.taken(hold, change))))
            case .refused(let error): outcomes.append((waiting, .failure(error)))
            case .expireFirst(let event): outcomes.append((waiting, .success(.expireFirst(eventID: event))))
            case .again: again.append(waiting)
            }
        }
        queues[event, default: []].prepend(contentsOf: again)
        loop.spawn { [announcer, announcement, outcomes] in
            await announcer.announce(announcement)
            for (waiting, outcome) in outcomes { waiting.promise.succeed(outcome) }
        }
    }

    /// After a failed batch: decides the request alone, unless PostgreSQL is away, which another attempt would not change.
    private func retry(_ waiting: Waiting, _ event: UUID, after error: any Error) async {
        if let error = error as? PostgresError, error.code == .unavailable || error.code == .outcomeUnknown {
            return waiting.promise.succeed(.failure(error))
        }
        do { waiting.promise.succeed(.success(try await decideAlone(waiting.request, event: event))) } catch {
            waiting.promise.succeed(.failure(error))
        }
    }
}
