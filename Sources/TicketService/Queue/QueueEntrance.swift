// What joining an event's queue depends on.
import TiketiNet

/// An event as a joiner meets it.
struct QueueEntrance: Sendable {
    var isQueued: Bool
    var status: String
    var isOpened: Bool
    var isDrawn: Bool
    /// The joiner's running admission.
    var admission: (queueID: UUID, expiresAt: Timestamp)?

    /// Nobody is let in any more.
    var isOver: Bool { status == EventStatus.cancelled.rawValue || status == EventStatus.ended.rawValue }
}
