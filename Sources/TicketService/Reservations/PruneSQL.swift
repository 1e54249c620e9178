// The statements that delete old rows.

/// Deletes old rows, a bounded number at a time. The hold limit looks back two hours; a client that missed a day reloads the map.
enum PruneSQL {
    static let all = [
        """
        DELETE FROM ticket_schema.seat_claims WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ticket_schema.seat_claims
            WHERE held_at < now() - interval '1 day' AND ended_at < now() - interval '3 hours' LIMIT 5000))
        """,
        """
        DELETE FROM ticket_schema.seat_changes WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ticket_schema.seat_changes WHERE created_at < now() - interval '1 day' LIMIT 5000))
        """,
        """
        DELETE FROM ticket_schema.outbox WHERE id = ANY (ARRAY(
            SELECT id FROM ticket_schema.outbox WHERE created_at < now() - interval '30 days' ORDER BY id LIMIT 5000))
        """,
    ]
}
