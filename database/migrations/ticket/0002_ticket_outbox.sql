-- Facts for other services, written in the transaction that makes them true, and the views that statistics are rebuilt from.

-- An id is the writing transaction's number and an ordinal within it. With the feed's filter ids appear in rising order, so that a
-- reader's "id > last" never skips a transaction that commits late. (A dump restored into a new cluster starts lower: rebuild then.)
CREATE SEQUENCE ticket_schema.outbox_ordinal MINVALUE 0 MAXVALUE 1048575 CYCLE;
CREATE TABLE ticket_schema.outbox (
    id         bigint PRIMARY KEY
               DEFAULT (pg_current_xact_id()::text::bigint << 20) | nextval('ticket_schema.outbox_ordinal'),
    kind       text NOT NULL,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- kind: event (created, changed or cancelled), event.deleted, reservation (created or changed). A payload is the whole state after the
-- change, shaped as a row of the rebuild views, so that applying one twice or out of turn with a rebuild does no harm.
CREATE VIEW ticket_schema.outbox_feed AS
SELECT id, kind, payload, created_at
FROM ticket_schema.outbox
WHERE id < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 20);

CREATE VIEW ticket_schema.stats_events AS
SELECT e.id, e.title, e.venue, e.event_date, e.status = 'cancelled' AS cancelled, c.total AS total_seats, e.created_at
FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id;

CREATE VIEW ticket_schema.stats_reservations AS
SELECT id, reservation_number, user_id, event_id, seat_count, total_amount, status, payment_status, cancel_reason,
       created_at, expires_at, confirmed_at, cancelled_at
FROM ticket_schema.reservations;

CREATE FUNCTION ticket_schema.reservation_fact(r ticket_schema.reservations)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'id', r.id, 'reservationNumber', r.reservation_number, 'userId', r.user_id, 'eventId', r.event_id, 'seatCount', r.seat_count,
        'totalAmount', r.total_amount, 'status', r.status, 'paymentStatus', r.payment_status, 'cancelReason', r.cancel_reason,
        'createdAt', r.created_at, 'expiresAt', r.expires_at, 'confirmedAt', r.confirmed_at, 'cancelledAt', r.cancelled_at)
$$;

CREATE FUNCTION ticket_schema.event_fact(e ticket_schema.events, total integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', e.id, 'title', e.title, 'venue', e.venue, 'eventDate', e.event_date, 'cancelled', e.status = 'cancelled',
        'totalSeats', total, 'createdAt', e.created_at)
$$;

-- Answers already given to an Idempotency-Key, for 24 hours. A row without an answer is a request still running.
CREATE TABLE ticket_schema.idempotency_keys (
    user_id      uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    request_hash bytea NOT NULL,
    status       integer,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON ticket_schema.idempotency_keys (created_at);

GRANT SELECT, INSERT, DELETE ON ticket_schema.outbox TO tiketi_ticket;
GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_schema.idempotency_keys TO tiketi_ticket;
GRANT USAGE ON SEQUENCE ticket_schema.outbox_ordinal TO tiketi_ticket;
GRANT USAGE ON SCHEMA ticket_schema TO tiketi_stats;
GRANT SELECT ON ticket_schema.outbox_feed, ticket_schema.stats_events, ticket_schema.stats_reservations TO tiketi_ticket, tiketi_stats;
