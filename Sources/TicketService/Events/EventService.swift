// Events for readers, through the cache, and for organisers, past it.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

struct EventService: Sendable {
    let events: EventStore
    let cache: SnapshotCache
    let lists: EventListCache
    let announcer: Announcer
    let statuses: StatusService
    let reservations: ReservationStore
    let created: Counter
    let queues: QueueService
    private let listLoads = Coalescer<String, [UInt8], any Error>(.callUnderWay)
    /// A page that nothing dates must not be older than the question: who asks while one is read waits for the next reading.
    private let uncachedLoads = Coalescer<String, [UInt8], any Error>(.nextCall)
    private let detailLoads = Coalescer<UUID, EventDetail?, any Error>(.callUnderWay)
    private let popular = PopularQueries()
    private let budget = ListCacheBudget()
    let descriptions: EventDescriptionCache
    /// Wakes the job that closes what a cancelled event leaves behind.
    let wakeRefunds: @Sendable () -> Void

    private static let eventLife = 60.0
    private static let ticketsLife = 300.0

    // MARK: Readers

    /// One page as JSON.
    func list(_ page: Page, status: EventStatus?, search: SearchTerms?) async throws -> [UInt8] {
        let key = EventListCache.key(page, status: status, search: search)
        guard !announcer.distrust.contains(nil), ListCachePolicy.keeps(page), search.map({ popular.isCommon($0.canonical) }) ?? true else {
            // Not kept, and still read once for all who ask in the same moment.
            return try await uncachedLoads.value(key) {
                EventJSON.list(try await events.page(page, status: status, search: search), page)
            }
        }
        var generation: String?
        switch await lists.look(key) {
        case .hit(let template, let generation):
            return template.filled(await descriptions.descriptions(of: template.events, generation: generation))
        case .miss(let current): generation = current
        case .unavailable: break
        }
        return try await listLoads.value(key + (generation ?? "")) { [generation] in
            let found = try await events.page(page, status: status, search: search)
            if let generation {
                let body = EventJSON.list(found, page, descriptions: false)
                if body.count <= ListCachePolicy.largest, budget.takes(body.count + key.utf8.count, isSearch: search != nil) {
                    let life = min(ListCacheBudget.life, found.secondsValid.map { .seconds($0) } ?? ListCacheBudget.life)
                    await lists.store(key, body, generation: generation, life: life)
                }
            }
            return EventJSON.list(found, page)
        }
    }

    /// For organisers: as the database has it now.
    func page(_ page: Page, status: EventStatus?, search: SearchTerms?) async throws -> EventPage {
        try await events.page(page, status: status, search: search)
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
            switch try await cache.look(key) {
            case .filled(let body): return body
            case .tombstone(let revision): newest = revision
            case .nothing: break
            }
        } catch { works = false }
        // A load that began before the latest announced write may bring an older answer: then ask again.
        var found = try await detailLoads.value(id) { [events] in try await events.detail(id) }
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
