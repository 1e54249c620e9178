// The verdict on a purchase: may the user have these seats? Holds and reservations are judged by the same rules, in the same order.

/// The first half of every statement that takes seats. It reads the statement's snapshot, judges in the order of docs/specification.md §10
/// (order of checks), and locks nothing: a refusal costs no write.
enum VerdictSQL {
    /// The seats that count as the user's own already: they need no slot and are not refused.
    enum Own {
        /// Held or in a reservation of the user's: to hold them again changes nothing.
        case heldOrReserved
        /// Held only: what is in a reservation can't be reserved again.
        case held

        fileprivate var condition: String {
            switch self {
            case .heldOrReserved: "s.reserved_by = u.user_id"
            case .held: "s.reserved_by = u.user_id AND s.reservation_id IS NULL"
            }
        }
    }

    /// Common table expressions: `wanted` (each seat of each request, with its state), `asked` (one row a request), `target` (the
    /// event, with `hold_seconds`: how long a new hold on it lasts) and `verdict (n, user_id, seats, own_until, slots, code)`, one
    /// row a request; `slots` are those the user has taken.
    ///
    /// Codes: not_found, other_event, not_on_sale, queue_required, seat_limit, unavailable, hold_limit, expire_first (an expired
    /// claim has to be ended first), ok. Parameters: $1 users, one for each request; $2 seat ids, distinct within a request; $3 the
    /// number (from 1) of each seat's request; $4 hold seconds; $5 seats one user may have of one event; $6 the event, or null for
    /// the event of the first seat.
    ///
    /// - Parameter columns: more columns of `target`, beginning with a comma.
    static func judged(own: Own, columns: String = "") -> String {
        """
        wanted AS MATERIALIZED (
            SELECT a.n, u.user_id, a.seat_id AS id, s.event_id, s.hold_expires_at, past.seconds,
                   CASE WHEN s.id IS NULL THEN 'unknown'
                        WHEN s.status = 'available' THEN 'free'
                        WHEN s.status = 'reserved' THEN 'taken'
                        WHEN s.hold_expires_at <= now() THEN 'lapsed'
                        WHEN \(own.condition) THEN 'own'
                        ELSE 'taken' END AS state
            FROM unnest($2::uuid[], $3::bigint[]) AS a(seat_id, n) CROSS JOIN LATERAL (SELECT ($1::uuid[])[a.n] AS user_id) AS u
            LEFT JOIN ticket_schema.seats s ON s.id = a.seat_id
            CROSS JOIN LATERAL (
                SELECT sum(extract(epoch FROM c.ended_at - greatest(c.held_at, now() - interval '2 hours'))) AS seconds
                FROM ticket_schema.seat_claims c
                WHERE c.seat_id = a.seat_id AND c.user_id = u.user_id AND c.ended_at > now() - interval '2 hours'
            ) AS past
        ), asked AS MATERIALIZED (
            SELECT n, user_id, count(*) AS seats, count(event_id) AS found, count(DISTINCT event_id) AS events,
                   (array_agg(event_id))[1] AS event_id,
                   count(*) FILTER (WHERE state <> 'own') AS fresh, count(*) FILTER (WHERE state = 'taken') AS taken,
                   count(*) FILTER (WHERE state = 'lapsed') AS lapsed, min(hold_expires_at) FILTER (WHERE state = 'own') AS own_until,
                   max(seconds) FILTER (WHERE state <> 'own') AS spent
            FROM wanted
            GROUP BY n, user_id
        ), target AS MATERIALIZED (
            SELECT e.id, e.queue_enabled, $4::bigint AS hold_seconds\(columns),
                   ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, 0, 0) = 'on_sale' AS on_sale
            FROM ticket_schema.events e
            WHERE e.deleted_at IS NULL
              AND e.id = coalesce($6::uuid, (SELECT event_id FROM wanted WHERE event_id IS NOT NULL ORDER BY n LIMIT 1))
        ), verdict AS MATERIALIZED (
            SELECT a.n, a.user_id, a.seats, a.own_until, mine.slots,
                   CASE
                       WHEN t.id IS NULL OR a.found < a.seats THEN 'not_found'
                       WHEN a.events > 1 OR a.event_id <> t.id THEN 'other_event'
                       WHEN NOT t.on_sale THEN 'not_on_sale'
                       WHEN a.fresh > 0 AND t.queue_enabled AND NOT EXISTS (
                           SELECT FROM ticket_schema.queue_admissions q
                           WHERE q.event_id = a.event_id AND q.user_id = a.user_id AND q.ended_at IS NULL AND q.expires_at > now())
                           THEN 'queue_required'
                       WHEN mine.running + a.fresh > $5::bigint THEN 'seat_limit'
                       WHEN a.taken > 0 THEN 'unavailable'
                       WHEN a.fresh > 0 AND a.spent > 2 * t.hold_seconds THEN 'hold_limit'
                       WHEN a.lapsed > 0 OR cardinality(mine.slots) + a.fresh > $5::bigint THEN 'expire_first'
                       ELSE 'ok'
                   END AS code
            FROM asked a LEFT JOIN target t ON true CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE c.expires_at IS NULL OR c.expires_at > now()) AS running,
                       coalesce(array_agg(c.slot) FILTER (WHERE c.slot <= $5::bigint), '{}') AS slots
                FROM ticket_schema.seat_claims c
                WHERE c.event_id = t.id AND c.user_id = a.user_id AND c.ended_at IS NULL
            ) AS mine
        )
        """
    }
}
