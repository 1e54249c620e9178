-- What the dashboard shows, kept from the facts that ticket publishes. The ledgers hold the last known state of each event and
-- reservation; the rollups are sums over the ledgers, so that a fact applied twice, or a rebuild, gives the same numbers.

CREATE SCHEMA IF NOT EXISTS stats_schema;

-- How far each feed has been read. Whoever holds the row's lock is the one that reads on.
CREATE TABLE stats_schema.feeds (
    source     text PRIMARY KEY,
    last_id    bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO stats_schema.feeds (source) VALUES ('ticket') ON CONFLICT DO NOTHING;

CREATE TABLE stats_schema.events (
    id          uuid PRIMARY KEY,
    title       text NOT NULL,
    event_date  timestamptz,
    cancelled   boolean NOT NULL DEFAULT false,
    -- Kept as a row, so that a late fact about a deleted event does not bring it back.
    deleted     boolean NOT NULL DEFAULT false,
    total_seats integer NOT NULL DEFAULT 0,
    created_at  timestamptz
);

-- rank: pending 0, confirmed 1, cancelled 2, refunded 3. It only rises, in whatever order two transactions' facts arrive.
CREATE TABLE stats_schema.reservations (
    id                 uuid PRIMARY KEY,
    reservation_number text NOT NULL,
    user_id            uuid NOT NULL,
    event_id           uuid NOT NULL,
    seat_count         integer NOT NULL,
    total_amount       numeric(10, 2) NOT NULL,
    status             text NOT NULL,
    payment_status     text NOT NULL,
    rank               integer NOT NULL,
    created_at         timestamptz NOT NULL,
    confirmed_at       timestamptz,
    -- The day a sale counts on, and the day its refund is booked on, in Seoul.
    confirmed_day      date,
    refunded_day       date
);
CREATE INDEX reservations_by_event_idx ON stats_schema.reservations (event_id);
CREATE INDEX reservations_confirmed_day_idx ON stats_schema.reservations (confirmed_day) WHERE confirmed_day IS NOT NULL;
CREATE INDEX reservations_refunded_day_idx ON stats_schema.reservations (refunded_day) WHERE refunded_day IS NOT NULL;
CREATE INDEX reservations_recent_idx ON stats_schema.reservations (created_at DESC, id);

CREATE TABLE stats_schema.event_rollups (
    event_id        uuid PRIMARY KEY,
    reservations    integer NOT NULL,
    revenue         numeric(16, 2) NOT NULL,
    confirmed_seats integer NOT NULL,
    pending_seats   integer NOT NULL
);

CREATE TABLE stats_schema.day_rollups (
    day          date PRIMARY KEY,
    reservations integer NOT NULL,
    revenue      numeric(16, 2) NOT NULL
);

-- NULL given means every event.
CREATE FUNCTION stats_schema.refresh_events(changed uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM stats_schema.event_rollups WHERE changed IS NULL;
    INSERT INTO stats_schema.event_rollups AS rollup (event_id, reservations, revenue, confirmed_seats, pending_seats)
    SELECT event_id,
        count(*) FILTER (WHERE rank = 1),
        coalesce(sum(total_amount) FILTER (WHERE rank = 1), 0),
        coalesce(sum(seat_count) FILTER (WHERE rank = 1), 0),
        coalesce(sum(seat_count) FILTER (WHERE rank = 0), 0)
    FROM stats_schema.reservations
    WHERE changed IS NULL OR event_id = ANY (changed)
    GROUP BY event_id
    ON CONFLICT (event_id) DO UPDATE SET reservations = excluded.reservations, revenue = excluded.revenue,
        confirmed_seats = excluded.confirmed_seats, pending_seats = excluded.pending_seats;
$$;

-- A refund is booked on its own day; the day of the sale does not change. NULL given means every day.
CREATE FUNCTION stats_schema.refresh_days(changed date[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM stats_schema.day_rollups WHERE changed IS NULL;
    INSERT INTO stats_schema.day_rollups AS rollup (day, reservations, revenue)
    SELECT day, sum(count), sum(amount) FROM (
        SELECT confirmed_day AS day, count(*) AS count, sum(total_amount) AS amount
        FROM stats_schema.reservations
        WHERE confirmed_day IS NOT NULL AND (changed IS NULL OR confirmed_day = ANY (changed)) GROUP BY confirmed_day
        UNION ALL
        SELECT refunded_day, -count(*), -sum(total_amount)
        FROM stats_schema.reservations
        WHERE refunded_day IS NOT NULL AND (changed IS NULL OR refunded_day = ANY (changed)) GROUP BY refunded_day
    ) AS booked GROUP BY day
    ON CONFLICT (day) DO UPDATE SET reservations = excluded.reservations, revenue = excluded.revenue;
$$;

GRANT USAGE ON SCHEMA stats_schema TO tiketi_stats;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA stats_schema TO tiketi_stats;
