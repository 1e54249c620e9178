// Holds of one event are committed together while others of it are under way: PostgreSQL commits the changes of one event one after the other, so
// what waits for its turn anyway travels in one statement.
import DequeModule
import TiketiCore
import TiketiNet
import TiketiStore

/// Decides holds, alone while the loop has nothing else to decide, in batches of one event under contention.
///
/// Every request keeps its own answer, in the order of arrival. Nobody waits for a batch to fill: a batch is what came while the one before it
/// was under way. A batch that fails is decided again one by one, so that only the request that caused it sees the failure.
public final class HoldBatcher: Sendable {
    private let desks: PerLoop<HoldDesk>

    init(store: SeatStore, announcer: Announcer, group: EventLoopGroup, limit: Int, metrics: MetricsRegistry) {
        let counters = HoldCounters(metrics)
        desks = PerLoop(group) { HoldDesk(loop: $0, store: store, announcer: announcer, limit: limit, counters: counters) }
    }

    /// The outcome of one hold, after its change has been announced. Call it on one of the group's loops.
    func hold(_ request: HoldRequest) async throws -> Taking<Hold> {
        guard let desk = desks.current else { throw TicketError.busy }
        return try await desk.hold(request)
    }
}

struct HoldCounters: Sendable {
    let batches: Counter
    let batched: Counter
    let split: Counter

    init(_ metrics: MetricsRegistry) {
        batches = metrics.counter("tiketi_hold_batches_total", "Statements that decided holds.")
        batched = metrics.counter("tiketi_hold_batch_requests_total", "Holds decided by those statements, repeated ones counted each time.")
        split = metrics.counter("tiketi_hold_batches_split_total", "Batches that failed and were decided one by one.")
    }
}

/// One loop's lines of waiting holds, one line for each event that has some.
///
/// `@unchecked Sendable` because it is confined to `loop`: only tasks of that loop call it.
final class HoldDesk: @unchecked Sendable {
    private let loop: EventLoop
    private let store: SeatStore
    private let announcer: Announcer
    private let counters: HoldCounters
    /// Requests of one batch; 1 turns batching off.
    private let limit: Int
    private var lines: [UUID: Deque<Waiting>] = [:]
    /// Holds that this loop is deciding or has waiting.
    private var underWay = 0

    /// Seats of one batch, unless a single request has more.
    private static let seatLimit = 400
    /// Requests that may wait for one event on one loop.
    private static let lineLimit = 4096

    private struct Waiting {
        let request: HoldRequest
        let promise = LoopPromise<Result<Taking<Hold>, any Error>>()
    }

    init(loop: EventLoop, store: SeatStore, announcer: Announcer, limit: Int, counters: HoldCounters) {
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
        if limit == 1 || underWay == 1 { return try await alone(request, event: nil) }
        guard let first = request.seats.first, let event = try await store.event(ofSeat: first) else { throw TicketError.seatsNotFound }
        let waiting = Waiting(request: request)
        let isServed = lines[event] != nil
        guard lines[event, default: []].count < Self.lineLimit else { throw TicketError.busy }
        lines[event, default: []].append(waiting)
        if !isServed { loop.spawn { [self] in await serve(event) } }
        return try await waiting.promise.value().get()
    }

    /// Decides one request by itself.
    private func alone(_ request: HoldRequest, event: UUID?) async throws -> Taking<Hold> {
        counters.batches.increment()
        counters.batched.increment()
        switch try await store.hold([request], event: event)[0] {
        case .held(let hold, let change):
            await announcer.announce(change)
            return .taken(hold, change)
        case .refused(let error): throw error
        case .settleFirst(let event): return .settleFirst(eventID: event)
        // Nothing is earlier in a batch of one.
        case .again: throw TicketError.busy
        }
    }

    /// Decides an event's line until nobody waits.
    private func serve(_ event: UUID) async {
        while let batch = next(event) {
            counters.batches.increment()
            counters.batched.increment(by: UInt64(batch.count))
            do {
                let answers = try await store.hold(batch.map(\.request), event: event)
                settle(batch, answers, event)
            } catch {
                counters.split.increment()
                for waiting in batch { loop.spawn { [self] in await retry(waiting, event, after: error) } }
            }
        }
        lines[event] = nil
    }

    /// The next requests of a line, in the order of arrival.
    private func next(_ event: UUID) -> [Waiting]? {
        var batch: [Waiting] = []
        var seats = 0
        while let first = lines[event]?.first, batch.count < limit {
            seats += first.request.seats.count
            if !batch.isEmpty && seats > Self.seatLimit { break }
            batch.append(first)
            lines[event]?.removeFirst()
        }
        return batch.isEmpty ? nil : batch
    }

    /// Puts those who have to ask again back to the front, tells the world what was taken and then the others their answers. The next batch does not
    /// wait for that; its announcement leaves later on the same connection.
    private func settle(_ batch: [Waiting], _ answers: [HoldAnswer], _ event: UUID) {
        var announcement = Announcement()
        var told: [(Waiting, Result<Taking<Hold>, any Error>)] = []
        var again: [Waiting] = []
        for (waiting, answer) in zip(batch, answers) {
            switch answer {
            case .held(let hold, let change):
                if let change { announcement.changes.append(change) }
                told.append((waiting, .success(.taken(hold, change))))
            case .refused(let error): told.append((waiting, .failure(error)))
            case .settleFirst(let event): told.append((waiting, .success(.settleFirst(eventID: event))))
            case .again: again.append(waiting)
            }
        }
        lines[event, default: []].prepend(contentsOf: again)
        loop.spawn { [announcer, announcement, told] in
            await announcer.announce(announcement)
            for (waiting, result) in told { waiting.promise.succeed(result) }
        }
    }

    /// After a failed batch: alone, unless nobody could do better just now.
    private func retry(_ waiting: Waiting, _ event: UUID, after error: any Error) async {
        if let error = error as? PostgresError, error.code == .unavailable || error.code == .outcomeUnknown {
            return waiting.promise.succeed(.failure(error))
        }
        do { waiting.promise.succeed(.success(try await alone(waiting.request, event: event))) } catch {
            waiting.promise.succeed(.failure(error))
        }
    }
}
