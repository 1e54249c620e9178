// Seats in PostgreSQL: who takes them and who gives them back. Every method is one statement; what it changed is in its answer.
import TiketiNet
import TiketiStore

/// What became of a wish for seats.
public enum Taking<Taken: Sendable>: Sendable {
    case taken(Taken, SeatChange?)
    /// Somebody's time ran out on these seats, or the user's own on others: settle the event, then ask again.
    case settleFirst(eventID: UUID)
}

/// The state of a hold after it succeeded.
public struct Hold: Sendable, Equatable {
    public var eventID: UUID
    public var expiresAt: Timestamp
    /// Seats that were not the user's before.
    public var fresh: [UUID]
}

public struct SeatStore: Sendable {
    let postgres: PostgresPool
    let holdSeconds: Int
    let seatsPerUser: Int

    /// Holds all seats or none. Seats the user holds already keep their end.
    func hold(_ seats: [UUID], by user: UUID) async throws -> Taking<Hold> {
        let rows = try await postgres.contended(
            SeatSQL.hold, [.uuid(user), .uuidArray(seats), .int(holdSeconds), .int(seatsPerUser)])
        guard let row = rows.first else { throw PostgresError(.decode, "hold returned no row") }
        guard try Self.succeeded(row, limit: seatsPerUser) else { return .settleFirst(eventID: try row.uuid("event_id")) }
        let hold = Hold(
            eventID: try row.uuid("event_id"), expiresAt: try row.timestamp("expires_at"), fresh: try row.uuids("fresh"))
        return .taken(hold, try SeatChange(row, .held(by: user), seats: hold.fresh))
    }

    /// True when taken, false when something must be settled first.
    static func succeeded(_ row: PostgresRow, limit: Int) throws -> Bool {
        switch try row.string("code") {
        case "ok": return true
        case "settle": return false
        case "not_found": throw TicketError.seatsNotFound
        case "other_event": throw TicketError.seatsOfAnotherEvent
        case "not_on_sale": throw TicketError.eventNotOnSale
        case "queue_required": throw TicketError.queueRequired
        case "seat_limit": throw TicketError.seatLimit(limit)
        case "hold_limit": throw TicketError.holdLimit
        case "unavailable": throw TicketError.seatsUnavailable(try row.uuids("unavailable").sorted())
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
    func settle(_ event: UUID, seats: [UUID], user: UUID) async throws -> Settlement {
        try await settle(SettleSQL.wanted, [.uuid(event), .uuidArray(seats), .uuid(user)], event)
    }

    /// Ends up to 500 due claims of one event.
    func settle(_ event: UUID) async throws -> Settlement { try await settle(SettleSQL.event, [.uuid(event)], event) }

    private func settle(_ sql: String, _ parameters: [PostgresValue], _ event: UUID) async throws -> Settlement {
        guard let row = try await postgres.contended(sql, parameters).first else { return Settlement() }
        let expired = try zip(row.uuids("reservations"), row.uuids("users")).map { ExpiredReservation(id: $0, userID: $1) }
        return Settlement(change: try SeatChange(row, .freed, seats: try row.uuids("freed"), event: event), expired: expired)
    }

    /// Events with something due, the longest overdue first.
    func dueEvents() async throws -> [UUID] { try await postgres.read(SettleSQL.dueEvents).map { try $0.uuid(0) } }

    /// Seconds until something is due, negative when overdue; nil when nothing is held.
    func nextDue() async throws -> Double? { try await postgres.read(SettleSQL.nextDue).first?.doubleOrNil(0) }

    /// Forgets what no rule looks at any more.
    func prune() async throws {
        for sql in PruneSQL.all { try await postgres.execute(sql) }
    }
}

/// What a settlement ended.
public struct Settlement: Sendable {
    public var change: SeatChange?
    public var expired: [ExpiredReservation] = []
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
