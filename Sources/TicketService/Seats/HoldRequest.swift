// A request for a hold.
import TiketiNet

/// The seats that a user asks for, each once.
struct HoldRequest: Sendable {
    var user: UUID
    var seats: [UUID]
}
