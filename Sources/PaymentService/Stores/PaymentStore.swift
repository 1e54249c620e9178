import TiketiCore
import TiketiNet
import TiketiStore

/// Reads and opens payments. Every write that moves a payment is in `PaymentStore+Steps.swift`.
public struct PaymentStore: Sendable {
    let postgres: PostgresPool
    /// How long a driver may be silent before another takes the payment over.
    let driverSeconds: Int

    public init(postgres: PostgresPool, driverSeconds: Int) {
        self.postgres = postgres
        self.driverSeconds = driverSeconds
    }

    /// The columns of `Payment`, in the order in which `decode` reads them.
    static let columns = """
        id, reservation_id, user_id, order_id, payment_key, amount, status, phase, settlement, payment_method, approved_at, \
        provider_code, provider_message, calls, floor(extract(epoch FROM clock_timestamp() - last_call_at))::int8 AS since_call, \
        refund_calls, refund_attempt, refund_reason, confirmed_at, refunded_at, driver, failures, alarm, recheck, created_at, hints
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
            providerMessage: try row.stringOrNil(12), calls: try row.int(13), secondsSinceCall: try row.intOrNil(14),
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

    public func payment(orderID: String) async throws(PostgresError) -> Payment? {
        try await one(Self.byOrderSQL, .text(orderID))
    }

    public func payment(id: UUID) async throws(PostgresError) -> Payment? {
        try await one(Self.byIDSQL, .uuid(id))
    }

    public func payment(reservationID: UUID) async throws(PostgresError) -> Payment? {
        try await one(Self.byReservationSQL, .uuid(reservationID))
    }

    private func one(_ sql: String, _ parameter: PostgresValue) async throws(PostgresError) -> Payment? {
        guard let row = try await postgres.read(sql, [parameter]).first else { return nil }
        return try Self.decode(row)
    }

    public func payments(userID: UUID, limit: Int, offset: Int) async throws(PostgresError) -> (payments: [Payment], total: Int) {
        let payments = try Self.decodeAll(try await postgres.read(Self.listSQL, [.uuid(userID), .int(limit), .int(offset)]))
        let total = try await postgres.read(Self.countSQL, [.uuid(userID)]).first?.int(0) ?? 0
        return (payments, total)
    }

    /// What an operator looks for; nil members match everything.
    public struct Filter: Sendable {
        public var status: PaymentStatus?
        public var phase: PaymentPhase?
        public var userID: UUID?
        public var reservationID: UUID?
        public var orderID: String?
        public var isAlarmed = false
    }

    /// Newest first.
    public func payments(_ filter: Filter, limit: Int, offset: Int) async throws(PostgresError) -> (payments: [Payment], total: Int) {
        let values: [PostgresValue] = [
            PostgresValue(filter.status?.rawValue), PostgresValue(filter.phase?.rawValue), PostgresValue(filter.userID),
            PostgresValue(filter.reservationID), PostgresValue(filter.orderID), .bool(filter.isAlarmed),
        ]
        let payments = try Self.decodeAll(try await postgres.read(Self.searchSQL, values + [.int(limit), .int(offset)]))
        let total = try await postgres.read(Self.countSearchSQL, values).first?.int(0) ?? 0
        return (payments, total)
    }

    /// Every step of one payment, oldest first; the detail is JSON text.
    public func history(of id: UUID) async throws(PostgresError) -> [(step: String, detail: String?, at: Timestamp)] {
        var steps: [(step: String, detail: String?, at: Timestamp)] = []
        for row in try await postgres.read(Self.historySQL, [.uuid(id)]) {
            steps.append((try row.string(0), try row.stringOrNil(1), try row.timestamp(2)))
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

    public func prepare(reservationID: UUID, userID: UUID, amount: Int64) async throws(PostgresError) -> Payment {
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
