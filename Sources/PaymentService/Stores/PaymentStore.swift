// Reading and opening payments. Every write that moves one is in `PaymentStore+Steps.swift`.
import TiketiCore
import TiketiNet
import TiketiStore

/// Reads and opens payments. Every write that moves a payment is in `PaymentStore+Steps.swift`.
struct PaymentStore: Sendable {
    let postgres: PostgresPool
    /// How long a driver may be silent before another takes the payment over.
    let driverPatience: Duration

    /// `driverPatience` as the statements take it, in seconds.
    var driverSeconds: PostgresValue { .double(driverPatience.inSeconds) }

    /// The columns of `Payment`, in the order in which `decode` reads them.
    static let columns = """
        id, reservation_id, user_id, order_id, payment_key, amount, status, phase, settlement, payment_method, approved_at, \
        provider_code, provider_message, calls, floor(extract(epoch FROM clock_timestamp() - last_call_at))::int8 AS since_call, \
        refund_calls, refund_attempt, refund_reason, confirmed_at, refunded_at, driver, failures, alarm, recheck, created_at, hints, \
        floor(extract(epoch FROM clock_timestamp() - first_call_at))::int8 AS since_first_call, \
        coalesce(floor(extract(epoch FROM clock_timestamp() - unfinished_since)), 0)::int8 AS since_begin, \
        CASE WHEN toss_calls_since > clock_timestamp() - interval '1 hour' THEN toss_calls ELSE 0 END AS toss_calls, \
        coalesce(ceil(extract(epoch FROM toss_calls_since + interval '1 hour' - clock_timestamp())), 0)::int8 AS toss_hour_left, \
        settle_asked_at IS NOT NULL AS told_to_end
        """

    static func decode(_ row: PostgresRow) throws(PostgresError) -> Payment {
        guard let status = PaymentStatus(rawValue: try row.string(6)), let phase = PaymentPhase(rawValue: try row.string(7)) else {
            throw PostgresError(.decode, "A payment's status or phase is unknown")
        }
        let settlement = try row.stringOrNil(8).flatMap(Settlement.init(rawValue:))
        let refundedAt = try row.timestampOrNil(19)
        return Payment(
            id: try row.uuid(0), reservationID: try row.uuid(1), userID: try row.uuid(2), orderID: try row.string(3),
            paymentKey: try row.stringOrNil(4), amount: try row.won(5),
            state: PaymentState(phase: phase, status: status, settlement: settlement, moneyIsBack: refundedAt != nil),
            method: try row.stringOrNil(9), approvedAt: try row.timestampOrNil(10), providerCode: try row.stringOrNil(11),
            providerMessage: try row.stringOrNil(12), calls: try row.int(13), sinceBegin: .seconds(try row.int(27)),
            sinceFirstCall: try row.intOrNil(26).map { .seconds($0) }, sinceLatestCall: try row.intOrNil(14).map { .seconds($0) },
            tossCalls: try row.int(28), tossHourLeft: .seconds(try row.int(29)), isToldToEnd: try row.bool(30),
            refundCalls: try row.int(15), refundAttempt: try row.int(16), refundReason: try row.stringOrNil(17),
            confirmedAt: try row.timestampOrNil(18), refundedAt: refundedAt, driver: try row.uuidOrNil(20),
            failures: try row.int(21), alarm: try row.stringOrNil(22), recheck: try row.bool(23), hints: try row.int(25),
            createdAt: try row.timestamp(24))
    }

    // MARK: Reading

    private static let byOrderSQL = "SELECT \(columns) FROM payment_schema.payments WHERE order_id = $1"
    private static let byIDSQL = "SELECT \(columns) FROM payment_schema.payments WHERE id = $1"
    /// The payment that a refund of this reservation is about: the living one, else the latest.
    private static let byReservationSQL = """
        SELECT \(columns) FROM payment_schema.payments WHERE reservation_id = $1
        ORDER BY (status IN ('pending', 'confirmed')) DESC, (refunded_at IS NOT NULL) DESC, created_at DESC LIMIT 1
        """
    private static let listSQL = """
        SELECT \(columns) FROM payment_schema.payments WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3
        """
    private static let countSQL = "SELECT count(*) FROM payment_schema.payments WHERE user_id = $1"
    private static let filter = """
        ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR phase = $2) AND ($3::uuid IS NULL OR user_id = $3)
        AND ($4::uuid IS NULL OR reservation_id = $4) AND ($5::text IS NULL OR order_id = $5) AND (NOT $6::boolean OR alarm IS NOT NULL)
        """
    private static let searchSQL = """
        SELECT \(columns) FROM payment_schema.payments WHERE \(filter) ORDER BY created_at DESC, id LIMIT $7 OFFSET $8
        """
    private static let countSearchSQL = "SELECT count(*) FROM payment_schema.payments WHERE \(filter)"
    private static let historySQL = """
        SELECT step, detail::text, created_at FROM payment_schema.history WHERE payment_id = $1 ORDER BY id LIMIT 1000
        """

