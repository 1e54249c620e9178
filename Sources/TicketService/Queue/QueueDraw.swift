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
