// The last parts of every statement that gives seats back.

/// The last parts of every statement that gives seats back: from `locked (id, status)` to the event's new version.
enum FreeSQL {
    /// `freed (id, status before)` and `ended`, the claims with them.
    static func seats(when guarded: String = "true") -> String {
        """
        freed AS (
            UPDATE ticket_schema.seats s
            SET status = 'available', reserved_by = NULL, reserved_at = NULL, hold_expires_at = NULL, reservation_id = NULL
            FROM locked l
            WHERE s.id = l.id AND \(guarded)
            RETURNING s.id, l.status
        ), ended AS (
            UPDATE ticket_schema.seat_claims c SET ended_at = least(coalesce(c.expires_at, now()), now())
            WHERE c.seat_id IN (SELECT id FROM freed) AND c.ended_at IS NULL
            RETURNING c.seat_id
        )
        """
    }

    /// `bumped`, after everything named in `after`, and `logged`.
    static func version(of event: String, after: [String] = []) -> String {
        let order = after.map { " AND (SELECT count(*) FROM \($0)) >= 0" }.joined()
        return """
            bumped AS (
                UPDATE ticket_schema.event_counters
                SET version = version + 1, revision = revision + 1, sold = sold - (SELECT count(*) FROM freed WHERE status = 'reserved')
                WHERE event_id = \(event) AND (SELECT count(*) FROM freed) > 0\(order)
                  AND ticket_schema.must((SELECT count(*) FROM ended) = (SELECT count(*) FROM freed))
                RETURNING event_id, version, revision, sold, total
            ), logged AS (
                INSERT INTO ticket_schema.seat_changes (event_id, version, seat_ids)
                SELECT event_id, version, ARRAY(SELECT id FROM freed) FROM bumped
            )
            """
    }

    static let columns = """
        bumped.version, bumped.revision, ARRAY(SELECT id FROM freed) AS freed,
               (SELECT count(*) FROM freed WHERE status = 'reserved') AS unsold, bumped.sold, bumped.total
        """
}
