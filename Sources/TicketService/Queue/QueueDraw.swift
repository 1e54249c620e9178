// The order in which a lobby is let into the queue: random, and checkable by anyone who knows the seed (spec §10).
import TiketiContracts
import TiketiCore
import TiketiNet

enum QueueDraw {
    static let algorithm = "place = order of SHA-256(seed bytes || queue id as ASCII), ascending, compared as bytes"

    static func commitment(_ seed: [UInt8]) -> String { Hex.encode(Crypto.sha256(seed)) }

    /// The entries in the order of their places.
    static func order(_ entries: [UUID], seed: [UInt8]) -> [UUID] {
        entries.map { (key: Crypto.sha256(seed + Array($0.description.utf8)), id: $0) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.id)
    }
}

/// Where somebody stands.
public enum QueueState: String, Sendable {
    case waiting, lobby, admitted, ended
}

/// An answer about a place in a queue.
public struct QueuePlace: Sendable, Equatable {
    public var queueID: UUID
    public var state: QueueState
    /// From 1; only while waiting.
    public var position: Int?
    public var expiresAt: Timestamp?
    /// Microseconds from one admission to the next, as measured; nil before it was.
    public var pace: Int64?

    /// Seconds, rounded up; nil where nobody can tell.
    func estimatedWait(_ config: QueueConfig) -> Int? {
        switch state {
        case .waiting: position.map { QueueFront.estimatedWait(position: $0, pace: pace ?? config.pace) }
        case .admitted: 0
        case .lobby, .ended: nil
        }
    }
}

extension QueueConfig {
    /// Microseconds from one admission to the next when every batch is full; rounded up.
    var pace: Int64 { (Int64(intervalSeconds) * 1_000_000 + Int64(batchSize) - 1) / Int64(batchSize) }
}
