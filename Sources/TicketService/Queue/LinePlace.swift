// What Redis knows of one place in a queue.
import TiketiNet

/// What Redis knows of a place.
struct LinePlace: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case waiting(position: Int)
        case lobby
        case left
        /// Let in, or let in and out again: PostgreSQL knows.
        case through
        /// Its line is no more: the event has ended, or lets everybody in.
        case dropped
    }
    var userID: UUID
    var eventID: UUID
    var state: State
    /// The number in the order of arrival, while waiting, and of which generation it is.
    var sequence: Int64?
    var generation: UUID?
    /// Microseconds from one admission to the next, once measured.
    var pace: Int64?
}
