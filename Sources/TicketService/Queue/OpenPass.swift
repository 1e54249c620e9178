// The place that an event without a queue gives: nothing has to be stored for whoever is let in anyway.
import TiketiCore
import TiketiNet

/// A queue id that its owner's token turns back into the event's id, and nobody else's does.
enum OpenPass {
    /// The user's place for an event that lets everybody in, the same each time.
    static func id(_ event: UUID, _ user: UUID) -> UUID { mix(event, user) }

    /// The event for which the user may have got `queue`; some id that nobody has for any other place.
    static func event(_ queue: UUID, _ user: UUID) -> UUID { mix(queue, user) }

    private static func mix(_ id: UUID, _ user: UUID) -> UUID {
        let mask = Crypto.sha256("tiketi-open-pass \(user)")
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return UUID(high: id.high ^ half(mask[..<8]), low: id.low ^ half(mask[8..<16]))
    }
}
