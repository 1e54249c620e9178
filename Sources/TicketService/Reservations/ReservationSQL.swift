// The statements on one reservation: its payment lease, its confirmation, its end, and reading it. All lock its seats first, then its row.

enum ReservationSQL {
    /// Takes or extends an order's payment lease: until then neither the clock nor a cancel ends the reservation.
    /// Parameters: $1 reservation, $2 user, $3 order, $4 amount, $5 seconds.
    static let paying = """
        WITH \(lockedSeats), \(lockedRow), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN r.user_id <> $2::uuid THEN 'not_found'
                WHEN r.status = 'confirmed' AND r.paying_order_id = $3::text THEN 'done'
                WHEN r.status <> 'pending' OR r.event_cancelled OR r.seats < r.seat_count THEN 'expired'
                WHEN r.total_amount <> $4::numeric THEN 'amount'
                WHEN r.ended_order_id = $3::text THEN 'expired'
                WHEN r.paying_order_id = $3::text THEN 'ok'
                WHEN r.paying_until > now() THEN 'paying'
                WHEN r.expires_at <= now() THEN 'expired'
                ELSE 'ok'
            END AS code
            FROM row r
        ), leased AS (
            UPDATE ticket_schema.reservations r
            SET paying_until = greatest(
                    now() + $5::bigint * interval '1 second', CASE WHEN r.paying_order_id = $3::text THEN r.paying_until END),
                paying_order_id = $3::text, updated_at = now()
            FROM verdict
            WHERE r.id = $1::uuid AND verdict.code = 'ok'
            RETURNING r.id, greatest(r.expires_at, r.paying_until) AS until
        ), kept AS (
            UPDATE ticket_schema.seats s SET hold_expires_at = leased.until FROM leased, locked l WHERE s.id = l.id RETURNING s.id
        ), prolonged AS (
            UPDATE ticket_schema.seat_claims c SET expires_at = leased.until
            FROM leased, locked l
            WHERE c.seat_id = l.id AND c.ended_at IS NULL
            RETURNING c.seat_id
        )
        SELECT coalesce((SELECT code FROM verdict), 'not_found') AS code,
               ticket_schema.must((SELECT count(*) FROM prolonged) = (SELECT count(*) FROM kept)) AS agreed
        """

    /// Ends an order's lease early: the reservation has its own end again, which may have passed. The order gets no other lease.
    /// Parameters: $1 reservation, $2 order.
    static let endLease = """
        WITH \(lockedSeats), \(lockedRow), ended AS (
            UPDATE ticket_schema.reservations r
            SET paying_until = least(r.paying_until, now()), ended_order_id = $2::text, updated_at = now()
            FROM row
            WHERE r.id = row.id AND row.status = 'pending' AND row.paying_order_id = $2::text
            RETURNING r.expires_at AS until
        ), kept AS (
            UPDATE ticket_schema.seats s SET hold_expires_at = ended.until FROM ended, locked l WHERE s.id = l.id RETURNING s.id
        ), shortened AS (
            UPDATE ticket_schema.seat_claims c SET expires_at = ended.until
            FROM ended, locked l
            WHERE c.seat_id = l.id AND c.ended_at IS NULL
            RETURNING c.seat_id
        )
        SELECT EXISTS (SELECT FROM row) AS found,
               ticket_schema.must((SELECT count(*) FROM shortened) = (SELECT count(*) FROM kept)) AS agreed
        """

