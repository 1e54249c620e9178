// The statements of the queue's durable half: admissions and draws. The event's row in queue_events is the lock of whoever admits.

enum QueueSQL {
    /// Parameters: $1 event, $2 seed, $3 commitment.
    static let open = """
        INSERT INTO ticket_schema.queue_events (event_id, seed, commitment) VALUES ($1::uuid, $2::bytea, $3::text)
        ON CONFLICT (event_id) DO NOTHING
        """

    /// An event as a joiner meets it. Parameters: $1 event, $2 user.
    static let entrance = """
        SELECT e.queue_enabled, \(status) AS status,
               q.event_id IS NOT NULL AS opened, q.drawn_at IS NOT NULL AS drawn, a.queue_id, a.expires_at
        FROM ticket_schema.events e LEFT JOIN ticket_schema.queue_events q ON q.event_id = e.id
        LEFT JOIN ticket_schema.queue_admissions a
            ON a.event_id = e.id AND a.user_id = $2::uuid AND a.ended_at IS NULL AND a.expires_at > now()
        WHERE e.id = $1::uuid AND e.deleted_at IS NULL
        """

    private static let status = "ticket_schema.event_status(e.status, e.sale_start_date, e.sale_end_date, 0, 0)"

    /// Queues that admit or have to be closed: the event, whether it is open, seconds until its next round (negative when due); for a sale
    /// that opens soon, the seconds until then. Parameters: none.
    static let due = """
        SELECT q.event_id, e.queue_enabled AND \(status) IN ('on_sale', 'upcoming') AS open,
               extract(epoch FROM greatest(q.next_run, e.sale_start_date) - now())::float8 AS seconds
        FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
        WHERE (e.queue_enabled AND (\(status) = 'on_sale' OR e.sale_start_date BETWEEN now() AND now() + interval '2 seconds'))
           OR (q.closed_at IS NULL AND (NOT e.queue_enabled OR \(status) IN ('ended', 'cancelled')))
        """

    /// Notes that the line was dropped. Parameters: $1 event.
    static let close = "UPDATE ticket_schema.queue_events SET closed_at = now() WHERE event_id = $1::uuid"

    /// A process that stands still with the lock in hand loses it after this long. Parameters: $1 milliseconds as text.
    static let patience = "SELECT set_config('idle_in_transaction_session_timeout', $1::text, true)"

    /// The lock of one event's queue, with what admitting depends on. Parameters: $1 event.
    static func gate(skipLocked: Bool) -> String {
        """
        SELECT q.seed, q.drawn_at IS NOT NULL AS drawn, q.entries, q.next_run <= now() AS due,
               e.queue_enabled AND \(status) = 'on_sale' AS open
        FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
        WHERE q.event_id = $1::uuid
        FOR UPDATE OF q\(skipLocked ? " SKIP LOCKED" : "")
        """
    }

    /// Read after the lock was taken, so that it sees what the last holder admitted; by the clock, which has moved since the transaction
    /// began.
    /// Parameters: $1 event.
    static let active = """
        SELECT count(*) FROM ticket_schema.queue_admissions
        WHERE event_id = $1::uuid AND ended_at IS NULL AND expires_at > clock_timestamp()
        """

    /// Parameters: $1 event, $2 users, $3 queue ids, in the order of their places, $4 seconds, $5 how many at most. Users who are
    /// in already, or were by the same place, are skipped.
    static let admit = """
        WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now)
        INSERT INTO ticket_schema.queue_admissions AS a (event_id, user_id, queue_id, admitted_at, expires_at)
        SELECT $1::uuid, u, q, now, now + $4::bigint * interval '1 second'
        FROM (
            SELECT t.u, t.q, moment.now FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS t (u, q, place), moment
            WHERE NOT EXISTS (
                SELECT FROM ticket_schema.queue_admissions x
                WHERE x.event_id = $1::uuid AND x.user_id = t.u
                  AND (x.queue_id = t.q OR (x.ended_at IS NULL AND x.expires_at > moment.now)))
            ORDER BY t.place LIMIT $5::bigint
        ) AS chosen
        ON CONFLICT (event_id, user_id) DO UPDATE
            SET queue_id = excluded.queue_id, admitted_at = excluded.admitted_at, expires_at = excluded.expires_at, ended_at = NULL
            WHERE (a.ended_at IS NOT NULL OR a.expires_at <= excluded.admitted_at) AND a.queue_id <> excluded.queue_id
        RETURNING a.queue_id, a.user_id, a.expires_at
        """

