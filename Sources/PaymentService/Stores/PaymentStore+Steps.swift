// The steps of `PaymentState` as SQL: each one guarded UPDATE, with its history and its outbox row in the same statement.
import TiketiCore
import TiketiNet
import TiketiStore

/// The steps of `PaymentState` as SQL: each one guarded UPDATE, with its history and its outbox row in the same statement.
/// A step returns nil when its guard failed: somebody else moved the payment, and the caller must stop.
extension PaymentStore {
    /// What other services are told of a payment, built from its row.
    static let fact = """
        jsonb_build_object('paymentId', id, 'reservationId', reservation_id, 'userId', user_id, 'orderId', order_id,
            'amount', amount, 'status', status, 'method', payment_method, 'code', provider_code,
            'confirmedAt', confirmed_at, 'refundedAt', refunded_at)
        """

    /// Adds `$n` requests to Toss to the row's count of the current hour.
    static func counted(_ requests: String) -> String {
        let isSameHour = "toss_calls_since > now() - interval '1 hour'"
        return """
            toss_calls = CASE WHEN \(isSameHour) THEN toss_calls ELSE 0 END + \(requests),
            toss_calls_since = CASE WHEN \(isSameHour) THEN toss_calls_since WHEN \(requests) > 0 THEN now() END
            """
    }

    /// Builds one step. Parameters $1 and $2 are the payment and its driver, $3 the history's detail, $4 the requests to Toss before it.
    /// The back-off outlives the step: a payment in trouble stays slow until it is over.
    private static func step(_ name: String, from guardClause: String, set: String, outbox kind: String? = nil) -> String {
        let told =
            kind.map {
                """
                , told AS (
                    INSERT INTO payment_schema.outbox (kind, payload)
                    SELECT \($0), \(fact) FROM moved
                )
                """
            } ?? ""
        return """
            WITH moved AS (
                UPDATE payment_schema.payments SET \(set), updated_at = now(), \(counted("$4"))
                WHERE id = $1 AND driver = $2 AND \(guardClause)
                RETURNING *
            ), logged AS (
                INSERT INTO payment_schema.history (payment_id, step, detail) SELECT id, '\(name)', $3::jsonb FROM moved
            )\(told)
            SELECT \(columns) FROM moved
            """
    }

