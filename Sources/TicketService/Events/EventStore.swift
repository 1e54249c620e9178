// Events in PostgreSQL. Reading derives the status from the clock; writing leaves a fact for statistics and a new revision for caches.
import TiketiCore
import TiketiNet
import TiketiStore

struct EventStore: Sendable {
    let postgres: PostgresPool

    func page(_ page: Page, status: EventStatus?, search: SearchTerms?) async throws -> EventPage {
        let words = search?.words ?? []
        let parameters = [PostgresValue(status?.rawValue), .int(page.limit), .int(page.offset)] + words.map { PostgresValue.text($0) }
        let rows = try await postgres.read(EventSQL.page(words: words.count), parameters)
        let count = try await postgres.read(EventSQL.count(words: words.count), parameters).first
        return EventPage(events: try rows.map(Event.init), total: try count?.int(0) ?? 0, secondsValid: try count?.doubleOrNil(1))
    }

    func detail(_ id: UUID) async throws -> EventDetail? {
        guard let row = try await postgres.read(EventSQL.one, [.uuid(id)]).first else { return nil }
        return EventDetail(
            event: try Event(row), ticketTypesJSON: try row.bytesOrNil("types") ?? Array("[]".utf8),
            queueCommitment: try row.stringOrNil("commitment"), secondsValid: try row.doubleOrNil("boundary"))
    }

    /// The descriptions of events, nil where there is none; what is not there is not in the answer.
    func descriptions(of ids: [UUID]) async throws -> [UUID: String?] {
        var descriptions: [UUID: String?] = [:]
        for row in try await postgres.read(EventSQL.descriptions, [.uuidArray(ids)]) {
            descriptions.updateValue(try row.stringOrNil(1), forKey: try row.uuid(0))
        }
        return descriptions
    }

    func version(_ id: UUID) async throws -> (version: Int64, revision: Int64)? {
        guard let row = try await postgres.read(EventSQL.version, [.uuid(id)]).first else { return nil }
        return (Int64(try row.int(0)), Int64(try row.int(1)))
    }

    /// Makes the event and all its seats in one transaction. The seats come in blocks, so that no statement takes long.
    func create(_ id: UUID, _ draft: EventDraft) async throws {
        let sections = draft.layout.sections
        let event: [PostgresValue] = [
            .uuid(id), .text(draft.title), PostgresValue(draft.description), .text(draft.venue), PostgresValue(draft.address),
            .timestamp(draft.eventDate), .timestamp(draft.saleStartDate), .timestamp(draft.saleEndDate),
            PostgresValue(draft.posterImageURL), PostgresValue(draft.artistName), .bool(draft.queueEnabled),
            PostgresValue(draft.seatLayoutID), PostgresValue(draft.createdBy), .textArray(sections.map(\.name)),
            .intArray(sections.map(\.rows)), .intArray(sections.map(\.seatsPerRow)), .intArray(sections.map(\.price)),
        ]
        let blocks = sections.flatMap { section in
            let rows = (0..<section.rows).map { section.firstRow.advanced(by: $0) }
            let portion = max(1, 5000 / section.seatsPerRow)
            return stride(from: 0, to: rows.count, by: portion).map { start -> [PostgresValue] in
                let part = rows[start..<min(start + portion, rows.count)]
                return [
                    .uuid(id), .text(section.name), .intArray(part.map(\.place)), .textArray(part.map(\.text)),
                    .int(section.seatsPerRow), .int(section.price),
                ]
            }
        }
        do {
            try await postgres.transaction { transaction in
                _ = try await transaction.execute(EventSQL.create, event)
                for block in blocks { _ = try await transaction.execute(EventSQL.createSeats, block) }
            }
        } catch {
            throw (error as? PostgresError).map(Self.meaning) ?? error
        }
    }

    /// Applies the given fields; the new revision, or nil when there is no such event.
    func update(_ id: UUID, _ changes: EventChanges) async throws -> Int64? {
        do throws(PostgresError) {
            guard let row = try await postgres.execute(EventSQL.update, [.uuid(id)] + changes.parameters).first else { return nil }
            return Int64(try row.int(0))
        } catch {
            throw Self.meaning(of: error)
        }
    }

