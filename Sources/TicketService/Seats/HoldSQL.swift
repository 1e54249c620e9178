// The statement that decides holds: many requests for seats of one event at once, each all or nothing and each with an answer of its own.

/// Requests come in the order of arrival and are judged on the statement's snapshot (`VerdictSQL`). Of those whose verdict is `ok`,
/// one that asks for what an earlier one gets (a seat, or a slot of the same user) is answered `again` and decided in the next
/// batch, when it can see the outcome. The rest lock their seats in id order and are judged again on the rows as they are now.
/// `expire_first` asks the caller to end expired claims (`ExpirySQL`) and to try again, so that expiry has one code path.
///
/// Each hold that takes a seat is a version of its own, in the order of arrival. Claims are written in the order of users, so that
/// statements of two processes for the same users do not deadlock.
enum HoldSQL {
    /// Parameters: those of `VerdictSQL.judged`.
    static let batch = """
        WITH \(VerdictSQL.judged(own: .heldOrReserved)), chosen AS MATERIALIZED (
            SELECT n, id, user_id, seats, slots
            FROM (
                SELECT n, id, user_id, seats, slots, bool_and(is_first) OVER (PARTITION BY n) AS goes
                FROM (
                    SELECT w.n, w.id, w.user_id, v.seats, v.slots,
                           w.n = min(w.n) OVER (PARTITION BY w.id) AND w.n = min(w.n) OVER (PARTITION BY w.user_id) AS is_first
                    FROM wanted w JOIN verdict v ON v.n = w.n
                    WHERE v.code = 'ok'
                ) AS each_seat
            ) AS each_seat
            WHERE goes
        ), locked AS MATERIALIZED (
            SELECT s.id, c.n, c.user_id, c.seats, c.slots, s.status = 'available' AS fresh
            FROM chosen c JOIN ticket_schema.seats s ON s.id = c.id
            WHERE s.status = 'available' OR (s.status = 'locked' AND s.hold_expires_at > now() AND s.reserved_by = c.user_id)
            ORDER BY s.id
            FOR UPDATE OF s
        ), taking AS MATERIALIZED (
            SELECT id, n, user_id, fresh,
                   CASE WHEN fresh
                        THEN (ARRAY(SELECT g FROM generate_series(1, $5::integer) AS g WHERE g <> ALL (slots)))[place] END AS slot
            FROM (
                SELECT id, n, user_id, seats, slots, fresh, count(*) OVER each AS got,
                       count(*) FILTER (WHERE fresh) OVER each AS fresh_ones,
                       row_number() OVER (PARTITION BY n ORDER BY fresh DESC, id) AS place
                FROM locked WINDOW each AS (PARTITION BY n)
            ) AS each_seat
            WHERE got = seats AND fresh_ones + cardinality(slots) <= $5::bigint
        ), changed AS (
            UPDATE ticket_schema.seats s
            SET status = 'locked', reserved_by = t.user_id, reserved_at = now(), reservation_id = NULL,
                hold_expires_at = now() + (SELECT hold_seconds FROM target) * interval '1 second'
            FROM taking t
            WHERE t.fresh AND s.id = t.id
            RETURNING s.id, t.user_id, t.slot, s.hold_expires_at
        ), claimed AS (
            INSERT INTO ticket_schema.seat_claims (seat_id, event_id, user_id, slot, expires_at)
            SELECT id, (SELECT id FROM target), user_id, slot, hold_expires_at FROM changed
            ORDER BY user_id, slot
            RETURNING seat_id
        ), taken AS MATERIALIZED (
            SELECT n, ids, count(ids) OVER (ORDER BY n) AS rank
            FROM (SELECT n, array_agg(id ORDER BY id) FILTER (WHERE fresh) AS ids FROM taking GROUP BY n) AS each_request
        ), bumped AS (
            UPDATE ticket_schema.event_counters c
            SET version = c.version + k.count, revision = c.revision + k.count
            FROM (SELECT count(ids) AS count FROM taken) AS k
            WHERE c.event_id = (SELECT id FROM target) AND k.count > 0
              AND ticket_schema.must((SELECT count(*) FROM claimed) = (SELECT count(*) FROM taking WHERE fresh))
            RETURNING c.version - k.count AS version, c.revision - k.count AS revision
        ), logged AS (
            INSERT INTO ticket_schema.seat_changes (event_id, version, seat_ids)
            SELECT (SELECT id FROM target), b.version + t.rank, t.ids FROM bumped b CROSS JOIN taken t WHERE t.ids IS NOT NULL
        )
        SELECT CASE WHEN v.code <> 'ok' OR t.n IS NOT NULL THEN v.code WHEN c.n IS NULL THEN 'again' ELSE 'unavailable' END AS code,
               (SELECT id FROM target) AS event_id, CASE WHEN t.ids IS NOT NULL THEN b.version + t.rank END AS version,
               b.revision + t.rank AS revision, coalesce(t.ids, '{}') AS fresh,
               least(v.own_until, CASE WHEN t.ids IS NOT NULL
                                       THEN now() + (SELECT hold_seconds FROM target) * interval '1 second' END) AS expires_at,
               (SELECT hold_seconds FROM target) AS hold_seconds,
               CASE WHEN v.code = 'unavailable' THEN ARRAY(SELECT w.id FROM wanted w WHERE w.n = v.n AND w.state = 'taken')
                    WHEN c.n IS NOT NULL AND t.n IS NULL
                    THEN ARRAY(SELECT w.id FROM wanted w WHERE w.n = v.n EXCEPT SELECT l.id FROM locked l WHERE l.n = v.n)
               END AS unavailable
        FROM verdict v LEFT JOIN (SELECT DISTINCT n FROM chosen) AS c ON c.n = v.n LEFT JOIN taken t ON t.n = v.n LEFT JOIN bumped b ON true
        ORDER BY v.n
        """

    /// The event of a seat. Parameters: $1 seat.
    static let event = "SELECT event_id FROM ticket_schema.seats WHERE id = $1::uuid"
}
