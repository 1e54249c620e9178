// Reservations in PostgreSQL. Every write is one statement that decides on the rows as they are, whatever the caller believed.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

typealias Reservation = TicketAPI.Reservation

struct ReservationStore: Sendable {
    let postgres: PostgresPool
    let holdSeconds: Int
    let seatsPerUser: Int

    /// Reserves seats that are free or held by the user, all or none.
    func create(_ id: UUID, event: UUID, seats: [UUID], user: UUID) async throws -> Taking<Reservation> {
        let rows = try await postgres.contended(
            SeatSQL.reserve,
            [
                .uuidArray([user]), .uuidArray(seats), .intArray(seats.map { _ in 1 }), .int(holdSeconds), .int(seatsPerUser), .uuid(event),
                .uuid(id),
            ])
        guard let row = rows.first else { throw PostgresError(.decode, "reserve returned no row") }
        guard try SeatStore.succeeded(row, limit: seatsPerUser) else { return .expireFirst(eventID: event) }
        let kind = SeatChange.Kind.held(by: user, seconds: try row.int("hold_seconds"))
        return .taken(try Reservation(row), try SeatChange(row, kind, seats: try row.uuids("fresh")))
    }

    func get(_ id: UUID) async throws -> Reservation? {
        try await postgres.read(ReservationSQL.one, [.uuid(id)]).first.map(Reservation.init)
    }

    func list(of user: UUID, _ page: Page) async throws -> (reservations: [Reservation], total: Int) {
        let rows = try await postgres.read(ReservationSQL.mine, [.uuid(user), .int(page.limit), .int(page.offset)])
        let total = try await postgres.read(ReservationSQL.countMine, [.uuid(user)]).first?.int(0) ?? 0
        return (try rows.map(Reservation.init), total)
    }

    func list(_ filter: ReservationFilter, _ page: Page) async throws -> (reservations: [Reservation], total: Int) {
        let filter: [PostgresValue] = [
            PostgresValue(filter.status?.rawValue), PostgresValue(filter.eventID), PostgresValue(filter.search.map(SearchTerms.pattern)),
            PostgresValue(filter.userID),
        ]
        let rows = try await postgres.read(ReservationSQL.all, filter + [.int(page.limit), .int(page.offset)])
        let total = try await postgres.read(ReservationSQL.countAll, filter).first?.int(0) ?? 0
        return (try rows.map(Reservation.init), total)
    }

    /// Takes or extends the lease of one order; asking again with the same order is fine.
    func lease(_ id: UUID, _ request: TicketAPI.LeaseRequest) async throws {
        let rows = try await postgres.contended(
            ReservationSQL.paying,
            [.uuid(id), .uuid(request.userID), .text(request.orderID), .decimal(String(request.amount)), .int(request.seconds)])
        switch try rows.first?.string("code") {
        case "ok", "done": return
        case "not_found", nil: throw TicketError.reservationNotFound
        case "amount": throw TicketError.amountMismatch
        case "paying": throw TicketError.paymentInProgress
        default: throw TicketError.reservationExpired
        }
    }

    /// Ends the lease of one order before its time; nothing happens when the order has none.
    func endLease(_ id: UUID, order: String) async throws {
        let rows = try await postgres.contended(ReservationSQL.endLease, [.uuid(id), .text(order)])
        guard try rows.first?.bool("found") == true else { throw TicketError.reservationNotFound }
    }

    /// Makes a paid reservation final; nil when this order had confirmed it before.
    func confirm(_ id: UUID, _ sale: TicketAPI.ConfirmRequest) async throws -> SeatChange? {
        let rows = try await postgres.contended(
            ReservationSQL.confirm, [.uuid(id), .text(sale.orderID), PostgresValue(sale.paymentID), .decimal(String(sale.amount))])
        guard let row = rows.first else { throw PostgresError(.decode, "confirm returned no row") }
        switch try row.string("code") {
        case "ok":
            var change = try SeatChange(row, .sold(to: try row.uuid("user_id")), seats: try row.uuids("seats"))
            change?.turnsSoldOut = try row.int("sold") == row.int("total")
            return change
        case "done": return nil
        case "not_found": throw TicketError.reservationNotFound
        case "amount": throw TicketError.amountMismatch
        default: throw TicketError.reservationExpired
        }
    }

    /// Ends a reservation. `owner` is given when an owner asks: a stranger's is not found.
    func close(_ id: UUID, owner: UUID? = nil, _ reason: CloseReason, order: String? = nil) async throws -> Closing {
        let rows = try await postgres.contended(
            ReservationSQL.close, [.uuid(id), PostgresValue(owner), .text(reason.rawValue), PostgresValue(order)])
        guard let row = rows.first else { throw PostgresError(.decode, "close returned no row") }
        switch try row.string("code") {
        case "ok":
            var change = try SeatChange(row, .freed, seats: try row.uuids("freed"))
            if change != nil {
                let unsold = try row.int("unsold")
                let (sold, total) = (try row.int("sold"), try row.int("total"))
                change?.turnsSoldOut = unsold > 0 && sold + unsold == total
            }
            return .closed(change)
        case "cancelled": return .alreadyCancelled
        case "confirmed": return .confirmed
        case "other_order": return .otherOrder
        case "paying": throw TicketError.paymentInProgress
        case "too_late": throw TicketError.tooLate
        default: throw TicketError.reservationNotFound
        }
    }

    /// Notes, before anyone is asked, that the money of a sold reservation goes back.
    func requestRefund(_ id: UUID, _ reason: CloseReason) async throws {
        try await postgres.execute(ReservationSQL.requestRefund, [.uuid(id), .text(reason.rawValue)])
    }

    func requestRefunds(ofEvent event: UUID) async throws -> Int {
        try await postgres.execute(ReservationSQL.requestEventRefunds, [.uuid(event)]).affected
    }

    /// Payment has a refund on its books and will tell when it is done.
    func refundIsKnown(_ id: UUID) async throws {
        try await postgres.execute(ReservationSQL.refundIsKnown, [.uuid(id)])
    }

    /// Open refunds for this instance to ask for.
    func takeRefunds() async throws -> [(id: UUID, reason: String)] {
        try await postgres.execute(ReservationSQL.takeRefunds).map { (try $0.uuid(0), try $0.stringOrNil(1) ?? "admin") }
    }

    /// What a cancelled event left behind when the cancelling process died: pending reservations to close; sold ones are marked here.
    func sweepCancelledEvents() async throws -> [UUID] {
        try await postgres.execute(ReservationSQL.unrefundedOfCancelledEvents)
        return try await postgres.read(ReservationSQL.strandedByCancelledEvents).map { try $0.uuid(0) }
    }
}

extension Reservation {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.uuid("id"), number: try row.string("reservation_number"), userID: try row.uuid("user_id"),
            eventID: try row.uuid("event_id"), eventTitle: try row.string("event_title"), eventDate: try row.timestamp("event_date"),
            venue: try row.string("venue"), seatsJSON: try row.bytesOrNil("seats") ?? Array("[]".utf8),
            totalAmount: try row.string("total_amount"), status: try row.string("status"),
            paymentStatus: try row.string("payment_status"), cancelReason: try row.stringOrNil("cancel_reason"),
            expiresAt: try row.timestamp("expires_at"), confirmedAt: try row.timestampOrNil("confirmed_at"),
            cancelledAt: try row.timestampOrNil("cancelled_at"), createdAt: try row.timestamp("created_at"))
    }
}
