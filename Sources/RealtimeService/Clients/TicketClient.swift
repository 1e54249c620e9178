// What the hub must know of the ticket service: does an event exist, at which version is its seat map, whose is a place in a queue and where.
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
    func queueEntry(_ id: UUID) async -> Lookup<QueueEntryFacts>
    /// The numbers of places that were in a lobby; nil for those that are in no line.
    func sequences(ofEvent event: UUID, _ queues: [UUID]) async -> Lookup<QueueNumbers>
}

/// A place in a queue, as far as the hub has to know it.
public struct QueueEntryFacts: Sendable, Equatable {
    public var userID: UUID
    public var eventID: UUID
    /// Whether it is in the line or the lobby.
    public var isWaiting: Bool
    public var position: Int?
    public var sequence: Int64?
    public var generation: UUID?
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
    private static let timeout: UInt64 = 3_000_000_000

    init(_ client: InternalClient) { self.client = client }

    func version(ofEvent id: UUID) async -> Lookup<Int64> {
        await get("/internal/events/\(id)/version") { $0["version"]?.int64Value }
    }

    func queueEntry(_ id: UUID) async -> Lookup<QueueEntryFacts> {
        await get("/internal/queue/\(id)") { body in
            guard let user = body["userId"]?.uuid, let event = body["eventId"]?.uuid else { return nil }
            return QueueEntryFacts(
                userID: user, eventID: event, isWaiting: body["status"]?.stringValue != nil, position: body["position"]?.intValue,
                sequence: body["sequence"]?.int64Value, generation: body["generation"]?.uuid)
        }
    }

    func sequences(ofEvent event: UUID, _ queues: [UUID]) async -> Lookup<QueueNumbers> {
        var writer = JSONWriter(capacity: 128 + queues.count * 40)
        writer.object {
            $0.member("eventId", event)
            $0.member("queueIds", queues)
        }
        guard
            let (status, body) = try? await client.call(.post, "/internal/queue/sequences", json: writer.finish(), timeout: Self.timeout),
            status.code == 200, let generation = body["generation"]?.uuid, let numbers = body["sequences"]?.arrayValue,
            numbers.count == queues.count
        else { return .unavailable }
        return .found(QueueNumbers(generation: generation, sequences: numbers.map(\.int64Value)))
    }

    private func get<Value>(_ path: String, _ read: (JSONValue) -> Value?) async -> Lookup<Value> {
        guard let (status, body) = try? await client.call(.get, path, timeout: Self.timeout) else { return .unavailable }
        if status.code == 404 { return .unknown }
        guard status.code == 200, let value = read(body) else { return .unavailable }
        return .found(value)
    }
}

extension JSONValue {
    fileprivate var uuid: UUID? { stringValue.flatMap { UUID($0) } }
}
