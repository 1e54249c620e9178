// The Redis keys of cached answers and of held seats (docs/specification.md §5).
import TiketiContracts
import TiketiNet

/// The keys of spec §5.
enum CacheKey {
    static func event(_ id: UUID) -> String { "event:\(id)" }
    static func tickets(_ id: UUID) -> String { "tickets:\(id)" }
    static func seats(_ id: UUID) -> String { SnapshotHeader.seatMapKey(id) }
    static func lock(_ seat: UUID) -> String { "reservation:lock:\(seat)" }
    static let listGeneration = "events:list:generation"
    static func list(_ status: EventStatus?, page: Int, limit: Int, query: String) -> String {
        "events:list:\(status?.rawValue ?? "all"):\(page):\(limit):\(query)"
    }
}