    /// Makes a paid reservation final. Parameters: $1 reservation, $2 order, $3 payment, $4 amount.
    ///
    /// A late answer is welcome while the seats are still this reservation's and the order is the one that took the lease.
    static let confirm = """
        WITH \(lockedSeats), \(lockedRow), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN r.status = 'confirmed' AND r.paying_order_id = $2::text THEN 'done'
                WHEN r.status <> 'pending' OR r.event_cancelled OR r.seats < r.seat_count THEN 'expired'
                WHEN r.total_amount <> $4::numeric THEN 'amount'
                WHEN r.paying_order_id = $2::text THEN 'ok'
                WHEN r.paying_until > now() OR r.expires_at <= now() THEN 'expired'
                ELSE 'ok'
            END AS code
            FROM row r
        ), sold AS (
            UPDATE ticket_schema.seats s SET status = 'reserved', hold_expires_at = NULL
            FROM locked l, verdict
            WHERE s.id = l.id AND verdict.code = 'ok'
            RETURNING s.id
        ), claimed AS (
            UPDATE ticket_schema.seat_claims c SET expires_at = NULL
            WHERE c.seat_id IN (SELECT id FROM sold) AND c.ended_at IS NULL
            RETURNING c.seat_id
        ), confirmed AS (
            UPDATE ticket_schema.reservations r
            SET status = 'confirmed', payment_status = 'completed', confirmed_at = now(), updated_at = now(),
                paying_order_id = $2::text, payment_id = $3::text
            FROM verdict
            WHERE r.id = $1::uuid AND verdict.code = 'ok'
              AND ticket_schema.must(verdict.code <> 'ok' OR
                  ((SELECT count(*) FROM claimed) = r.seat_count AND (SELECT count(*) FROM sold) = r.seat_count))
            RETURNING r.event_id, r.user_id, ticket_schema.reservation_fact(r) AS fact
        ), left_queue AS (
            UPDATE ticket_schema.queue_admissions a SET ended_at = now()
            FROM confirmed
            WHERE a.event_id = confirmed.event_id AND a.user_id = confirmed.user_id AND a.ended_at IS NULL
            RETURNING a.event_id
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'reservation', fact FROM confirmed
        ), bumped AS (
            UPDATE ticket_schema.event_counters
            SET version = version + 1, revision = revision + 1, sold = sold + (SELECT count(*) FROM sold)
            WHERE event_id = (SELECT event_id FROM confirmed) AND (SELECT count(*) FROM left_queue) >= 0
            RETURNING event_id, version, revision, sold, total
        ), logged AS (
            INSERT INTO ticket_schema.seat_changes (event_id, version, seat_ids)
            SELECT event_id, version, ARRAY(SELECT id FROM sold) FROM bumped
        )
        SELECT coalesce((SELECT code FROM verdict), 'not_found') AS code, bumped.event_id, (SELECT user_id FROM confirmed) AS user_id,
               bumped.version, bumped.revision, bumped.sold, bumped.total, ARRAY(SELECT id FROM sold) AS seats
        FROM (SELECT) AS one LEFT JOIN bumped ON true
        """

    /// Ends a reservation and frees the seats that are still its own; seats sold on since are not touched.
    /// Parameters: $1 reservation, $2 the owner when an owner asks, else null, $3 why (user, admin, event_cancelled, payment_failed,
    /// refunded), $4 the order that asks, else null.
    static let close = """
        WITH \(lockedSeats), \(lockedRow), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN r.user_id <> $2::uuid THEN 'not_found'
                WHEN r.status = 'cancelled' THEN 'cancelled'
                WHEN $3::text = 'user' AND r.event_date <= now() THEN 'too_late'
                WHEN $3::text IN ('payment_failed', 'refunded') AND r.paying_order_id <> $4::text THEN 'other_order'
                WHEN $3::text = 'refunded' THEN 'ok'
                WHEN r.status = 'confirmed' THEN 'confirmed'
                WHEN $3::text <> 'payment_failed' AND r.paying_until > now() THEN 'paying'
                ELSE 'ok'
            END AS code
            FROM row r
        ), \(FreeSQL.seats(when: "(SELECT code FROM verdict) = 'ok'")), dropped AS (
            UPDATE ticket_schema.reservations r
            SET status = 'cancelled', cancelled_at = now(), updated_at = now(),
                payment_status =
                    CASE $3::text WHEN 'refunded' THEN 'refunded' WHEN 'payment_failed' THEN 'failed' ELSE r.payment_status END,
                cancel_reason = CASE
                    WHEN $3::text = 'refunded'
                    THEN CASE WHEN r.status = 'pending' THEN 'payment_failed' ELSE coalesce(r.refund_reason, 'admin') END
                    WHEN $3::text = 'user' AND greatest(r.expires_at, r.paying_until) <= now() THEN 'expired'
                    ELSE $3::text END
            FROM verdict
            WHERE r.id = $1::uuid AND verdict.code = 'ok' AND (SELECT count(*) FROM ended) >= 0
            RETURNING r.id, r.event_id, ticket_schema.reservation_fact(r) AS fact
        ), marked AS (
            UPDATE ticket_schema.reservations r SET payment_status = 'refunded', updated_at = now()
            FROM verdict
            WHERE r.id = $1::uuid AND verdict.code = 'cancelled' AND $3::text = 'refunded' AND r.payment_status <> 'refunded'
              AND coalesce(r.paying_order_id = $4::text, true)
            RETURNING ticket_schema.reservation_fact(r) AS fact
        ), emptied AS (
            UPDATE ticket_schema.reservation_items i SET active = false
            WHERE i.active AND i.reservation_id IN (SELECT id FROM dropped)
            RETURNING i.reservation_id
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload)
            SELECT 'reservation', fact FROM (SELECT fact FROM dropped UNION ALL SELECT fact FROM marked) AS facts
        ), \(FreeSQL.version(of: "(SELECT event_id FROM dropped)", after: ["emptied"]))
        SELECT coalesce((SELECT code FROM verdict), 'not_found') AS code, bumped.event_id, \(FreeSQL.columns)
        FROM (SELECT) AS one LEFT JOIN bumped ON true
        """

