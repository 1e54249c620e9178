// Who carries a payment on: claims, heartbeats, pauses with back-off, and what the reconciler and webhooks need.
import TiketiCore
import TiketiNet
import TiketiStore

/// Who carries a payment on: claims, heartbeats, parking with back-off, and what the reconciler and webhooks need.
/// A payment has at most one driver; a driver that stays silent for `driverSeconds` loses it to the next.
extension PaymentStore {
    /// Unfinished work, as the index `payments_due` has it.
    private static let unfinished = "(phase IN ('confirming', 'approved', 'settling') OR recheck)"
    /// Confirmed payments whose money is to go back: a cancelled event brings thousands at once.
    private static let refunds = "(phase = 'settling' AND settlement = 'refund' AND refunded_at IS NULL)"

    private static func claim(_ which: String, order: String) -> String {
        """
        WITH due AS (
            SELECT id FROM payment_schema.payments WHERE \(unfinished) AND \(which) AND due_at <= now()
            ORDER BY \(order) LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE payment_schema.payments SET driver = $2, due_at = now() + make_interval(secs => $3)
        WHERE id = ANY (ARRAY (SELECT id FROM due))
        RETURNING \(columns)
        """
    }

    private static let claimSQL = claim("NOT \(refunds)", order: "due_at")
    /// What was begun comes first, so that one refund with trouble does not wait behind a whole event.
    private static let claimRefundsSQL = claim(refunds, order: "refund_calls DESC, due_at")

    /// Takes over up to `limit` unfinished payments that nobody carries on, refunds apart; instances never take the same one.
    func claimDue(limit: Int, driver: UUID) async throws(PostgresError) -> [Payment] {
        try await claimed(Self.claimSQL, limit, driver)
    }

    /// The same for refunds, which wait in a queue of their own.
    func claimRefunds(limit: Int, driver: UUID) async throws(PostgresError) -> [Payment] {
        try await claimed(Self.claimRefundsSQL, limit, driver)
    }

    private func claimed(_ sql: String, _ limit: Int, _ driver: UUID) async throws(PostgresError) -> [Payment] {
        try Self.decodeAll(try await postgres.execute(sql, [.int(limit), .uuid(driver), driverSeconds]))
    }

    private static let claimLeasesSQL = """
        WITH old AS (
            SELECT id FROM payment_schema.payments
            WHERE phase IN ('confirming', 'approved') AND calls > 0 AND coalesce(leased_at < now() - make_interval(secs => $2), true)
                AND coalesce(unfinished_since > now() - make_interval(secs => $3), true)
            ORDER BY leased_at NULLS FIRST LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE payment_schema.payments SET leased_at = now() WHERE id = ANY (ARRAY (SELECT id FROM old))
        RETURNING \(columns)
        """

    /// Payments of unknown outcome whose seats ticket was last asked to keep more than `age` ago, and that may keep them still: they were
    /// begun less than `bound` ago. They stay with their drivers.
    func claimLeases(olderThan age: Duration, begunWithin bound: Duration, limit: Int) async throws(PostgresError) -> [Payment] {
        try Self.decodeAll(
            try await postgres.execute(Self.claimLeasesSQL, [.int(limit), .double(age.inSeconds), .double(bound.inSeconds)]))
    }

    private static let renewSQL = """
        UPDATE payment_schema.payments SET due_at = now() + make_interval(secs => $3) WHERE id = $1 AND driver = $2
        """

    /// Keeps a payment that is still being carried on; false when it was taken over.
    func renew(_ id: UUID, driver: UUID) async throws(PostgresError) -> Bool {
        try await postgres.execute(Self.renewSQL, [.uuid(id), .uuid(driver), driverSeconds]).affected == 1
    }

    private static let parkSQL = """
        WITH moved AS (
            UPDATE payment_schema.payments
            SET driver = NULL, due_at = now() + make_interval(secs => $4), failures = failures + 1, alarm = $5, updated_at = now(),
                last_call_at = CASE WHEN $6 THEN previous_call_at ELSE last_call_at END,
                refund_attempt = refund_attempt + $7, \(counted("$8"))
            WHERE id = $1 AND driver = $2
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step, detail)
            SELECT id, 'park', $3::jsonb FROM moved WHERE failures <= 20 OR failures % 60 = 0
        )
        SELECT \(columns) FROM moved
        """

