import TiketiCore
import TiketiNet
import TiketiStore

/// Who carries a payment on: claims, heartbeats, parking with back-off, and what the reconciler and webhooks need.
/// A payment has at most one driver; a driver that stays silent for `driverSeconds` loses it to the next.
extension PaymentStore {
    private static let claimSQL = """
        WITH due AS (
            SELECT id FROM payment_schema.payments
            WHERE (phase IN ('confirming', 'approved', 'settling') OR recheck) AND due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE payment_schema.payments SET driver = $2, due_at = now() + make_interval(secs => $3)
        WHERE id = ANY (ARRAY (SELECT id FROM due))
        RETURNING \(columns)
        """

    /// Takes over up to `limit` unfinished payments that nobody carries on; instances never take the same one.
    public func claimDue(limit: Int, driver: UUID) async throws(PostgresError) -> [Payment] {
        let rows = try await postgres.execute(Self.claimSQL, [.int(limit), .uuid(driver), .double(Double(driverSeconds))])
        var payments: [Payment] = []
        for row in rows { payments.append(try Self.decode(row)) }
        return payments
    }

    private static let renewSQL = """
        UPDATE payment_schema.payments SET due_at = now() + make_interval(secs => $3) WHERE id = $1 AND driver = $2
        """

    /// Keeps a payment that is still being carried on; false when it was taken over.
    public func renew(_ id: UUID, driver: UUID) async throws(PostgresError) -> Bool {
        try await postgres.execute(Self.renewSQL, [.uuid(id), .uuid(driver), .double(Double(driverSeconds))]).affected == 1
    }

    private static let parkSQL = """
        WITH moved AS (
            UPDATE payment_schema.payments
            SET driver = NULL, due_at = now() + make_interval(secs => $4), failures = failures + 1, alarm = $5, updated_at = now(),
                last_call_at = CASE WHEN $6 THEN previous_call_at ELSE last_call_at END,
                refund_attempt = refund_attempt + $7
            WHERE id = $1 AND driver = $2
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step, detail)
            SELECT id, 'park', $3::jsonb FROM moved WHERE failures <= 20 OR failures % 60 = 0
        )
        SELECT \(columns) FROM moved
        """

    /// Lets go of a payment until `seconds` from now. `refusedCall`: the latest confirm call was definitely refused, so only the calls
    /// before it are in doubt. `newRefundAttempt`: the latest cancel call was definitely refused.
    public func park(
        _ payment: Payment, seconds: Double, alarm: String?, refusedCall: Bool = false, newRefundAttempt: Bool = false, detail: String?
    ) async throws(PostgresError) -> Payment? {
        guard let driver = payment.driver else { return nil }
        let rows = try await postgres.execute(
            Self.parkSQL,
            [
                .uuid(payment.id), .uuid(driver), PostgresValue(detail), .double(seconds), PostgresValue(alarm),
                .bool(refusedCall), .int(newRefundAttempt ? 1 : 0),
            ])
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    private static let checkedSQL = """
        UPDATE payment_schema.payments SET recheck = false, driver = NULL, alarm = $3, updated_at = now()
        WHERE id = $1 AND driver = $2 AND phase IN ('done', 'created')
        """

    /// A finished payment was compared with Toss.
    public func checked(_ payment: Payment, alarm: String?) async throws(PostgresError) {
        guard let driver = payment.driver else { return }
        _ = try await postgres.execute(Self.checkedSQL, [.uuid(payment.id), .uuid(driver), PostgresValue(alarm)])
    }

    private static let abandonSQL = """
        WITH old AS (
            SELECT id FROM payment_schema.payments
            WHERE phase = 'created' AND created_at < now() - make_interval(secs => $1)
            ORDER BY created_at LIMIT 500 FOR UPDATE SKIP LOCKED
        ), moved AS (
            UPDATE payment_schema.payments AS p
            SET phase = 'done', status = 'failed', provider_code = 'ABANDONED', updated_at = now()
            FROM old WHERE p.id = old.id
            RETURNING p.id
        )
        INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'abandon' FROM moved
        """

    /// Closes orders that nobody came to pay, by our clock: their reservations ended long ago.
    public func abandon(olderThanSeconds seconds: Int) async throws(PostgresError) -> Int {
        try await postgres.execute(Self.abandonSQL, [.double(Double(seconds))]).affected
    }

    private static let housekeepingSQL = """
        WITH keys AS (DELETE FROM payment_schema.idempotency_keys WHERE created_at < now() - interval '24 hours'),
             facts AS (DELETE FROM payment_schema.outbox WHERE created_at < now() - interval '30 days')
        DELETE FROM payment_schema.webhooks WHERE received_at < now() - interval '30 days'
        """

    public func sweep() async throws(PostgresError) {
        _ = try await postgres.execute(Self.housekeepingSQL)
    }

    private static let backlogSQL = """
        SELECT phase, count(*), coalesce(max(extract(epoch FROM now() - updated_at)), 0)::int8, count(alarm)
        FROM payment_schema.payments WHERE phase IN ('confirming', 'approved', 'settling') OR recheck GROUP BY phase
        """

    /// Unfinished payments by phase, for the gauges.
    public func backlog() async throws(PostgresError) -> [(phase: String, count: Int, oldestSeconds: Int, alarms: Int)] {
        var lines: [(phase: String, count: Int, oldestSeconds: Int, alarms: Int)] = []
        for row in try await postgres.read(Self.backlogSQL) {
            lines.append((try row.string(0), try row.int(1), try row.int(2), try row.int(3)))
        }
        return lines
    }

    /// A hint about an order of ours is stored once per transmission; it makes us look, and changes nothing else. A hint that says what we know already
    /// is not worth a question to Toss.
    private static let hintSQL = """
        WITH stored AS (
            INSERT INTO payment_schema.webhooks (transmission_id, event_type, order_id, payment_key)
            SELECT $1, $2, $3, $4
            WHERE EXISTS (SELECT FROM payment_schema.payments WHERE order_id = $3 OR $3 IS NULL AND payment_key = $4)
            ON CONFLICT DO NOTHING RETURNING 1
        )
        UPDATE payment_schema.payments
        SET due_at = CASE WHEN driver IS NULL THEN now() ELSE due_at END,
            recheck = recheck OR phase = 'done' AND NOT (
                status = 'confirmed' AND $5 = 'DONE' OR status = 'cancelled' AND $5 = 'CANCELED'
                OR status = 'failed' AND $5 IN ('ABORTED', 'EXPIRED', 'CANCELED'))
        WHERE (order_id = $3 OR $3 IS NULL AND payment_key = $4) AND phase <> 'created' AND EXISTS (SELECT FROM stored)
        """

    public func hint(
        transmissionID: String, eventType: String, orderID: String?, paymentKey: String?, status: String
    ) async throws(PostgresError) {
        _ = try await postgres.execute(
            Self.hintSQL,
            [
                .text(transmissionID), .text(eventType), PostgresValue(orderID), PostgresValue(paymentKey),
                .text(status),
            ])
    }
}
