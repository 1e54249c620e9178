// The statements behind the daily comparison with Toss's lines.
import TiketiCore
import TiketiNet
import TiketiStore

/// One line of Toss's daily list: money that came or went.
struct TossTransaction: Sendable, Equatable {
    var key: String
    var orderID: String
    var status: String
    /// What came; less than nothing for what went.
    var amount: Int64
}

/// Compares Toss's lines with our payments. A payment that differs is marked for the reconciler, which asks Toss about it and repairs what
/// can be repaired; nothing is decided from a list.
struct ComparisonStore: Sendable {
    let postgres: PostgresPool

    /// The oldest of the last seven days before today in Seoul that nobody has compared: a service that was away makes up for it. A claim
    /// of a dead process is taken over after ten minutes.
    private static let claimSQL = """
        INSERT INTO payment_schema.comparisons AS c (day)
        SELECT d.day FROM (
            SELECT (now() AT TIME ZONE 'Asia/Seoul')::date - back AS day FROM generate_series(1, 7) AS back
            WHERE back > 1 OR extract(hour FROM now() AT TIME ZONE 'Asia/Seoul') >= 1
        ) AS d LEFT JOIN payment_schema.comparisons AS known USING (day)
        WHERE (known.day IS NULL OR known.finished_at IS NULL AND known.claimed_at < now() - interval '10 minutes')
          AND d.day >= (SELECT min(created_at) AT TIME ZONE 'Asia/Seoul' FROM payment_schema.payments)::date
        ORDER BY d.day LIMIT 1
        ON CONFLICT (day) DO UPDATE SET claimed_at = now()
            WHERE c.finished_at IS NULL AND c.claimed_at < now() - interval '10 minutes'
        RETURNING day::text, (day::timestamp AT TIME ZONE 'Asia/Seoul'), ((day + 1)::timestamp AT TIME ZONE 'Asia/Seoul')
        """

    struct Day: Sendable {
        var name: String
        var from: Timestamp
        var to: Timestamp
    }

    func claim() async throws(PostgresError) -> Day? {
        guard let row = try await postgres.execute(Self.claimSQL).first else { return nil }
        return Day(name: try row.string(0), from: try row.timestamp(1), to: try row.timestamp(2))
    }

    /// Unfinished payments never differ: the reconciler is on them. Orders that are not of our making belong to others. What was taken back
    /// because it was not our price may be of any amount.
    private static let compareSQL = """
        WITH lines AS (
            SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS l (order_id, line, amount)
        ), differing AS (
            SELECT l.order_id, l.line, p.id, coalesce(p.status, 'unknown') AS ours
            FROM lines AS l LEFT JOIN payment_schema.payments AS p ON p.order_id = l.order_id
            WHERE CASE
                WHEN p.id IS NULL THEN l.order_id LIKE 'ORDER-%'
                WHEN p.phase IN ('confirming', 'approved', 'settling') THEN false
                WHEN l.line = 'DONE' THEN p.confirmed_at IS NULL AND p.refunded_at IS NULL
                    OR p.settlement IS DISTINCT FROM 'void' AND l.amount <> p.amount
                WHEN l.line = 'CANCELED' THEN p.refunded_at IS NULL
                ELSE true
            END
        ), marked AS (
            UPDATE payment_schema.payments SET recheck = true, due_at = now()
            WHERE id IN (SELECT id FROM differing) AND driver IS NULL AND payment_key IS NOT NULL
        )
        SELECT order_id, line, ours FROM differing
        """

    /// What differs among these lines, for the log.
    func compare(_ lines: [TossTransaction]) async throws(PostgresError) -> [(orderID: String, toss: String, ours: String)] {
        let rows = try await postgres.execute(
            Self.compareSQL, [.textArray(lines.map(\.orderID)), .textArray(lines.map(\.status)), .intArray(lines.map(\.amount))])
        var differences: [(orderID: String, toss: String, ours: String)] = []
        for row in rows { differences.append((try row.string(0), try row.string(1), try row.string(2))) }
        return differences
    }

    /// Ours that are confirmed and not in Toss's list; the edges of the day are left out, because two clocks made them.
    private static let missingSQL = """
        WITH missing AS (
            SELECT id, order_id FROM payment_schema.payments
            WHERE approved_at >= $1::timestamptz + interval '1 minute' AND approved_at < $2::timestamptz - interval '1 minute'
              AND confirmed_at IS NOT NULL AND amount > 0 AND order_id <> ALL ($3::text[])
        ), marked AS (
            UPDATE payment_schema.payments SET recheck = true, due_at = now()
            WHERE id IN (SELECT id FROM missing) AND driver IS NULL AND phase = 'done'
        )
        SELECT order_id FROM missing
        """

    func missing(_ day: Day, paid orders: [String]) async throws(PostgresError) -> [String] {
        var missing: [String] = []
        let parameters: [PostgresValue] = [.timestamp(day.from), .timestamp(day.to), .textArray(orders)]
        for row in try await postgres.execute(Self.missingSQL, parameters) { missing.append(try row.string(0)) }
        return missing
    }

    private static let finishSQL = """
        UPDATE payment_schema.comparisons SET finished_at = now(), lines = $2, differences = $3 WHERE day = $1::text::date
        """

    func finish(_ day: Day, lines: Int, differences: Int) async throws(PostgresError) {
        _ = try await postgres.execute(Self.finishSQL, [.text(day.name), .int(lines), .int(differences)])
    }
}
