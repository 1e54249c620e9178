// Announces sales that open and close, at the moment they do. Readers derive the status from the clock and do not wait for this.
import TiketiNet

struct StatusUpdater: Sendable {
    let events: EventStore
    let statuses: StatusService
    /// At the latest after this time everything is looked through.
    let interval: Duration
    private let state = Locked<(next: UInt64, last: UInt64)>((0, 0))
    private static let look: Duration = .seconds(2)

    init(events: EventStore, statuses: StatusService, interval: Duration) {
        self.events = events
        self.statuses = statuses
        self.interval = interval
    }

    func tick() async throws -> Duration {
        let now = EventLoop.current?.now ?? 0
        let (due, late) = state.withLock {
            ($0.next != 0 && now >= $0.next, $0.last == 0 || now >= $0.last + interval.nanoseconds)
        }
        if due || late {
            try await statuses.refreshAll()
            state.withLock { $0 = (0, now) }
        }
        guard let seconds = try await events.nextBoundary(), seconds < 2 else { return Self.look }
        // The boundary lies within this nap: after it everything is refreshed.
        let nap = Duration.seconds(max(0, seconds)) + .milliseconds(2)
        state.withLock { $0.next = (EventLoop.current?.now ?? 0) + (nap - .milliseconds(1)).nanoseconds }
        return nap
    }
}