    /// Notes that a confirmed reservation is to be refunded, so that a crash cannot forget it. Parameters: $1 reservation, $2 reason.
    static let requestRefund = """
        UPDATE ticket_schema.reservations
        SET refund_requested_at = coalesce(refund_requested_at, now()), refund_reason = coalesce(refund_reason, $2::text),
            refund_attempted_at = now(), updated_at = now()
        WHERE id = $1::uuid AND status = 'confirmed'
        """

    /// Notes it for every sold reservation of a cancelled event. Parameters: $1 event.
    static let requestEventRefunds = """
        UPDATE ticket_schema.reservations
        SET refund_requested_at = coalesce(refund_requested_at, now()), refund_reason = coalesce(refund_reason, 'event_cancelled')
        WHERE event_id = $1::uuid AND status = 'confirmed' AND refund_requested_at IS NULL
        """

    /// Payment has it on its books: asked again only when nothing was heard for long. Parameters: $1 reservation.
    static let refundIsKnown = "UPDATE ticket_schema.reservations SET refund_known_at = now() WHERE id = $1::uuid AND status = 'confirmed'"

    /// Takes up to 20 open refunds that nobody tried in the last 30 seconds and payment did not promise in the last ten minutes; several
    /// instances never take the same. No parameters.
    static let takeRefunds = """
        UPDATE ticket_schema.reservations r SET refund_attempted_at = now()
        WHERE r.id IN (
            SELECT id FROM ticket_schema.reservations
            WHERE status = 'confirmed' AND refund_requested_at IS NOT NULL
              AND coalesce(refund_attempted_at < now() - interval '30 seconds', true)
              AND coalesce(refund_known_at < now() - interval '10 minutes', true)
            ORDER BY refund_requested_at LIMIT 20 FOR UPDATE SKIP LOCKED)
        RETURNING r.id, r.refund_reason
        """

    /// Pending reservations of cancelled events that no payment is working on. No parameters.
    static let strandedByCancelledEvents = """
        SELECT r.id FROM ticket_schema.reservations r
        WHERE r.status = 'pending' AND coalesce(r.paying_until <= now(), true)
          AND r.event_id IN (SELECT id FROM ticket_schema.events WHERE status = 'cancelled' AND updated_at > now() - interval '7 days')
        LIMIT 200
        """

    /// Sold reservations of cancelled events, whose refund nobody asked for yet. No parameters.
    static let unrefundedOfCancelledEvents = """
        UPDATE ticket_schema.reservations r SET refund_requested_at = now(), refund_reason = 'event_cancelled'
        WHERE r.status = 'confirmed' AND r.refund_requested_at IS NULL
          AND r.event_id IN (SELECT id FROM ticket_schema.events WHERE status = 'cancelled' AND updated_at > now() - interval '7 days')
        """