    private static func meaning(of error: PostgresError) -> any Error {
        switch error.constraint {
        case "seats_place_key": TicketError.overlappingSections
        case "events_sale_window": TicketError.saleWindow
        default: error
        }
    }

    /// Closes the sale for ever; the new revision, or nil when it was cancelled already.
    func cancel(_ id: UUID) async throws -> Int64? {
        try await postgres.contended(EventSQL.cancel, [.uuid(id)]).first.map { Int64(try $0.int(0)) }
    }

    /// Takes away an event nobody has a seat of: the event that nobody ever reserved is deleted, any other is archived.
    func delete(_ id: UUID) async throws {
        try await postgres.transaction { transaction in
            guard let event = try await transaction.execute(EventSQL.lock, [.uuid(id)]).first else { throw TicketError.eventNotFound }
            let used = try await transaction.execute(EventSQL.isUsed, [.uuid(id)]).first?.bool(0) ?? true
            guard !used else { throw TicketError.eventHasReservations }
            if try await transaction.execute(EventSQL.hasHistory, [.uuid(id)]).first?.bool(0) ?? true {
                _ = try await transaction.execute(EventSQL.archive, [.uuid(id)])
                // Nobody sells from now on; who came between the look and the archiving keeps the event from it.
                let used = try await transaction.execute(EventSQL.isUsed, [.uuid(id)]).first?.bool(0) ?? true
                guard !used else { throw TicketError.eventHasReservations }
                return
            }
            for sql in EventSQL.deleteHistory { _ = try await transaction.execute(sql, [.uuid(id)]) }
            // A buyer may have come since; then fewer seats go than the event has, and nothing is deleted.
            let seats = try await transaction.execute(EventSQL.deleteSeats, [.uuid(id)]).affected
            guard seats == (try event.int(0)) else { throw TicketError.eventHasReservations }
            for sql in EventSQL.deleteEvent { _ = try await transaction.execute(sql, [.uuid(id)]) }
        }
    }

    /// Writes down statuses that the clock or a sale changed; of one event, or of all.
    func refreshStatus(_ id: UUID?) async throws -> [StatusChange] {
        try await postgres.contended(EventSQL.refreshStatus, [PostgresValue(id)]).map {
            StatusChange(eventID: try $0.uuid(0), status: try $0.string(1), revision: Int64(try $0.int(2)))
        }
    }

    /// Seconds to the next opening or closing of any sale.
    func nextBoundary() async throws -> Double? { try await postgres.read(EventSQL.nextBoundary).first?.doubleOrNil(0) }
}

extension Event {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.uuid("id"), title: try row.string("title"), description: try row.stringOrNil("description"),
            venue: try row.string("venue"), address: try row.stringOrNil("address"), eventDate: try row.timestamp("event_date"),
            saleStartDate: try row.timestamp("sale_start_date"), saleEndDate: try row.timestamp("sale_end_date"),
            posterImageURL: try row.stringOrNil("poster_image_url"), status: try row.string("status"),
            artistName: try row.stringOrNil("artist_name"), queueEnabled: try row.bool("queue_enabled"),
            seatLayoutID: try row.uuidOrNil("seat_layout_id"), createdBy: try row.uuidOrNil("created_by"),
            createdAt: try row.timestamp("created_at"), updatedAt: try row.timestamp("updated_at"), totalSeats: try row.int("total"),
            soldSeats: try row.int("sold"), version: Int64(try row.int("version")), revision: Int64(try row.int("revision")),
            deletedAt: try row.timestampOrNil("deleted_at"))
    }
}

extension EventChanges {
    /// Pairs of "give" and value, in the order of `EventSQL.update`.
    fileprivate var parameters: [PostgresValue] {
        func text(_ value: String?) -> [PostgresValue] { [.bool(value != nil), PostgresValue(value)] }
        func clearable(_ value: String??) -> [PostgresValue] { [.bool(value != nil), PostgresValue(value ?? nil)] }
        func time(_ value: Timestamp?) -> [PostgresValue] { [.bool(value != nil), PostgresValue(value)] }
        return text(title) + clearable(description) + text(venue) + clearable(address) + time(eventDate) + time(saleStartDate)
            + time(saleEndDate) + clearable(posterImageURL) + clearable(artistName) + [
                .bool(queueEnabled != nil), PostgresValue(queueEnabled),
            ]
    }
}
