// What the hub must know of the ticket service: does an event exist, at which version is its seat map, whose is a place in a queue and where.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

public enum Lookup<Value: Sendable>: Sendable {
    case found(Value)
    case unknown
    /// No answer in time; neither yes nor no.
    case unavailable
}

extension Lookup: Equatable where Value: Equatable {}

public protocol TicketDirectory: Sendable {
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

/// Asks the ticket service.
struct TicketClient: TicketDirectory {
    private let client: InternalClient
    /// A join waits for this, with a client behind it.
    private static let timeout: Duration = .seconds(3)

    init(_ client: InternalClient) { self.client = client }

    func version(ofEvent id: UUID) async -> Lookup<Int64> {
        await get(TicketAPI.eventVersion, id) { body throws(ContractFault) in try TicketAPI.SeatMapVersion(body).version }
    }

    func queueEntry(_ id: UUID) async -> Lookup<TicketAPI.QueueEntry> {
        await get(TicketAPI.queueEntry, id) { body throws(ContractFault) in try TicketAPI.QueueEntry(body) }
    }

    func sequences(ofEvent event: UUID, _ queues: [UUID]) async -> Lookup<QueueNumbers> {
        let call = TicketAPI.queueNumbers
        let body = TicketAPI.QueueNumbersRequest(eventID: event, queueIDs: queues).encoded
        guard let (status, answer) = try? await client.call(call.method, call.path(), json: body, timeout: Self.timeout),
            status.code == 200, let numbers = try? TicketAPI.QueueNumbers(answer), let generation = numbers.generation,
            numbers.sequences.count == queues.count
        else { return .unavailable }
        return .found(QueueNumbers(generation: generation, sequences: numbers.sequences))
    }

    private func get<Value>(
        _ call: Endpoint, _ id: UUID, _ read: (JSONValue) throws(ContractFault) -> Value
    ) async -> Lookup<Value> {
        guard let (status, body) = try? await client.call(call.method, call.path(id), timeout: Self.timeout) else { return .unavailable }
        if status.code == 404 { return .unknown }
        guard status.code == 200, let value = try? read(body) else { return .unavailable }
        return .found(value)
    }
}
