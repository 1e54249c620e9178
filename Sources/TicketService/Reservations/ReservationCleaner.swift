// Ends expired holds and reservations: their seats are on sale again, and announced, within a moment of the end, never before it.
import TiketiCore
import TiketiNet

/// Looks once a second for the next end (one index entry), and sleeps until exactly then when it is nearer. Correctness needs none of this:
/// every statement counts an expired hold as free.
struct ReservationCleaner: Sendable {
    let seats: SeatStore
    let announcer: Announcer
    /// Between two rounds of throwing old rows away.
    let interval: Duration
    let expired: Counter
    private let lastPrune = Locked<UInt64>(0)

    init(seats: SeatStore, announcer: Announcer, interval: Duration, expired: Counter) {
        self.seats = seats
        self.announcer = announcer
        self.interval = interval
        self.expired = expired
    }

    /// One look; how long to wait for the next.
    func tick() async throws -> Duration {
        await announcer.repair()
        try await expireDue()
        try await pruneSometimes()
        guard let next = try await seats.nextDue(), next < 1 else { return .seconds(1) }
        // A row that another instance is working on stays due for a moment: do not spin on it.
        return next <= 0 ? .milliseconds(20) : .seconds(next) + .milliseconds(1)
    }

    /// Ends every claim that is due now.
    func expireDue() async throws {
        for event in try await seats.dueEvents() {
            while true {
                let outcome = try await seats.expire(event)
                guard outcome.change != nil else { break }
                expired.increment(by: UInt64(outcome.expired.count))
                var announcement = Announcement()
                announcement.add(outcome)
                await announcer.announce(announcement)
            }
        }
    }

    private func pruneSometimes() async throws {
        let now = EventLoop.current?.now ?? 0
        let isTime = lastPrune.withLock { last in
            guard now >= last + interval.nanoseconds else { return false }
            last = now
            return true
        }
        if isTime { try await seats.prune() }
    }
}
