// The statements that reserve seats and give them back. Each is one statement, all or nothing: rows are locked in id order and the
// update is guarded by their count. Holds are in `HoldSQL`.

/// Statements on an event's seats.
///
/// A reservation is judged on the statement's snapshot (`VerdictSQL`) and locks nothing unless the verdict is `ok`. The rows it
/// then locks are judged again as they are now. `expire_first` asks the caller to end expired claims (`ExpirySQL`) and to try
/// again, so that expiry has one code path.
enum SeatSQL {
    /// Parameters: those of `VerdictSQL.judged` for one request, and $7 the new reservation's id.
    static let reserve =
        take + """
            , moved AS (
                UPDATE ticket_schema.seat_claims c SET expires_at = ready.until
                FROM changed, ready
                WHERE c.seat_id = changed.id AND NOT changed.fresh AND c.ended_at IS NULL
                RETURNING c.seat_id
            ), booked AS (
                INSERT INTO ticket_schema.reservations (id, user_id, event_id, reservation_number, total_amount, seat_count, expires_at)
                SELECT $7::uuid, ($1::uuid[])[1], $6::uuid,
                       ticket_schema.reservation_number(nextval('ticket_schema.reservation_number_seq')),
                       (SELECT sum(price) FROM locked), (SELECT count(*) FROM locked), ready.until
                FROM ready
                WHERE ready.ok AND ticket_schema.must(
                    NOT ready.ok OR (SELECT count(*) FROM moved) + (SELECT count(*) FROM claimed) = cardinality($2::uuid[])
                    AND (SELECT count(*) FROM claimed) = (SELECT count(*) FROM changed WHERE fresh))
                RETURNING *, ticket_schema.reservation_fact(reservations) AS fact
            ), itemised AS (
                INSERT INTO ticket_schema.reservation_items (reservation_id, seat_id, price)
                SELECT booked.id, locked.id, locked.price FROM locked, booked
                RETURNING seat_id
            ), recorded AS (
                INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'reservation', fact FROM booked
            ), bumped AS (
                UPDATE ticket_schema.event_counters SET version = version + 1, revision = revision + 1
                WHERE event_id = (SELECT event_id FROM booked)
                  AND (SELECT count(*) FROM claimed) > 0 AND (SELECT count(*) FROM itemised) > 0
                RETURNING event_id, version, revision
            ), logged AS (
                INSERT INTO ticket_schema.seat_changes (event_id, version, seat_ids)
                SELECT event_id, version, ARRAY(SELECT seat_id FROM claimed) FROM bumped
            )
            SELECT \(outcome),
                   \(ReservationSQL.own(of: "booked")), booked.status, booked.cancel_reason,
                   (SELECT title FROM target) AS event_title, (SELECT event_date FROM target) AS event_date,
                   (SELECT venue FROM target) AS venue,
                   (SELECT json_agg(json_build_object('seatId', id, 'seatLabel', seat_label, 'price', trim_scale(price))
                                    ORDER BY section, row_number, seat_number) FROM locked) AS seats
            FROM verdict, ready LEFT JOIN booked ON true LEFT JOIN bumped ON true
            """

    private static let outcome = """
        CASE WHEN verdict.code = 'ok' AND NOT ready.ok THEN 'unavailable' ELSE verdict.code END AS code,
               (SELECT id FROM target) AS event_id, (SELECT hold_seconds FROM target) AS hold_seconds, bumped.version, bumped.revision,
               ARRAY(SELECT seat_id FROM claimed) AS fresh,
               CASE WHEN verdict.code = 'ok' AND NOT ready.ok
                    THEN ARRAY(SELECT id FROM unnest($2::uuid[]) AS id EXCEPT SELECT id FROM locked)
                    ELSE ARRAY(SELECT id FROM wanted WHERE state = 'taken') END AS unavailable
        """

    private static let take = """
        WITH \(VerdictSQL.judged(own: .held, columns: ", e.title, e.event_date, e.venue")), locked AS MATERIALIZED (
            SELECT s.id, s.event_id, s.status = 'available' AS fresh, s.hold_expires_at, s.price, s.seat_label,
                   s.section, s.row_number, s.seat_number
            FROM ticket_schema.seats s
            WHERE s.id = ANY ($2::uuid[]) AND (SELECT code FROM verdict) = 'ok'
              AND (s.status = 'available' OR (
                  s.status = 'locked' AND s.hold_expires_at > now() AND s.reserved_by = ($1::uuid[])[1] AND s.reservation_id IS NULL))
            ORDER BY s.id
            FOR UPDATE
        ), slots AS MATERIALIZED (
            SELECT g AS slot, row_number() OVER (ORDER BY g) AS place
            FROM generate_series(1, $5::bigint) AS g
            WHERE g <> ALL ((SELECT v.slots FROM verdict v)::bigint[])
        ), ready AS MATERIALIZED (
            SELECT count(*) = cardinality($2::uuid[]) AND count(*) FILTER (WHERE fresh) <= (SELECT count(*) FROM slots) AS ok,
                   least(min(hold_expires_at), now() + (SELECT hold_seconds FROM target) * interval '1 second') AS until
            FROM locked
        ), changed AS (
            UPDATE ticket_schema.seats s
            SET status = 'locked', reserved_by = ($1::uuid[])[1], reserved_at = coalesce(s.reserved_at, now()),
                hold_expires_at = ready.until, reservation_id = $7::uuid
            FROM locked l, ready
            WHERE ready.ok AND s.id = l.id
            RETURNING s.id, s.event_id, l.fresh
        ), claimed AS (
            INSERT INTO ticket_schema.seat_claims (seat_id, event_id, user_id, slot, expires_at)
            SELECT c.id, c.event_id, ($1::uuid[])[1], slots.slot, ready.until
            FROM (SELECT id, event_id, row_number() OVER (ORDER BY id) AS place FROM changed WHERE fresh) AS c
            JOIN slots ON slots.place = c.place, ready
            RETURNING seat_id
        )
        """

    /// Frees the caller's held seats of one event; `events` above one asks for another round. Parameters: $1 user, $2 seat ids.
    static let release = """
        WITH held AS MATERIALIZED (
            SELECT s.id, s.event_id FROM ticket_schema.seats s
            WHERE s.id = ANY ($2::uuid[]) AND s.status = 'locked' AND s.reserved_by = $1::uuid
              AND s.hold_expires_at > now() AND s.reservation_id IS NULL
        ), target AS MATERIALIZED (
            SELECT (array_agg(event_id ORDER BY event_id))[1] AS id, count(DISTINCT event_id) AS events FROM held
        ), locked AS MATERIALIZED (
            SELECT s.id, s.status FROM ticket_schema.seats s
            WHERE s.id IN (SELECT id FROM held WHERE event_id = (SELECT id FROM target))
              AND s.status = 'locked' AND s.reserved_by = $1::uuid AND s.hold_expires_at > now() AND s.reservation_id IS NULL
            ORDER BY s.id
            FOR UPDATE
        ), \(FreeSQL.seats()), \(FreeSQL.version(of: "(SELECT id FROM target)"))
        SELECT target.id AS event_id, target.events, \(FreeSQL.columns)
        FROM target LEFT JOIN bumped ON true
        """
}
