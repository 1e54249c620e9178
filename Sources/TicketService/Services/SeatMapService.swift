// Seat maps for readers: kept in the process and in Redis, never served once a later change was announced or a hold in them has ended.
import TiketiCore
import TiketiNet
import TiketiStore

public final class SeatMapService: Sendable {
    private let store: SeatMapStore
    private let cache: SnapshotCache
    private let blocking: BlockingPool
    private let flights = SingleFlight<SeatMap>()
    private let kept = Locked<Kept>(Kept())
    private static let life = 30_000

    init(store: SeatMapStore, cache: SnapshotCache, blocking: BlockingPool) {
        self.store = store
        self.cache = cache
        self.blocking = blocking
    }

    /// The state of Redis on one event.
    private enum Announced {
        /// This map may be served by whoever has it.
        case filled(SnapshotHeader)
        /// Nothing may be served that is older.
        case atLeast(Int64)
        case redisAway
    }

    /// The map as of now; 404 when there is no such event.
    ///
    /// `known` is the entity tag the client has: when it is still right, nil is returned without the map being needed.
    func map(_ event: UUID, known: (String) -> Bool) async throws -> (map: SeatMap?, etag: String) {
        let own = kept.withLock { $0.get(event) }
        let announced = await announced(event)
        switch announced {
        case .filled(let header):
            let etag = SeatMap.etag(header)
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

    private func announced(_ event: UUID) async -> Announced {
        do throws(RedisError) {
            guard let header = try await cache.header(CacheKey.seats(event)) else { return .atLeast(0) }
            return header.isFilled ? .filled(header) : .atLeast(header.revision)
        } catch { return .redisAway }
    }

    private func fetch(_ event: UUID, _ announced: Announced) async throws -> SeatMap {
        var map = try await flights.run(event.description) { try await self.load(event, announced) }
        // A flight that left before the latest announced change brings an older map: then fly again.
        if case .atLeast(let revision) = announced, map.header.revision < revision {
            map = try await flights.run("\(event) \(revision)") { try await self.load(event, announced) }
        }
        return map
    }

    private func load(_ event: UUID, _ announced: Announced) async throws -> SeatMap {
        if case .filled = announced, let found = try? await cache.get(CacheKey.seats(event)),
            let map = try? await blocking.run({ SeatMap(found.header, cached: found.body, deadline: nil) })
        {
            kept.withLock { $0.put(event, map) }
            return map
        }
        let before = Timestamp.now()
        guard let reading = try await store.read(event) else { throw TicketError.eventNotFound }
        // Small maps are made here: the hop to another thread would cost more.
        let map =
            reading.rows.count <= 200
            ? try SeatMap(reading, event: event, readBefore: before)
            : try await blocking.run { try SeatMap(reading, event: event, readBefore: before) }
        kept.withLock { $0.put(event, map) }
        if case .redisAway = announced { return map }
        let spent = Double(Timestamp.now().microseconds - before.microseconds) / 1000
        let life = min(Self.life, Int((reading.secondsValid.map { $0 * 1000 } ?? .infinity).rounded(.down).clamped(to: 0...1e9) - spent))
        try? await cache.store(CacheKey.seats(event), map.header, map.cached, milliseconds: life)
        return map
    }
}

extension SeatMap {
    /// Whether no hold in it has ended. A map that came through Redis has no deadline of its own: Redis drops it in time.
    fileprivate func isTrue(at now: Timestamp) -> Bool { header.validUntil == 0 || deadline.map { now < $0 } ?? false }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}

/// The maps this process has at hand, the least recently used dropped first.
private struct Kept {
    private var maps: [UUID: (map: SeatMap, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    private var size = 0
    /// Bytes of all maps together; 50,000 seats take about 12 MB.
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
