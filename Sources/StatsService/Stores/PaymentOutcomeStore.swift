// Reads the facts that payment publishes and counts how payments end. Applied twice or late, a fact changes nothing; a rebuild from the
// source gives the same numbers.
import TiketiCore
import TiketiNet
import TiketiStore

struct PaymentOutcomeStore: FactStore {
    let name = "payment"
    let pool: PostgresPool

    /// From a payment's state, whether a fact tells it or the source does: bought, declined (or taken back because it was not the price),
    /// given back before and after the sale, and orders that nobody came to pay.
    private static func outcome(status: String, confirmed: String, code: String) -> String {
        """
        CASE WHEN \(status) = 'cancelled' AND \(confirmed) IS NOT NULL THEN 'refunded' WHEN \(status) = 'cancelled' THEN 'cancelled'
            WHEN \(status) = 'failed' AND \(code) = 'ABANDONED' THEN 'abandoned' ELSE \(status) END
        """
    }

    private static let rank = "CASE WHEN outcome IN ('refunded', 'cancelled') THEN 2 ELSE 1 END"

    private static let apply = """
        WITH told AS (
            SELECT (payload ->> 'paymentId')::uuid AS id, (payload ->> 'amount')::numeric AS amount,
                \(outcome(status: "payload ->> 'status'", confirmed: "payload ->> 'confirmedAt'", code: "payload ->> 'code'")) AS outcome
            FROM payment_schema.outbox_feed WHERE id > $1 AND id <= $2
        ), facts AS (
            SELECT DISTINCT ON (id) id, amount, outcome, \(rank) AS rank FROM told ORDER BY id, rank DESC
        ), fresh AS (
            SELECT f.*, known.outcome AS before FROM facts f LEFT JOIN stats_schema.payments known USING (id)
            WHERE known.rank IS NULL OR known.rank < f.rank
        ), kept AS (
            INSERT INTO stats_schema.payments AS known (id, amount, outcome, rank) SELECT id, amount, outcome, rank FROM fresh
            ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, rank = excluded.rank
        ), changes AS (
            SELECT outcome, 1 AS payments, amount FROM fresh
            UNION ALL
            SELECT before, -1, -amount FROM fresh WHERE before IS NOT NULL
        )
        INSERT INTO stats_schema.payment_rollups AS rollup (outcome, payments, amount)
        SELECT outcome, sum(payments), sum(amount) FROM changes GROUP BY outcome
        ON CONFLICT (outcome) DO UPDATE SET payments = rollup.payments + excluded.payments, amount = rollup.amount + excluded.amount
        """

    func applyNext(limit: Int) async throws -> Int? {
        try await pool.transaction { transaction in
            guard
                let cursor = try await transaction.execute(
                    "SELECT last_id FROM stats_schema.feeds WHERE source = 'payment' FOR UPDATE SKIP LOCKED"
                ).first
            else { return nil }
            let last = try cursor.int("last_id")
            let bound = try await transaction.execute(
                """
                SELECT max(id) AS last, count(*) AS count FROM (
                    SELECT id FROM payment_schema.outbox_feed WHERE id > $1 ORDER BY id LIMIT $2) AS next
                """, [.int(last), .int(Int64(limit))])
            guard let end = try bound[0].intOrNil("last") else { return 0 }
            _ = try await transaction.execute(Self.apply, [.int(last), .int(end)])
            _ = try await transaction.execute(
                "UPDATE stats_schema.feeds SET last_id = $1, updated_at = now() WHERE source = 'payment'", [.int(end)])
            return Int(try bound[0].int("count"))
        }
    }

    /// One snapshot for everything: facts below its horizon are in the source as seen here, later ones are applied again afterwards.
    func rebuild() async throws {
        try await pool.transaction(isolation: .repeatableRead) { transaction in
            _ = try await transaction.execute("SELECT last_id FROM stats_schema.feeds WHERE source = 'payment' FOR UPDATE")
            _ = try await transaction.execute("DELETE FROM stats_schema.payments")
            _ = try await transaction.execute("DELETE FROM stats_schema.payment_rollups")
            _ = try await transaction.execute(
                """
                WITH rows AS (
                    SELECT id, amount, \(Self.outcome(status: "status", confirmed: "confirmed_at", code: "provider_code")) AS outcome
                    FROM payment_schema.stats_payments WHERE status <> 'pending'
                )
                INSERT INTO stats_schema.payments (id, amount, outcome, rank) SELECT id, amount, outcome, \(Self.rank) FROM rows
                """)
            _ = try await transaction.execute(
                """
                INSERT INTO stats_schema.payment_rollups (outcome, payments, amount)
                SELECT outcome, count(*), sum(amount) FROM stats_schema.payments GROUP BY outcome
                """)
            _ = try await transaction.execute(
                """
                UPDATE stats_schema.feeds SET updated_at = now(),
                    last_id = greatest(0, (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 10) - 1)
                WHERE source = 'payment'
                """)
        }
    }
}
