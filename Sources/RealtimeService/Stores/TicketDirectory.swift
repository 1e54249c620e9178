// What the hub must know of the ticket service: does an event exist, at which version is its seat map, whose is a place in a queue.
import TiketiCore
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
    /// The user who waits in this place.
    func owner(ofQueueEntry id: UUID) async -> Lookup<UUID>
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

    func owner(ofQueueEntry id: UUID) async -> Lookup<UUID> {
        await get("/internal/queue/\(id)") { $0["userId"]?.stringValue.flatMap { UUID($0) } }
    }

    private func get<Value>(_ path: String, _ read: (JSONValue) -> Value?) async -> Lookup<Value> {
        guard let (status, body) = try? await client.call(.get, path, timeout: Self.timeout) else { return .unavailable }
        if status.code == 404 { return .unknown }
        guard status.code == 200, let value = read(body) else { return .unavailable }
        return .found(value)
    }
}
