// A place in a queue, as its owner is answered.
import TiketiContracts
import TiketiNet

/// An answer about a place in a queue.
struct QueuePlace: Sendable, Equatable {
    var queueID: UUID
    var state: QueueState
    /// From 1; only while waiting.
    var position: Int?
    var expiresAt: Timestamp?
    /// Microseconds from one admission to the next, as measured; nil before it was.
    var pace: Int64?

    /// Seconds, rounded up; nil where nobody can tell.
    func estimatedWait(_ config: QueueConfig) -> Int? {
        switch state {
        case .waiting: position.map { QueueFront.estimatedWait(position: $0, pace: pace ?? config.pace) }
        case .admitted: 0
        case .lobby, .ended: nil
        }
    }
}
