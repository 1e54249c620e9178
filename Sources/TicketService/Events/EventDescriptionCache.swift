// Descriptions of listed events, kept in the process: cached pages carry none, so that long texts can't fill Redis.
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

/// The descriptions of one generation of the list; a write of an organiser begins another.
final class EventDescriptionCache: Sendable {
    private struct Kept: Sendable {
        var generation = ""
        /// As JSON, `null` for an event without one.
        var descriptions: [UUID: [UInt8]] = [:]
        var size = 0
    }

    private let events: EventStore
    private let kept = Locked(Kept())
    private let reads = Coalescer<String, [UUID: String?], any Error>(.callUnderWay)
    /// Bytes that are kept; beyond, all are read anew.
    private static let limit = 8 << 20

    init(_ events: EventStore) { self.events = events }

    /// The descriptions as JSON. When PostgreSQL does not answer, those at hand: a list without a text is better than none.
    func descriptions(of ids: [UUID], generation: String) async -> [UUID: [UInt8]] {
        let known = kept.withLock { $0.generation == generation ? $0.descriptions : [:] }
        let missing = ids.filter { known[$0] == nil }
        guard !missing.isEmpty else { return known }
        // Within one generation a reading under way is as good as a new one.
        let key = generation + missing.map(\.description).joined()
        guard let read = try? await reads.value(key, { [events] in try await events.descriptions(of: missing) }) else { return known }
        let added = read.mapValues { text in
            var writer = JSONWriter(capacity: (text?.utf8.count ?? 4) + 16)
            if let text { writer.value(text) } else { writer.null() }
            return writer.finish()
        }
        kept.withLock { kept in
            if kept.generation != generation || kept.size > Self.limit { kept = Kept(generation: generation) }
            for (id, json) in added where kept.descriptions.updateValue(json, forKey: id) == nil { kept.size += json.count + 64 }
        }
        return known.merging(added) { $1 }
    }
}
