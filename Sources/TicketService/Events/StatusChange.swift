// What the clock, a sale or an organiser made of an event's status.
import TiketiNet

/// An event whose announced status changed.
struct StatusChange: Sendable, Equatable {
    var eventID: UUID
    var status: String
    var revision: Int64
}