    /// One reservation. Parameters: $1 reservation.
    static let one = "SELECT \(columns) WHERE r.id = $1::uuid"

    /// A user's, newest first. Parameters: $1 user, $2 limit, $3 offset.
    static let mine = """
        SELECT \(columns) WHERE r.user_id = $1::uuid
        ORDER BY r.created_at DESC, r.id LIMIT $2::bigint OFFSET $3::bigint
        """

    static let countMine = "SELECT count(*) AS total FROM ticket_schema.reservations WHERE user_id = $1::uuid"

    /// For admins. Parameters: $1 status or null, $2 event or null, $3 search (number's start or title's part, as a pattern) or null,
    /// $4 user or null, $5 limit, $6 offset.
    static let all = """
        SELECT \(columns) WHERE \(filter)
        ORDER BY r.created_at DESC, r.id LIMIT $5::bigint OFFSET $6::bigint
        """

    static let countAll = """
        SELECT count(*) AS total FROM ticket_schema.reservations r JOIN ticket_schema.events e ON e.id = r.event_id WHERE \(filter)
        """

    private static let filter = """
        ($1::text IS NULL OR \(effectiveStatus) = $1::text) AND ($2::uuid IS NULL OR r.event_id = $2::uuid)
          AND ($3::text IS NULL OR r.reservation_number ILIKE $3::text OR e.search_key LIKE ticket_schema.search_form($3::text))
          AND ($4::uuid IS NULL OR r.user_id = $4::uuid)
        """

    /// A pending reservation whose time ran out has ended, whether or not the cleaner has been.
    private static let effectiveStatus = """
        (CASE WHEN r.status = 'pending' AND greatest(r.expires_at, r.paying_until) <= now() THEN 'cancelled' ELSE r.status END)
        """

    /// What every answer with a reservation shows of its row as it is written.
    static func own(of row: String) -> String {
        """
        \(row).id, \(row).user_id, \(row).reservation_number, trim_scale(\(row).total_amount)::text AS total_amount, \(row).payment_status,
               \(row).expires_at, \(row).confirmed_at, \(row).cancelled_at, \(row).created_at
        """
    }

    private static let columns = """
        \(own(of: "r")), r.event_id, \(effectiveStatus) AS status,
               CASE WHEN r.status = 'pending' AND \(effectiveStatus) = 'cancelled' THEN 'expired' ELSE r.cancel_reason END AS cancel_reason,
               e.title AS event_title, e.event_date, e.venue,
               (SELECT json_agg(json_build_object('seatId', i.seat_id, 'seatLabel', s.seat_label, 'price', trim_scale(i.price))
                                ORDER BY s.section, s.row_number, s.seat_number)
                FROM ticket_schema.reservation_items i JOIN ticket_schema.seats s ON s.id = i.seat_id
                WHERE i.reservation_id = r.id) AS seats
        FROM ticket_schema.reservations r JOIN ticket_schema.events e ON e.id = r.event_id
        """

    private static let lockedSeats = """
        locked AS MATERIALIZED (
            SELECT s.id, s.status FROM ticket_schema.seats s
            WHERE s.id IN (SELECT i.seat_id FROM ticket_schema.reservation_items i WHERE i.reservation_id = $1::uuid)
              AND s.reservation_id = $1::uuid
            ORDER BY s.id
            FOR UPDATE
        )
        """

    private static let lockedRow = """
        own_row AS MATERIALIZED (
            SELECT r.* FROM ticket_schema.reservations r
            WHERE r.id = $1::uuid AND (SELECT count(*) FROM locked) >= 0
            FOR UPDATE
        ), row AS MATERIALIZED (
            SELECT r.*, (SELECT count(*) FROM locked) AS seats, e.event_date, e.status = 'cancelled' AS event_cancelled
            FROM own_row r JOIN ticket_schema.events e ON e.id = r.event_id
        )
        """
}
