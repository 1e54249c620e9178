// Tells Redis of ended sessions that it may have missed, and throws old rows away.
import TiketiCore
import TiketiNet

struct SessionKeeper: Sendable {
    let sessions: SessionService
    let store: AccountSessionStore
    private let lastSweep = Locked<UInt64>(0)

    init(sessions: SessionService, store: AccountSessionStore) {
        self.sessions = sessions
        self.store = store
    }

    /// The time until the next look.
    func tick(now: UInt64) async throws -> Duration {
        let isDue = lastSweep.withLock { last in
            guard last == 0 || now - last > 3_600_000_000_000 else { return false }
            last = now
            return true
        }
        if isDue { try await store.removeOld() }
        return try await sessions.announceRest() ? .seconds(1) : .zero
    }
}
