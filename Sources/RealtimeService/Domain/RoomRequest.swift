// Which room a client asks for: pure reading of event names and payloads (spec §4).
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// A wish to enter or leave a room.
enum RoomRequest: Equatable {
    case event(UUID)
    case seats(UUID)
    case queue(UUID)

    enum Direction { case join, leave }

    private static let kinds: [String: (Direction, field: String, make: @Sendable (UUID) -> RoomRequest)] = [
        "join-event": (.join, "eventId", { .event($0) }), "leave-event": (.leave, "eventId", { .event($0) }),
        "join-seat-selection": (.join, "eventId", { .seats($0) }), "leave-seat-selection": (.leave, "eventId", { .seats($0) }),
        "join-queue": (.join, "queueId", { .queue($0) }), "leave-queue": (.leave, "queueId", { .queue($0) }),
    ]

    enum Reading: Equatable {
        case request(Direction, RoomRequest)
        /// The event is ours, its id is none.
        case invalid(field: String)
        case notOurs
    }

    /// The payload is the id itself or an object that names it.
    static func read(_ event: String, _ payload: [UInt8]?) -> Reading {
        guard let (direction, field, make) = kinds[event] else { return .notOurs }
        guard let payload, let value = try? JSONValue.parse(payload, limits: limits),
            let text = value.stringValue ?? value[field]?.stringValue, let id = UUID(text)
        else { return .invalid(field: field) }
        return .request(direction, make(id))
    }

    private static let limits = JSONLimits(depth: 4, bytes: 4096, values: 64, members: 32)

    var room: String {
        switch self {
        case .event(let id): LiveRoom.event(id)
        case .seats(let id): LiveRoom.seats(id)
        case .queue(let id): LiveRoom.queue(id)
        }
    }
}

/// How a request is acknowledged.
enum RoomAnswer: Equatable {
    case success(version: Int64?)
    case failure(code: String, message: String)

    static let unknown = RoomAnswer.failure(code: "NOT_FOUND", message: "Not found")
    static let unavailable = RoomAnswer.failure(code: "UNAVAILABLE", message: "Live updates are not available right now")
    static let tooMany = RoomAnswer.failure(code: "ROOM_LIMIT", message: "Too many rooms")
    static let tooOften = RoomAnswer.failure(code: "RATE_LIMITED", message: "Too many joins, try again in a moment")

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object {
            switch self {
            case .success(let version):
                $0.member("success", true)
                if let version { $0.member("version", version) }
            case .failure(let code, let message):
                $0.member("success", false)
                $0.member("error", message)
                $0.member("code", code)
            }
        }
        return writer.finish()
    }
}
