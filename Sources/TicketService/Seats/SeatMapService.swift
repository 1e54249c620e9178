// Seat maps for readers: kept in the process, never served once a later change was announced or a hold in them has ended. Redis has
// the header of the latest map and not the maps, because making the next one from the one before costs less than fetching it.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// Serves the latest seat map of an event, its layout, and a user's own seats.
final class SeatMapService: Sendable {
    private let store: SeatMapStore
    private let cache: SnapshotCache
    private let loads = Coalescer<String, SeatMap, any Error>(.callUnderWay)
    private let kept = Locked<Kept>(Kept())
    private static let life = 30_000
    /// Milliseconds from a reading to its storing.
    private static let patience = 2_000

    private let distrust: CacheDistrust

    init(store: SeatMapStore, cache: SnapshotCache, distrust: CacheDistrust = CacheDistrust()) {
        self.distrust = distrust
        self.store = store
        self.cache = cache
    }

    /// The state of Redis on one event.
    private enum Announced {
        /// This map may be served by whoever has it.
        case filled(SnapshotHeader)
        /// Nothing may be served that is older.
        case atLeast(Int64)
        case redisAway

        /// Older maps are out of date.
        var revision: Int64 {
            switch self {
            case .filled(let header): header.revision
            case .atLeast(let revision): revision
            case .redisAway: 0
            }
        }
    }

    /// The map as of now; 404 when there is no such event.
    ///
    /// `known` is the entity tag the client has: when it is still right, nil is returned without the map being needed.
    func map(_ event: UUID, known: (String) -> Bool) async throws -> (map: SeatMap?, etag: String) {
        let own = kept.withLock { $0.get(event) }
        let announced = await announced(event)
        switch announced {
        case .filled(let header):
            let etag = header.etag
            if known(etag) { return (nil, etag) }
            if let own, own.header == header { return (own, etag) }
        case .redisAway:
            // Redis can't say what was announced; the database can, cheaply.
            if let own, own.isTrue(at: .now()), try await store.revision(event) == own.header.revision {
                return (known(own.etag) ? nil : own, own.etag)
            }
        case .atLeast: break
        }
        let map = try await fetch(event, announced)
        return (known(map.etag) ? nil : map, map.etag)
    }

    /// The hall, which never changes: from the map at hand, whatever its age, as long as the event is there.
    func layout(_ event: UUID) async throws -> SeatLayoutAnswer {
        if let own = kept.withLock({ $0.get(event) }), try await store.revision(event) != nil { return own.plan.layout }
        let map = try await map(event) { _ in false }.map
        guard let map else { throw TicketError.eventNotFound }
        return map.plan.layout
    }

    func mine(_ event: UUID, _ user: UUID) async throws -> [OwnSeat] {
        guard let seats = try await store.mine(event, user) else { throw TicketError.eventNotFound }
        return seats
    }

    private func announced(_ event: UUID) async -> Announced {
        if distrust.contains(event) { return .redisAway }
        do throws(RedisError) {
            guard let header = try await cache.header(CacheKey.seats(event)) else { return .atLeast(0) }
            return header.isFilled ? .filled(header) : .atLeast(header.revision)
        } catch { return .redisAway }
    }

    private func fetch(_ event: UUID, _ announced: Announced) async throws -> SeatMap {
        var map = try await loads.value(event.description) { try await self.load(event, announced) }
        // A load that began before the latest announced change brings an older map: then load again.
        let revision = announced.revision
        if map.header.revision < revision {
            map = try await loads.value("\(event) \(revision)") { try await self.load(event, announced) }
        }
        return map
    }

    private func load(_ event: UUID, _ announced: Announced) async throws -> SeatMap {
        let before = Timestamp.now()
        let base = kept.withLock { $0.get(event) }
        guard let map = try await store.read(event, base: base) else { throw TicketError.eventNotFound }
        kept.withLock { $0.put(event, map) }
        if case .redisAway = announced { return map }
        // The entry must be gone when the map's first hold ends.
        let rest = map.deadline.map { ($0.microseconds - Timestamp.now().microseconds) / 1000 } ?? .max
        let spent = (Timestamp.now().microseconds - before.microseconds) / 1000
        let life = Int(min(Int64(Self.life), rest)) - Int(spent)
        // A tombstone may be evicted: what took long may be older than a change that left no trace.
        guard spent < Self.patience else { return map }
        try? await cache.store(CacheKey.seats(event), map.header, [], milliseconds: life)
        return map
    }
}

/// The maps this process has at hand, the least recently used dropped first.
private struct Kept {
    private var maps: [UUID: (map: SeatMap, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    private var size = 0
    /// Bytes of all maps together; 50,000 seats take about 20 MB.
    private static let limit = 256 << 20

    mutating func get(_ event: UUID) -> SeatMap? {
        guard let found = maps[event] else { return nil }
        clock += 1
        maps[event]?.used = clock
        return found.map
    }

    mutating func put(_ event: UUID, _ map: SeatMap) {
        clock += 1
        if let old = maps.updateValue((map, clock), forKey: event) { size -= old.map.size }
        size += map.size
        while size > Self.limit, maps.count > 1, let oldest = maps.min(by: { $0.value.used < $1.value.used }) {
            maps[oldest.key] = nil
            size -= oldest.value.map.size
        }
    }
}
