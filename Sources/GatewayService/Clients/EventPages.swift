// Events as the public sees them, for the tags of their pages; asked of ticket at most every half a minute each.
import TiketiCore
import TiketiJSON
import TiketiNet

/// Reads `GET /api/events/:id` and keeps what a shared link shows.
final class EventPages: Sendable {
    private struct Known {
        var event: JSONValue?
        /// On the loops' clock.
        var until: UInt64
    }

    private let ticket: InternalClient
    private let known = Locked<[UUID: Known]>([:])
    private let readings = Coalescer<UUID, JSONValue?, Never>(.callUnderWay)
    private static let lifetime = Duration.seconds(30)
    private static let most = 2000
    /// A page without its tags is better than a page that waits.
    private static let patience = Duration.seconds(1)

    init(ticket: InternalClient) { self.ticket = ticket }

    /// The event's JSON; nil when there is none, or ticket does not say. Many readers of one page ask once.
    func event(_ id: UUID) async -> JSONValue? {
        if let known = known.withLock({ $0[id] }), known.until > MonotonicClock.now { return known.event }
        return await readings.value(id) { await self.read(id) }
    }

    private func read(_ id: UUID) async -> JSONValue? {
        guard let answer = try? await ticket.call(.get, "/api/events/\(id)", timeout: Self.patience), answer.status.code < 500 else {
            return known.withLock { $0[id]?.event }
        }
        let event = answer.status == .ok ? answer.body["event"] : nil
        known.withLock { known in
            if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
            known[id] = Known(event: event, until: MonotonicClock.now + Self.lifetime.nanoseconds)
        }
        return event
    }
}
