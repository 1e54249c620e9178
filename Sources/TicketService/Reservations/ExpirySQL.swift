// The statements that end expired claims: each frees its seat and cancels its reservation, in one statement.

/// Expiry has one code path: the cleaner ends what is due, and a buyer who asks for such a seat ends its claim first.
enum ExpirySQL {
    /// Events with something due. No parameters.
    static let dueEvents = """
        SELECT c.event_id FROM ticket_schema.seat_claims c
        WHERE c.ended_at IS NULL AND c.expires_at <= now()
        GROUP BY c.event_id ORDER BY min(c.expires_at) LIMIT 100
        """

    /// How long until something is due; null when nothing is held. No parameters.
    static let nextDue = """
        SELECT extract(epoch FROM min(c.expires_at) - clock_timestamp())::float8 AS seconds
        FROM ticket_schema.seat_claims c WHERE c.ended_at IS NULL AND c.expires_at IS NOT NULL
        """

    /// The cleaner's: up to 500 due claims of one event, leaving alone what another instance is working on. Parameters: $1 event.
    static let event = expire(
        """
        SELECT c.seat_id FROM ticket_schema.seat_claims c
        WHERE c.event_id = $1::uuid AND c.ended_at IS NULL AND c.expires_at <= now() ORDER BY c.expires_at LIMIT 500
        """, skip: " SKIP LOCKED")

    /// A buyer's: what is due on these seats, and what is due of the buyer's own on this event. Parameters: $1 event, $2 seat ids, $3 user.
    static let wanted = expire(
        """
        SELECT c.seat_id FROM ticket_schema.seat_claims c
        WHERE c.event_id = $1::uuid AND c.seat_id = ANY ($2::uuid[]) AND c.ended_at IS NULL AND c.expires_at <= now()
        UNION
        SELECT c.seat_id FROM ticket_schema.seat_claims c
        WHERE c.event_id = $1::uuid AND c.user_id = $3::uuid AND c.ended_at IS NULL AND c.expires_at <= now()
        """, skip: "")

    /// Frees whole reservations: with one of its seats due, all are.
    private static func expire(_ due: String, skip: String) -> String {
        """
        WITH due AS MATERIALIZED (\(due)
        ), whole AS MATERIALIZED (
            SELECT seat_id FROM due
            UNION
            SELECT i.seat_id FROM ticket_schema.reservation_items i
            WHERE i.active AND i.reservation_id IN (
                SELECT s.reservation_id FROM ticket_schema.seats s JOIN due ON due.seat_id = s.id WHERE s.reservation_id IS NOT NULL)
        ), locked AS MATERIALIZED (
            SELECT s.id, s.status, s.reservation_id FROM ticket_schema.seats s
            WHERE s.id IN (SELECT seat_id FROM whole) AND s.status = 'locked' AND s.hold_expires_at <= now()
            ORDER BY s.id
            FOR UPDATE\(skip)
        ), \(FreeSQL.seats()), dropped AS (
            UPDATE ticket_schema.reservations r
            SET status = 'cancelled', cancel_reason = 'expired', cancelled_at = now(), updated_at = now()
            WHERE r.id IN (SELECT reservation_id FROM locked WHERE reservation_id IS NOT NULL)
              AND r.status = 'pending' AND (SELECT count(*) FROM ended) > 0
            RETURNING r.id, r.user_id, ticket_schema.reservation_fact(r) AS fact
        ), emptied AS (
            UPDATE ticket_schema.reservation_items i SET active = false
            WHERE i.active AND i.reservation_id IN (SELECT id FROM dropped)
            RETURNING i.reservation_id
        ), recorded AS (
            INSERT INTO ticket_schema.outbox (kind, payload) SELECT 'reservation', fact FROM dropped
        ), \(FreeSQL.version(of: "$1::uuid", after: ["emptied"]))
        SELECT \(FreeSQL.columns),
               ARRAY(SELECT id FROM dropped ORDER BY id) AS reservations, ARRAY(SELECT user_id FROM dropped ORDER BY id) AS users
        FROM (SELECT) AS one LEFT JOIN bumped ON true
        """
    }
}
