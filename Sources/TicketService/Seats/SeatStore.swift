// Seats in PostgreSQL: who takes them and who gives them back. Every method is one statement; what it changed is in its answer.
import TiketiNet
import TiketiStore

/// The statements on seats, with their parameters and answers as values.
struct SeatStore: Sendable {
    let postgres: PostgresPool
    let holdSeconds: Int
    let seatsPerUser: Int

    /// Decides holds of one event in one statement, each all or nothing; answers come in the order of the requests. `event` may be nil for
    /// one request alone. Seats a user holds already keep their end.
    func hold(_ requests: [HoldRequest], event: UUID?) async throws -> [HoldAnswer] {
        var numbers: [Int] = []
        for (index, request) in requests.enumerated() { numbers += repeatElement(index + 1, count: request.seats.count) }
        let rows = try await postgres.contended(
            HoldSQL.batch,
            [
                .uuidArray(requests.map(\.user)), .uuidArray(requests.flatMap(\.seats)), .intArray(numbers), .int(holdSeconds),
                .int(seatsPerUser), PostgresValue(event),
            ])
        guard rows.count == requests.count else { throw PostgresError(.decode, "\(rows.count) answers to \(requests.count) holds") }
        return try zip(requests, rows).map { request, row in
            if try row.string("code") == "again" { return .again }
            do {
                guard try Self.succeeded(row, limit: seatsPerUser) else { return .expireFirst(eventID: try row.uuid("event_id")) }
            } catch let refusal as TicketError { return .refused(refusal) }
            let hold = Hold(
                eventID: try row.uuid("event_id"), expiresAt: try row.timestamp("expires_at"), seconds: try row.int("hold_seconds"),
                fresh: try row.uuids("fresh"))
            return .held(hold, try SeatChange(row, .held(by: request.user, seconds: hold.seconds), seats: hold.fresh))
        }
    }

    /// The event of a seat; nil when there is no such seat.
    func event(ofSeat seat: UUID) async throws -> UUID? { try await postgres.read(HoldSQL.event, [.uuid(seat)]).first?.uuid(0) }

    /// True when taken, false when an expired claim has to be ended first.
    static func succeeded(_ row: PostgresRow, limit: Int) throws -> Bool {
        switch try row.string("code") {
        case "ok": return true
        case "expire_first": return false
        case "not_found": throw TicketError.seatsNotFound
        case "other_event": throw TicketError.seatsOfAnotherEvent
        case "not_on_sale": throw TicketError.eventNotOnSale
        case "queue_required": throw TicketError.queueRequired
        case "seat_limit": throw TicketError.seatLimit(limit)
        case "hold_limit": throw TicketError.holdLimit
        case "unavailable":
            let taken = try row.uuids("unavailable").sorted()
            // None is taken: a seat that was the user's own became free between the look and the lock. Look again.
            guard !taken.isEmpty else { return false }
            throw TicketError.seatsUnavailable(taken)
        case let other: throw PostgresError(.decode, "unknown verdict \(other)")
        }
    }

    /// Gives back those of `seats` that the user holds and has not reserved.
    func release(_ seats: [UUID], by user: UUID) async throws -> [SeatChange] {
        var changes: [SeatChange] = []
        // One round for each event; nearly always one.
        for _ in 0..<seats.count {
            guard let row = try await postgres.contended(SeatSQL.release, [.uuid(user), .uuidArray(seats)]).first else { break }
            if let change = try SeatChange(row, .freed, seats: try row.uuids("freed")) { changes.append(change) }
            if try row.int("events") <= 1 { break }
        }
        return changes
    }

    /// Ends what is due on `seats`, and what is due of the user's own on the event.
    func expire(_ event: UUID, seats: [UUID], user: UUID) async throws -> ExpiryOutcome {
        try await expire(ExpirySQL.wanted, [.uuid(event), .uuidArray(seats), .uuid(user)], event)
    }

    /// Ends up to 500 due claims of one event.
    func expire(_ event: UUID) async throws -> ExpiryOutcome { try await expire(ExpirySQL.event, [.uuid(event)], event) }

    private func expire(_ sql: String, _ parameters: [PostgresValue], _ event: UUID) async throws -> ExpiryOutcome {
        guard let row = try await postgres.contended(sql, parameters).first else { return ExpiryOutcome() }
        let expired = try zip(row.uuids("reservations"), row.uuids("users")).map { ExpiredReservation(id: $0, userID: $1) }
        return ExpiryOutcome(change: try SeatChange(row, .freed, seats: try row.uuids("freed"), event: event), expired: expired)
    }

    /// Events with something due, the longest overdue first.
    func dueEvents() async throws -> [UUID] { try await postgres.read(ExpirySQL.dueEvents).map { try $0.uuid(0) } }

    /// Seconds until something is due, negative when overdue; nil when nothing is held.
    func nextDue() async throws -> Double? { try await postgres.read(ExpirySQL.nextDue).first?.doubleOrNil(0) }

    /// Forgets what no rule looks at any more.
    func prune() async throws {
        for sql in PruneSQL.all { try await postgres.execute(sql) }
    }
}

extension SeatChange {
    /// The change a statement reports in `version` and `revision`; nil when it changed nothing.
    init?(_ row: PostgresRow, _ kind: Kind, seats: [UUID], event: UUID? = nil) throws {
        guard let version = try row.intOrNil("version"), !seats.isEmpty else { return nil }
        self.init(
            eventID: try event ?? row.uuid("event_id"), version: Int64(version), revision: Int64(try row.int("revision")), kind: kind,
            seats: seats.sorted())
    }
}