    private func move(_ sql: String, _ payment: Payment, detail: String?, _ more: [PostgresValue] = []) async throws(PostgresError)
        -> Payment?
    {
        guard let driver = payment.driver else { return nil }
        let rows = try await postgres.execute(
            sql, [.uuid(payment.id), .uuid(driver), PostgresValue(detail), .int(payment.tally.count)] + more)
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    // MARK: Confirming

    /// The payment key is claimed for the order in the same statement, once and for all: with another order's key nothing moves.
    private static let beginSQL = """
        WITH open AS (
            SELECT id FROM payment_schema.payments WHERE order_id = $1 AND phase = 'created' FOR UPDATE
        ), key AS (
            INSERT INTO payment_schema.payment_keys AS known (payment_key, order_id) SELECT $2, $1 FROM open
            ON CONFLICT (payment_key) DO UPDATE SET order_id = known.order_id
            RETURNING order_id
        ), moved AS (
            UPDATE payment_schema.payments
            SET phase = 'confirming', payment_key = $2, driver = $3, due_at = now() + make_interval(secs => $4), updated_at = now(),
                unfinished_since = now(), failures = 0
            WHERE id = (SELECT open.id FROM open, key WHERE key.order_id = $1) AND phase = 'created'
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'begin' FROM moved
        )
        SELECT \(columns) FROM moved
        """

    /// created → confirming; nil when the order is not open any more, or the key is another order's.
    func begin(orderID: String, paymentKey: String, driver: UUID) async throws(PostgresError) -> Payment? {
        let rows = try await postgres.execute(Self.beginSQL, [.text(orderID), .text(paymentKey), .uuid(driver), driverSeconds])
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    private static let beginFreeSQL = """
        WITH moved AS (
            UPDATE payment_schema.payments
            SET phase = 'approved', payment_method = 'free', approved_at = now(), driver = $2, due_at = now() + make_interval(secs => $3),
                updated_at = now(), unfinished_since = now(), failures = 0
            WHERE order_id = $1 AND phase = 'created' AND amount = 0
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step) SELECT id, 'begin-free' FROM moved
        )
        SELECT \(columns) FROM moved
        """

    /// created → approved for an order of 0 won; nil when it is not open any more.
    func beginFree(orderID: String, driver: UUID) async throws(PostgresError) -> Payment? {
        let rows = try await postgres.execute(Self.beginFreeSQL, [.text(orderID), .uuid(driver), driverSeconds])
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    private static let refusedByTicketSQL = step(
        "refused-by-ticket", from: "phase = 'confirming' AND calls = 0",
        set: "phase = 'done', status = 'failed', provider_code = $5, driver = NULL", outbox: "'payment.failed'")

    func refusedByTicket(_ payment: Payment, code: String) async throws(PostgresError) -> Payment? {
        try await move(Self.refusedByTicketSQL, payment, detail: nil, [.text(code)])
    }

    private static let handBackSQL = step(
        "hand-back", from: "phase = 'confirming' AND calls = 0", set: "phase = 'created', payment_key = NULL, driver = NULL")

    func handBack(_ payment: Payment) async throws(PostgresError) -> Payment? {
        try await move(Self.handBackSQL, payment, detail: nil)
    }

    private static let callSQL = step(
        "call", from: "phase = 'confirming' AND calls = $5",
        set: """
            calls = calls + 1, previous_call_at = last_call_at, last_call_at = now(), leased_at = now(),
            first_call_at = coalesce(first_call_at, now())
            """)

    /// Written before each confirm call: from here on money may have been taken.
    func call(_ payment: Payment) async throws(PostgresError) -> Payment? {
        try await move(Self.callSQL, payment, detail: nil, [.int(payment.calls)])
    }

    private static let approveSQL = step(
        "approve", from: "phase = 'confirming'",
        set: "phase = 'approved', payment_key = $5, payment_method = $6, approved_at = coalesce($7, now()), alarm = NULL")

    func approve(_ payment: Payment, _ toss: TossPayment, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(
            Self.approveSQL, payment, detail: detail,
            [.text(toss.paymentKey), PostgresValue(toss.method), PostgresValue(toss.approvedAt)])
    }

    private static let declineSQL = step(
        "decline", from: "phase = 'confirming'",
        set:
            """
            phase = 'settling', status = 'failed', settlement = 'decline', provider_code = $5, provider_message = left($6, 500),
            alarm = NULL
            """,
        outbox: "'payment.failed'")

    func decline(_ payment: Payment, code: String, message: String, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(Self.declineSQL, payment, detail: detail, [.text(code), .text(message)])
    }

    private static let releaseSQL = step(
        "release", from: "phase = 'confirming'",
        set: """
            phase = 'settling', status = 'failed', settlement = 'decline', provider_code = $5, provider_message = $6, alarm = $7,
            recheck = true, failures = 0, settle_asked_at = NULL
            """,
        outbox: "'payment.failed'")

    /// Gives up on an order whose time is over. It is looked at again until Toss has said what became of it.
    func release(_ payment: Payment, code: String, message: String, alarm: String?, detail: String?) async throws(PostgresError) -> Payment?
    {
        try await move(Self.releaseSQL, payment, detail: detail, [.text(code), .text(message), PostgresValue(alarm)])
    }

    private static let voidSQL = step(
        "void", from: "(phase = 'confirming' OR phase = 'done' AND status = 'failed')",
        set: """
            phase = 'settling', status = 'failed', settlement = 'void', provider_code = $5, payment_key = $6,
            provider_message = 'Toss did not take exactly the price',
            unfinished_since = CASE phase WHEN 'done' THEN now() ELSE unfinished_since END,
            refund_attempt = refund_attempt + CASE WHEN refunded_at IS NULL THEN 0 ELSE 1 END, refunded_at = NULL
            """, outbox: "'payment.failed'")

    /// What Toss holds goes back from the payment `key`, also when something had gone back from this order before.
    func void(_ payment: Payment, code: String, key: String, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(Self.voidSQL, payment, detail: detail, [.text(code), .text(key)])
    }

    private static let foundCancelledSQL = step(
        "found-cancelled", from: "(phase IN ('confirming', 'approved') OR phase = 'done' AND status = 'confirmed')",
        set: """
            phase = 'settling', status = 'cancelled', settlement = 'external', refunded_at = now(),
            unfinished_since = CASE phase WHEN 'done' THEN now() ELSE unfinished_since END,
            refund_reason = coalesce(refund_reason, 'Cancelled at Toss'), alarm = NULL
            """, outbox: "CASE WHEN confirmed_at IS NULL THEN 'payment.cancelled' ELSE 'payment.refunded' END")

    func foundCancelled(_ payment: Payment, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(Self.foundCancelledSQL, payment, detail: detail)
    }

    // MARK: After Toss

    private static let confirmSQL = step(
        "confirm", from: "phase = 'approved'",
        set: "phase = 'done', status = 'confirmed', confirmed_at = now(), driver = NULL, alarm = NULL, settle_asked_at = NULL",
        outbox: "'payment.confirmed'")

    func confirm(_ payment: Payment) async throws(PostgresError) -> Payment? {
        try await move(Self.confirmSQL, payment, detail: nil)
    }

    private static let loseSQL = step(
        "lose", from: "phase = 'approved'",
        set: "phase = 'settling', settlement = 'late_refund', refund_reason = 'The seats were no longer available'")

    func lose(_ payment: Payment, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(Self.loseSQL, payment, detail: detail)
    }

    // MARK: Refunds

    private static let askRefundSQL = """
        WITH moved AS (
            UPDATE payment_schema.payments
            SET phase = 'settling', settlement = 'refund', refund_reason = left($3, 200), driver = $2,
                due_at = CASE WHEN $2::uuid IS NULL THEN now() ELSE now() + make_interval(secs => $4) END, failures = 0,
                updated_at = now(), unfinished_since = now()
            WHERE id = $1 AND phase = 'done' AND status = 'confirmed'
            RETURNING *
        ), logged AS (
            INSERT INTO payment_schema.history (payment_id, step, detail)
            SELECT id, 'ask-refund', jsonb_build_object('reason', refund_reason) FROM moved
        )
        SELECT \(columns) FROM moved
        """

    /// done and confirmed → settling, driven by `driver` or left to the reconciler's queue; nil when it is not confirmed (any more).
    func askRefund(id: UUID, reason: String, driver: UUID?) async throws(PostgresError) -> Payment? {
        let rows = try await postgres.execute(
            Self.askRefundSQL, [.uuid(id), PostgresValue(driver), .text(reason), driverSeconds])
        guard let row = rows.first else { return nil }
        return try Self.decode(row)
    }

    private static let refundCallSQL = step(
        "refund-call", from: "phase = 'settling' AND refunded_at IS NULL",
        set: "refund_calls = refund_calls + 1, refund_attempt = refund_attempt + $5")

    /// Written before each cancel call at Toss.
    func refundCall(_ payment: Payment, newAttempt: Bool) async throws(PostgresError) -> Payment? {
        try await move(Self.refundCallSQL, payment, detail: nil, [.int(newAttempt ? 1 : 0)])
    }

    private static let returnMoneySQL = step(
        "return-money", from: "phase = 'settling' AND refunded_at IS NULL",
        set: "refunded_at = now(), alarm = NULL, status = CASE status WHEN 'failed' THEN 'failed' ELSE 'cancelled' END",
        outbox: "CASE WHEN confirmed_at IS NULL THEN 'payment.cancelled' ELSE 'payment.refunded' END")

    func returnMoney(_ payment: Payment, detail: String?) async throws(PostgresError) -> Payment? {
        try await move(Self.returnMoneySQL, payment, detail: detail)
    }

    private static let closeSQL = step(
        "close", from: "phase = 'settling' AND (settlement = 'decline' OR refunded_at IS NOT NULL)",
        set: """
            phase = 'done', driver = NULL, settle_asked_at = NULL,
            due_at = CASE WHEN recheck AND settlement = 'decline' THEN now() + make_interval(secs => $5) ELSE due_at END
            """)

    /// What was given up without an answer of Toss is looked at again when no call can be under way any more.
    func close(_ payment: Payment) async throws(PostgresError) -> Payment? {
        try await move(Self.closeSQL, payment, detail: nil, [.double(TossDecision.inFlight.inSeconds)])
    }
}