    func payment(orderID: String) async throws(PostgresError) -> Payment? {
        try await one(Self.byOrderSQL, .text(orderID))
    }

    func payment(id: UUID) async throws(PostgresError) -> Payment? {
        try await one(Self.byIDSQL, .uuid(id))
    }

    func payment(reservationID: UUID) async throws(PostgresError) -> Payment? {
        try await one(Self.byReservationSQL, .uuid(reservationID))
    }

    private static let changedSQL = """
        SELECT \(columns) FROM payment_schema.payments WHERE updated_at > now() - make_interval(secs => $1)
            AND created_at > now() - interval '1 day'
        ORDER BY updated_at DESC LIMIT $2
        """

    /// What changed a moment ago, latest first.
    func changed(within age: Duration, limit: Int) async throws(PostgresError) -> [Payment] {
        try Self.decodeAll(try await postgres.read(Self.changedSQL, [.double(age.inSeconds), .int(limit)]))
    }

    /// The order that a payment key belongs to.
    func orderID(ofKey paymentKey: String) async throws(PostgresError) -> String? {
        try await postgres.read("SELECT order_id FROM payment_schema.payment_keys WHERE payment_key = $1", [.text(paymentKey)])
            .first?.string(0)
    }

    private func one(_ sql: String, _ parameter: PostgresValue) async throws(PostgresError) -> Payment? {
        guard let row = try await postgres.read(sql, [parameter]).first else { return nil }
        return try Self.decode(row)
    }

    func payments(userID: UUID, limit: Int, offset: Int) async throws(PostgresError) -> (payments: [Payment], total: Int) {
        let payments = try Self.decodeAll(try await postgres.read(Self.listSQL, [.uuid(userID), .int(limit), .int(offset)]))
        let total = try await postgres.read(Self.countSQL, [.uuid(userID)]).first?.int(0) ?? 0
        return (payments, total)
    }

    /// Newest first.
    func payments(_ filter: PaymentFilter, limit: Int, offset: Int) async throws(PostgresError) -> (payments: [Payment], total: Int) {
        let values: [PostgresValue] = [
            PostgresValue(filter.status?.rawValue), PostgresValue(filter.phase?.rawValue), PostgresValue(filter.userID),
            PostgresValue(filter.reservationID), PostgresValue(filter.orderID), .bool(filter.isAlarmed),
        ]
        let payments = try Self.decodeAll(try await postgres.read(Self.searchSQL, values + [.int(limit), .int(offset)]))
        let total = try await postgres.read(Self.countSearchSQL, values).first?.int(0) ?? 0
        return (payments, total)
    }

    /// Every step of one payment, oldest first; the detail is JSON text.
    func history(of id: UUID) async throws(PostgresError) -> [PaymentHistoryLine] {
        var steps: [PaymentHistoryLine] = []
        for row in try await postgres.read(Self.historySQL, [.uuid(id)]) {
            steps.append(PaymentHistoryLine(step: try row.string(0), detail: try row.stringOrNil(1), at: try row.timestamp(2)))
        }
        return steps
    }

    static func decodeAll(_ rows: PostgresRows) throws(PostgresError) -> [Payment] {
        var payments: [Payment] = []
        for row in rows { payments.append(try decode(row)) }
        return payments
    }

    // MARK: Opening an order

    /// Opens an order, or finds the living one of the reservation; the unique index makes two impossible.
    private static let prepareSQL = """
        WITH made AS (
            INSERT INTO payment_schema.payments (id, reservation_id, user_id, order_id, amount) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (reservation_id) WHERE status IN ('pending', 'confirmed') DO NOTHING
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'prepare' FROM made
        )
        SELECT \(columns) FROM made
        UNION ALL
        SELECT \(columns) FROM payment_schema.payments
        WHERE reservation_id = $2 AND status IN ('pending', 'confirmed') AND NOT EXISTS (SELECT FROM made)
        """

    func prepare(reservationID: UUID, userID: UUID, amount: Int64) async throws(PostgresError) -> Payment {
        // A conflicting row that committed after this statement's snapshot is seen by neither half: ask again.
        for _ in 0..<5 {
            let id = UUID()
            let rows = try await postgres.execute(
                Self.prepareSQL,
                [.uuid(id), .uuid(reservationID), .uuid(userID), .text("ORDER-\(UUID())"), .decimal(String(amount))])
            if let row = rows.first { return try Self.decode(row) }
        }
        throw PostgresError(.unavailable, "No order could be opened")
    }
}
