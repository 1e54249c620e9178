-- Draws of before: a sale that was postponed after its draw has a new lobby with a new seed, and the old draw can still be checked.
CREATE TABLE ticket_schema.queue_draws (
    event_id   uuid NOT NULL,
    commitment text NOT NULL,
    seed       bytea NOT NULL,
    entries    uuid[] NOT NULL,
    drawn_at   timestamptz NOT NULL,
    PRIMARY KEY (event_id, drawn_at)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_schema.queue_draws TO tiketi_ticket;