    /// Lets go of a payment for `pause`. `refusedCall`: the latest confirm call was definitely refused, so only the calls
    /// before it are in doubt. `newRefundAttempt`: the latest cancel call was definitely refused.
    func park(
        _ payment: Payment, for pause: Duration, alarm: String?, refusedCall: Bool = false, newRefundAttempt: Bool = false, detail: String?
    ) async throws(PostgresError) -> Payment? {
        guard let driver = payment.driver else { return nil }
        let rows = try await postgres.execute(
            Self.parkSQL,
            [
                .uuid(payment.id), .uuid(driver), PostgresValue(detail), .double(pause.inSeconds), PostgresValue(alarm),
                .bool(refusedCall), .int(newRefundAttempt ? 1 : 0), .int(payment.tally.count),
            ])
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    private static let checkedSQL = """
        UPDATE payment_schema.payments
        SET recheck = hints <> $4, driver = NULL, due_at = now(), alarm = $3, updated_at = now(), failures = 0, settle_asked_at = NULL,
            \(counted("$5"))
        WHERE id = $1 AND driver = $2 AND phase IN ('done', 'created')
        """

    /// A finished payment was compared with Toss. A webhook that came meanwhile asks for another comparison.
    func checked(_ payment: Payment, alarm: String?) async throws(PostgresError) {
        guard let driver = payment.driver else { return }
        _ = try await postgres.execute(
            Self.checkedSQL, [.uuid(payment.id), .uuid(driver), PostgresValue(alarm), .int(payment.hints), .int(payment.tally.count)])
    }

    private static let settleSQL = """
        WITH moved AS (
            UPDATE payment_schema.payments
            SET settle_asked_at = now(), recheck = recheck OR phase = 'done', driver = $2,
                due_at = now() + make_interval(secs => $3), updated_at = now()
            WHERE id = $1 AND (phase IN ('confirming', 'approved', 'settling') OR phase = 'done' AND (recheck OR alarm IS NOT NULL))
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'settle-asked' FROM moved
        )
        SELECT \(columns) FROM moved
        """

    /// An admin wants a payment to end: it is taken from whoever carries it on. Nil when there is nothing left to settle.
    func askSettlement(id: UUID, driver: UUID) async throws(PostgresError) -> Payment? {
        guard let row = try await postgres.execute(Self.settleSQL, [.uuid(id), .uuid(driver), driverSeconds]).first else { return nil }
        return try Self.decode(row)
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
            RETURNING p.*
        ), told AS (
            INSERT INTO payment_schema.outbox (kind, payload) SELECT 'payment.abandoned', \(fact) FROM moved
        )
        INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'abandon' FROM moved
        """

    /// Closes orders that nobody came to pay, by our clock: their reservations ended long ago.
    func abandon(olderThan age: Duration) async throws(PostgresError) -> Int {
        try await postgres.execute(Self.abandonSQL, [.double(age.inSeconds)]).affected
    }

    private static let housekeepingSQL = """
        WITH keys AS (DELETE FROM payment_schema.idempotency_keys WHERE created_at < now() - interval '24 hours'),
             facts AS (DELETE FROM payment_schema.outbox WHERE created_at < now() - interval '30 days')
        DELETE FROM payment_schema.webhooks WHERE received_at < now() - interval '30 days'
        """

    func sweep() async throws(PostgresError) {
        _ = try await postgres.execute(Self.housekeepingSQL)
    }

    private static let backlogSQL = """
        SELECT phase, count(*) AS payments, count(*) FILTER (WHERE queued) AS queued,
            coalesce(max(extract(epoch FROM now() - coalesce(unfinished_since, updated_at)))
                FILTER (WHERE NOT queued AND phase <> 'done'), 0)::int8 AS oldest
        FROM (SELECT *, \(refunds) AND refund_calls = 0 AS queued FROM payment_schema.payments WHERE \(unfinished)) AS p
        GROUP BY phase
        """
    private static let alarmedSQL = "SELECT count(*) FROM payment_schema.payments WHERE alarm IS NOT NULL"

    func backlog() async throws(PostgresError) -> PaymentBacklog {
        var backlog = PaymentBacklog()
        for row in try await postgres.read(Self.backlogSQL) {
            if let phase = PaymentPhase(rawValue: try row.string(0)) { backlog.unfinished[phase] = try row.int(1) }
            backlog.queuedRefunds += try row.int(2)
            backlog.oldestSeconds = max(backlog.oldestSeconds, try row.int(3))
        }
        backlog.alarmed = try await postgres.read(Self.alarmedSQL).first?.int(0) ?? 0
        return backlog
    }

    /// A hint about an order of ours is stored once per transmission; it makes us look, and changes nothing else. A hint that says what
    /// we know already is not worth a question to Toss.
    private static let hintSQL = """
        WITH stored AS (
            INSERT INTO payment_schema.webhooks (transmission_id, event_type, order_id, payment_key)
            SELECT $1, $2, $3, $4
            WHERE EXISTS (SELECT FROM payment_schema.payments WHERE order_id = $3 OR $3 IS NULL AND payment_key = $4)
            ON CONFLICT DO NOTHING RETURNING 1
        )
        UPDATE payment_schema.payments
        SET due_at = CASE WHEN driver IS NULL THEN now() ELSE due_at END, hints = hints + 1,
            recheck = recheck OR CASE
                WHEN phase = 'done' THEN NOT (
                    status = 'confirmed' AND $5 = 'DONE' OR status = 'cancelled' AND $5 = 'CANCELED'
                    OR status = 'failed' AND $5 IN ('ABORTED', 'EXPIRED', 'CANCELED'))
                -- The answer that the payment is waiting for, or has just heard, may be older than this cancellation.
                WHEN phase IN ('confirming', 'approved') THEN $5 IN ('CANCELED', 'PARTIAL_CANCELED')
                -- Refused, and now something else is said.
                WHEN settlement = 'decline' THEN $5 NOT IN ('ABORTED', 'EXPIRED')
                ELSE false
            END
        WHERE (order_id = $3 OR $3 IS NULL AND payment_key = $4) AND phase <> 'created' AND EXISTS (SELECT FROM stored)
        """

    func hint(
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
