// Writes down statuses that the clock or a sale changed, and announces each change once.
import Logging
import TiketiNet

struct StatusService: Sendable {
    let events: EventStore
    let announcer: Announcer
    let logger: Logger

    /// Refreshes one event. Readers derive the status anyway, so a failure only delays the message until the updater's next round.
    func refresh(_ event: UUID) async {
        do {
            await announcer.announce(try await events.refreshStatus(event))
        } catch {
            logger.warning("A status could not be refreshed", metadata: ["event": "\(event)", "reason": "\(error)"])
        }
    }

    func refreshAll() async throws { await announcer.announce(try await events.refreshStatus(nil)) }
}
