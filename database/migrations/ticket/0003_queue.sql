-- What the waiting queue must not lose: who is admitted (0001), and the draw of each lobby. The order of those who wait lives in Redis.

-- One row for each event with a queue. Whoever holds the row's lock admits: a process that dies loses it with its connection.
-- The commitment is public before the draw, the seed after it.
CREATE TABLE ticket_schema.queue_events (
    event_id   uuid PRIMARY KEY,
    seed       bytea NOT NULL CHECK (length(seed) = 32),
    commitment text NOT NULL,
    drawn_at   timestamptz,
    -- The queue ids that were drawn, sorted; with the seed anyone can compute every place.
    entries    uuid[],
    -- The next batch is not admitted before.
    next_run   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT queue_events_draw CHECK ((drawn_at IS NULL) = (entries IS NULL))
);
CREATE INDEX queue_admissions_open_idx ON ticket_schema.queue_admissions (event_id, expires_at) WHERE ended_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_schema.queue_events TO tiketi_ticket;
