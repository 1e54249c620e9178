// The client of the ticket service.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// Asks the ticket service.
struct TicketClient: TicketQueries {
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
