// Reading an event's seats: all of them, or what changed since a version. Numbers of states are those of `SeatState`.

enum SeatMapSQL {
    private static let state = """
        CASE WHEN s.status = 'available' THEN 0 WHEN s.status = 'reserved' THEN 2 WHEN s.hold_expires_at <= now() THEN 3 ELSE 1 END
        """

    /// When the first running hold ends. $1 is the event.
    private static let validUntil = """
        (SELECT min(k.expires_at) FROM ticket_schema.seat_claims k
         WHERE k.event_id = $1::uuid AND k.ended_at IS NULL AND k.expires_at > now())
        """

    /// One row for each seat in the hall's order (sections as given, rows and seats by their places), each with the counters of the same
    /// snapshot; for an event without seats one row without one. Parameters: $1 event.
    static let whole = """
        SELECT s.id, s.section, coalesce(s.row_label, s.row_number::text) AS row, coalesce(s.number_label, s.seat_number::text) AS number,
               s.seat_label, trim_scale(s.price)::text AS price, \(state) AS state,
               c.version, c.revision, now() AS read_at, \(validUntil) AS valid_until
        FROM ticket_schema.event_counters c JOIN ticket_schema.events e ON e.id = c.event_id AND e.deleted_at IS NULL
        LEFT JOIN ticket_schema.seats s ON s.event_id = c.event_id
        LEFT JOIN (
            SELECT section, min(ordinal) AS ordinal FROM ticket_schema.ticket_types WHERE event_id = $1::uuid GROUP BY section
        ) AS t ON t.section = s.section
        WHERE c.event_id = $1::uuid
        ORDER BY t.ordinal, s.section, s.row_number, s.seat_number
        """

    /// One row: the counters, what the versions after $2 changed (one element for each seat of each version), and how those seats, those
    /// whose holder's time is over and the ones asked for are now. Parameters: $1 event, $2 version, $3 seats.
    static let delta = """
        WITH log AS MATERIALIZED (
            SELECT version, unnest(seat_ids) AS id FROM ticket_schema.seat_changes WHERE event_id = $1::uuid AND version > $2::bigint
        ), changed AS MATERIALIZED (
            SELECT s.id, \(state) AS state
            FROM (
                SELECT id FROM log
                UNION
                SELECT unnest($3::uuid[])
                UNION
                SELECT k.seat_id FROM ticket_schema.seat_claims k
                WHERE k.event_id = $1::uuid AND k.ended_at IS NULL AND k.expires_at <= now()
            ) AS ids JOIN ticket_schema.seats s ON s.id = ids.id
        )
        SELECT c.version, c.revision, now() AS read_at, \(validUntil) AS valid_until,
               ARRAY(SELECT id FROM changed ORDER BY id) AS ids, ARRAY(SELECT state FROM changed ORDER BY id) AS states,
               ARRAY(SELECT version FROM log ORDER BY version, id) AS log_versions,
               ARRAY(SELECT id FROM log ORDER BY version, id) AS log_ids
        FROM ticket_schema.event_counters c JOIN ticket_schema.events e ON e.id = c.event_id AND e.deleted_at IS NULL
        WHERE c.event_id = $1::uuid
        """

    /// The seats that a user has of an event now. No row for an event that is not there, one without a seat for a user who has none.
    /// Parameters: $1 event, $2 user.
    static let mine = """
        SELECT s.id, CASE WHEN s.status = 'reserved' THEN 'reserved' WHEN s.reservation_id IS NULL THEN 'held' ELSE 'pending' END AS status,
               s.hold_expires_at AS expires_at, s.reservation_id
        FROM ticket_schema.events e LEFT JOIN (
                ticket_schema.seat_claims c JOIN ticket_schema.seats s ON s.id = c.seat_id AND s.reserved_by = c.user_id)
            ON c.event_id = e.id AND c.user_id = $2::uuid AND c.ended_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now())
        WHERE e.id = $1::uuid AND e.deleted_at IS NULL
        ORDER BY c.slot
        """

    /// What versions changed, oldest first. Parameters: $1 event, $2 after, $3 up to.
    static let log = """
        SELECT version, seat_ids FROM ticket_schema.seat_changes
        WHERE event_id = $1::uuid AND version > $2::bigint AND version <= $3::bigint ORDER BY version
        """
}
