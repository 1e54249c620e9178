// What the hub must know of the ticket service: does an event exist, at which version is its seat map, whose is a place in a queue and
// where.
import TiketiContracts
import TiketiNet

/// What came of a question.
public enum Lookup<Value: Sendable>: Sendable {
    case found(Value)
    case unknown
    /// No answer in time; neither yes nor no.
    case unavailable
}

extension Lookup: Equatable where Value: Equatable {}

/// What the hub asks ticket.
public protocol TicketQueries: Sendable {
    /// The version of the event's seat map.
    func version(ofEvent id: UUID) async -> Lookup<Int64>
    /// A place in a queue.
    func queueEntry(_ id: UUID) async -> Lookup<TicketAPI.QueueEntry>
    /// The numbers of places that were in a lobby; nil for those that are in no line.
    func sequences(ofEvent event: UUID, _ queues: [UUID]) async -> Lookup<QueueNumbers>
}

/// Numbers in the order of arrival.
public struct QueueNumbers: Sendable, Equatable {
    public var generation: UUID
    public var sequences: [Int64?]
}
