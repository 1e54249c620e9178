// Events for readers, through the cache, and for organisers, past it.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

public struct EventService: Sendable {
    let events: EventStore
    let cache: SnapshotCache
    let redis: RedisClient
    let announcer: Announcer
    let statuses: StatusService
    let reservations: ReservationStore
    let created: Counter
    let queues: QueueService
    let flights: Coalescer<String, [UInt8], any Error>
    let details: Coalescer<UUID, EventDetail?, any Error>
    let popular = PopularQueries()
    /// Wakes the job that closes what a cancelled event leaves behind.
    let wakeRefunds: @Sendable () -> Void

    private static let listLife = 300.0
    private static let eventLife = 60.0
    private static let ticketsLife = 300.0

    // MARK: Readers

    /// One page as JSON.
    func list(_ page: Page, status: EventStatus?, search: SearchTerms?) async throws -> [UInt8] {
        let query = search.map { Self.keyPart($0.canonical) } ?? ""
        guard !announcer.distrust.contains(nil), ListCachePolicy.keeps(page), search.map({ popular.isCommon($0.canonical) }) ?? true else {
            return EventJSON.list(try await events.page(page, status: status, search: search), page)
        }
        let key = CacheKey.list(status, page: page.page, limit: page.limit, query: query)
        let generation = await listGeneration(key)
        if case .hit(let body) = generation { return body }
        return try await flights.value(key + (generation.mark ?? "")) {
            let found = try await events.page(page, status: status, search: search)
            let body = EventJSON.list(found, page)
            if let mark = generation.mark {
                let life = min(Self.listLife, found.secondsValid ?? Self.listLife)
                if body.count <= ListCachePolicy.largest { await store(key, Array(mark.utf8) + body, seconds: life) }
            }
            return body
        }
    }

    private enum ListLookup {
        case hit([UInt8])
        case miss(String)
        case noRedis
        var mark: String? { if case .miss(let mark) = self { mark } else { nil } }
    }

    /// A cached page begins with the 36 characters of the generation it was made in; only today's counts.
    private func listGeneration(_ key: String) async -> ListLookup {
        do throws(RedisError) {
            let found = try await redis.get([CacheKey.listGeneration, key])
            if let mark = found[0], mark.count == 36 {
                if let page = found[1], page.count > 36, page.prefix(36) == mark[...] { return .hit(Array(page[36...])) }
                return .miss(String(decoding: mark, as: UTF8.self))
            }
            // Whoever comes first makes the mark; the next reader finds it.
            _ = try await redis.set(CacheKey.listGeneration, Array(UUID().description.utf8), onlyIfAbsent: true)
            guard let mark = try await redis.get(CacheKey.listGeneration) else { return .noRedis }
            return .miss(String(decoding: mark, as: UTF8.self))
        } catch { return .noRedis }
    }

    private func store(_ key: String, _ bytes: [UInt8], seconds: Double) async {
        guard seconds > 0 else { return }
        _ = try? await redis.send(["SET", RedisArgument(key), RedisArgument(bytes), "PX", RedisArgument(max(1, Int(seconds * 1000)))])
    }

    /// Short plain queries stay readable in the key, all others are hashed.
    private static func keyPart(_ query: String) -> String {
        let plain =
            query.utf8.count <= 64
            && query.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.value == 32 || (48...57).contains($0.value) }
        return plain ? query : "sha256-" + Hex.encode(Crypto.sha256(query))
    }

    /// `{"success":true,"event":{…}}`.
    func detail(_ id: UUID) async throws -> [UInt8] {
        try await cached(CacheKey.event(id), id, life: Self.eventLife, EventJSON.detail)
    }

    /// `{"success":true,"ticketTypes":[…]}`.
    func ticketTypes(_ id: UUID) async throws -> [UInt8] {
        try await cached(CacheKey.tickets(id), id, life: Self.ticketsLife, EventJSON.ticketTypes)
    }

    private func cached(
        _ key: String, _ id: UUID, life: Double, _ encode: @Sendable (EventDetail) -> [UInt8]
    ) async throws -> [UInt8] {
        var newest: Int64 = 0
        var works = true
        if announcer.distrust.contains(id) { return encode(try await present(id)) }
        do throws(RedisError) {
            if let bytes = try await redis.get(key), let header = SnapshotHeader(bytes) {
                if header.isFilled { return Array(bytes[SnapshotHeader.length...]) }
                newest = header.revision
            }
        } catch { works = false }
        // A flight that left before the latest announced write may bring an older answer: then ask again.
        var found = try await details.value(id) { [events] in try await events.detail(id) }
        if let revision = found?.event.revision, revision < newest { found = try await events.detail(id) }
        guard let found, found.event.deletedAt == nil else { throw TicketError.eventNotFound }
        let body = encode(found)
        if works {
            let seconds = min(life, found.secondsValid ?? life)
            try? await cache.store(
                key, SnapshotHeader(revision: found.event.revision, version: found.event.version), body, milliseconds: Int(seconds * 1000))
        }
        return body
    }

    /// As the public has it now.
    private func present(_ id: UUID) async throws -> EventDetail {
        guard let found = try await events.detail(id), found.event.deletedAt == nil else { throw TicketError.eventNotFound }
        return found
    }

    // MARK: Organisers

    /// As the database has it now, archived or not.
    func fresh(_ id: UUID) async throws -> EventDetail {
        guard let found = try await events.detail(id) else { throw TicketError.eventNotFound }
        return found
    }

    func create(_ draft: EventDraft) async throws -> EventDetail {
        let id = UUID()
        try await events.create(id, draft)
        created.increment()
        if draft.queueEnabled { try await queues.store.open(id) }
        await announcer.invalidate(event: id, revision: 1)
        return try await fresh(id)
    }

    func update(_ id: UUID, _ changes: EventChanges) async throws -> EventDetail {
        guard let revision = try await events.update(id, changes) else { throw TicketError.eventNotFound }
        if changes.queueEnabled == true { try await queues.store.open(id) }
        if changes.saleStartDate != nil { try await queues.postponed(id) }
        await announcer.invalidate(event: id, revision: revision)
        await statuses.refresh(id)
        return try await fresh(id)
    }

    func delete(_ id: UUID) async throws {
        try await events.delete(id)
        await announcer.forget(event: id)
    }

    /// Ends the sale at once; pending reservations are closed and sold ones refunded by the refund job, which survives any crash.
    /// Cancelling twice is fine.
    func cancel(_ id: UUID) async throws -> (event: EventDetail, refunds: Int) {
        if let revision = try await events.cancel(id) {
            FaultPoint.reach("event-cancelled")
            await announcer.announce([StatusChange(eventID: id, status: EventStatus.cancelled.rawValue, revision: revision)])
        }
        let detail = try await fresh(id)
        let refunds = try await reservations.requestRefunds(ofEvent: id)
        FaultPoint.reach("event-refunds-noted")
        wakeRefunds()
        return (detail, refunds)
    }

    func version(_ id: UUID) async throws -> Int64 {
        guard let found = try await events.version(id) else { throw TicketError.eventNotFound }
        return found.version
    }
}