    /// Parameters: $1 event, $2 seconds.
    static let next = """
        UPDATE ticket_schema.queue_events SET next_run = now() + $2::bigint * interval '1 second', closed_at = NULL
        WHERE event_id = $1::uuid
        """

    /// Parameters: $1 event, $2 queue ids, sorted.
    static let draw =
        "UPDATE ticket_schema.queue_events SET drawn_at = now(), entries = $2::uuid[] WHERE event_id = $1::uuid AND drawn_at IS NULL"

    /// Parameters: $1 queue id, $2 user or null.
    static let admission = """
        SELECT user_id, event_id, expires_at, ended_at IS NULL AND expires_at > now() AS running,
               least(ended_at, expires_at) > now() - interval '1 hour' AS recent
        FROM ticket_schema.queue_admissions WHERE queue_id = $1::uuid AND ($2::uuid IS NULL OR user_id = $2::uuid)
        """

    /// Ends admissions of people who gave up their place in the same moment. Parameters: $1 queue ids.
    static let revoke = """
        UPDATE ticket_schema.queue_admissions SET ended_at = now()
        WHERE queue_id = ANY ($1::uuid[]) AND ended_at IS NULL AND expires_at > now()
        """

    /// Parameters: $1 queue id, $2 user.
    static let leave = """
        UPDATE ticket_schema.queue_admissions SET ended_at = now()
        WHERE queue_id = $1::uuid AND user_id = $2::uuid AND ended_at IS NULL AND expires_at > now()
        """

    /// Begins another lobby with another seed for a sale that was postponed after its draw; the old draw is kept for those who
    /// check it. A row when there was something to do. Parameters: $1 event, $2 seed, $3 commitment.
    static let renew = """
        WITH old AS MATERIALIZED (
            SELECT q.* FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
            WHERE q.event_id = $1::uuid AND q.drawn_at IS NOT NULL AND e.queue_enabled AND e.status <> 'cancelled'
              AND e.sale_start_date > now()
            FOR UPDATE OF q
        ), kept AS (
            INSERT INTO ticket_schema.queue_draws (event_id, commitment, seed, entries, drawn_at)
            SELECT event_id, commitment, seed, entries, drawn_at FROM old ON CONFLICT DO NOTHING
        )
        UPDATE ticket_schema.queue_events q SET seed = $2::bytea, commitment = $3::text, drawn_at = NULL, entries = NULL, closed_at = NULL
        FROM old WHERE q.event_id = old.event_id AND q.drawn_at IS NOT NULL
        RETURNING q.event_id
        """

    /// What a proof shows besides its entries; no row for an event that is not there. Parameters: $1 event.
    static let proof = """
        SELECT e.queue_enabled, q.commitment, q.seed, q.drawn_at, coalesce(cardinality(q.entries), 0) AS total
        FROM ticket_schema.events e LEFT JOIN ticket_schema.queue_events q ON q.event_id = e.id
        WHERE e.id = $1::uuid AND e.deleted_at IS NULL
        """

    /// Some of the entries of a draw. Parameters: $1 event, $2 the commitment they belong to, $3 first (from 1), $4 last.
    static let proofEntries = """
        SELECT entries[$3::integer:$4::integer] FROM ticket_schema.queue_events
        WHERE event_id = $1::uuid AND commitment = $2::text AND drawn_at IS NOT NULL
        """

    /// Events in whose line or lobby somebody may be. Parameters: none.
    static let watched = """
        SELECT q.event_id FROM ticket_schema.queue_events q JOIN ticket_schema.events e ON e.id = q.event_id
        WHERE q.closed_at IS NULL AND e.queue_enabled AND e.deleted_at IS NULL LIMIT 1000
        """
}
