-- Events, their seats, who has which seat, and reservations. The seats row decides who has a seat; seat_claims and
-- reservation_items repeat it under unique indexes, so that a mistake in a statement fails instead of selling a seat twice.
-- Every writer locks in one order: seats by id, claims, reservations, items, the event's counters last.

CREATE SCHEMA IF NOT EXISTS ticket_schema;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

CREATE TABLE ticket_schema.events (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title            text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    description      text CHECK (char_length(description) <= 20000),
    venue            text NOT NULL CHECK (char_length(venue) BETWEEN 1 AND 255),
    address          text CHECK (char_length(address) <= 500),
    event_date       timestamptz NOT NULL,
    sale_start_date  timestamptz NOT NULL,
    sale_end_date    timestamptz NOT NULL,
    poster_image_url text CHECK (char_length(poster_image_url) <= 2000),
    -- As last announced; what a reader is told is derived from the clock (ticket_schema.event_status). Only 'cancelled' decides by itself.
    status           text NOT NULL DEFAULT 'upcoming' CHECK (status IN ('upcoming', 'on_sale', 'sold_out', 'ended', 'cancelled')),
    seat_layout_id   uuid,
    artist_name      text CHECK (char_length(artist_name) <= 255),
    queue_enabled    boolean NOT NULL DEFAULT false,
    created_by       uuid,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    search_text      text GENERATED ALWAYS AS (lower(title || ' ' || coalesce(artist_name, '') || ' ' || venue)) STORED,
    CONSTRAINT events_sale_window CHECK (sale_start_date < sale_end_date)
);
CREATE INDEX events_order_idx ON ticket_schema.events (event_date, id);
CREATE INDEX events_sale_start_idx ON ticket_schema.events (sale_start_date);
CREATE INDEX events_sale_end_idx ON ticket_schema.events (sale_end_date);
CREATE INDEX events_search_idx ON ticket_schema.events USING gin (search_text public.gin_trgm_ops);

-- One small row per event, the last that a writer locks. `version` counts changes of the seats, `revision` every change that a
-- cached answer could show. `sold` is the number of seats whose status is reserved.
CREATE TABLE ticket_schema.event_counters (
    event_id uuid PRIMARY KEY REFERENCES ticket_schema.events (id) ON DELETE CASCADE,
    version  bigint NOT NULL DEFAULT 1,
    revision bigint NOT NULL DEFAULT 1,
    total    integer NOT NULL CHECK (total >= 0),
    sold     integer NOT NULL DEFAULT 0,
    CONSTRAINT event_counters_sold CHECK (sold BETWEEN 0 AND total)
) WITH (fillfactor = 20);

CREATE TABLE ticket_schema.ticket_types (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id    uuid NOT NULL REFERENCES ticket_schema.events (id) ON DELETE CASCADE,
    section     text NOT NULL CHECK (char_length(section) BETWEEN 1 AND 100),
    price       numeric(10, 2) NOT NULL CHECK (price >= 0),
    total_seats integer NOT NULL CHECK (total_seats > 0),
    description text,
    ordinal     integer NOT NULL DEFAULT 0,
    CONSTRAINT ticket_types_section_key UNIQUE (event_id, section, price)
);

-- status, reserved_by, hold_expires_at and reservation_id carry no index, so that a hold is a heap-only update.
CREATE TABLE ticket_schema.seats (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id        uuid NOT NULL REFERENCES ticket_schema.events (id),
    section         text NOT NULL CHECK (char_length(section) BETWEEN 1 AND 100),
    row_number      integer NOT NULL CHECK (row_number > 0),
    seat_number     integer NOT NULL CHECK (seat_number > 0),
    seat_label      text NOT NULL,
    price           numeric(10, 2) NOT NULL CHECK (price >= 0),
    status          text NOT NULL DEFAULT 'available',
    reserved_by     uuid,
    reserved_at     timestamptz,
    -- The end of a hold or of a pending reservation (of its payment lease, when that is later). A locked seat whose end has passed is free.
    hold_expires_at timestamptz,
    reservation_id  uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seats_place_key UNIQUE (event_id, section, row_number, seat_number),
    CONSTRAINT seats_state_is_legal CHECK ((
        CASE status
            WHEN 'available' THEN reserved_by IS NULL AND reserved_at IS NULL AND hold_expires_at IS NULL AND reservation_id IS NULL
            WHEN 'locked' THEN reserved_by IS NOT NULL AND reserved_at IS NOT NULL AND hold_expires_at IS NOT NULL
            WHEN 'reserved' THEN reserved_by IS NOT NULL AND reserved_at IS NOT NULL AND hold_expires_at IS NULL AND reservation_id IS NOT NULL
            ELSE false
        END
    ) IS TRUE)
) WITH (fillfactor = 80);

-- One row for each time somebody has a seat, from the hold to its end; a sold seat's row stays open. `slot` numbers a user's open
-- claims on one event from 1 to the cap: two requests of one user that race choose the same slot, and the second is refused by the index.
-- No foreign key: both rows it would check are locked or immutable when a claim is written.
CREATE TABLE ticket_schema.seat_claims (
    seat_id    uuid NOT NULL,
    event_id   uuid NOT NULL,
    user_id    uuid NOT NULL,
    slot       integer NOT NULL CHECK (slot > 0),
    held_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    ended_at   timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX seat_claims_one_open_per_seat ON ticket_schema.seat_claims (seat_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX seat_claims_one_open_per_slot ON ticket_schema.seat_claims (event_id, user_id, slot) WHERE ended_at IS NULL;
CREATE INDEX seat_claims_due_idx ON ticket_schema.seat_claims (expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX seat_claims_history_idx ON ticket_schema.seat_claims (seat_id, user_id) WHERE ended_at IS NOT NULL;
CREATE INDEX seat_claims_age_idx ON ticket_schema.seat_claims USING brin (held_at);

-- NOTE: no key to events: the check would lock the event's row for every sale. Items refer to seats, and seats to the event.
CREATE TABLE ticket_schema.reservations (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id             uuid NOT NULL,
    event_id            uuid NOT NULL,
    reservation_number  text NOT NULL CONSTRAINT reservations_number_key UNIQUE,
    total_amount        numeric(10, 2) NOT NULL CHECK (total_amount >= 0),
    seat_count          integer NOT NULL CHECK (seat_count > 0),
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'cancelled')),
    payment_status      text NOT NULL DEFAULT 'pending' CHECK (payment_status IN ('pending', 'completed', 'failed', 'refunded')),
    cancel_reason       text CHECK (cancel_reason IN ('user', 'expired', 'payment_failed', 'event_cancelled', 'admin')),
    expires_at          timestamptz NOT NULL,
    -- The payment's lease: until then no clock, cancel or other order ends the reservation. It stays set after it ran out.
    paying_until        timestamptz,
    paying_order_id     text,
    payment_id          text,
    -- A refund asked for and not yet answered; the refund job repeats the question until it is.
    refund_requested_at timestamptz,
    refund_reason       text CHECK (refund_reason IN ('user', 'event_cancelled', 'admin')),
    refund_attempted_at timestamptz,
    confirmed_at        timestamptz,
    cancelled_at        timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservations_state_is_legal CHECK ((
        CASE status
            WHEN 'pending' THEN payment_status = 'pending' AND cancel_reason IS NULL AND confirmed_at IS NULL
            WHEN 'confirmed' THEN payment_status = 'completed' AND cancel_reason IS NULL AND confirmed_at IS NOT NULL
            WHEN 'cancelled' THEN payment_status <> 'completed' AND cancel_reason IS NOT NULL AND cancelled_at IS NOT NULL
        END
    ) IS TRUE)
) WITH (fillfactor = 80);
-- Never a hot row, never reset: the day in the number is for people, the sequence makes it unique.
CREATE SEQUENCE ticket_schema.reservation_number_seq;
CREATE INDEX reservations_by_user_idx ON ticket_schema.reservations (user_id, created_at DESC, id);
CREATE INDEX reservations_by_event_idx ON ticket_schema.reservations (event_id, created_at DESC, id);
CREATE INDEX reservations_by_age_idx ON ticket_schema.reservations (created_at DESC, id);
CREATE INDEX reservations_refund_idx ON ticket_schema.reservations (refund_requested_at)
    WHERE status = 'confirmed' AND refund_requested_at IS NOT NULL;

CREATE TABLE ticket_schema.reservation_items (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    reservation_id uuid NOT NULL REFERENCES ticket_schema.reservations (id) ON DELETE CASCADE,
    seat_id        uuid NOT NULL REFERENCES ticket_schema.seats (id),
    price          numeric(10, 2) NOT NULL CHECK (price >= 0),
    -- False once the reservation is cancelled.
    active         boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservation_items_seat_key UNIQUE (reservation_id, seat_id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX reservation_items_one_active_per_seat ON ticket_schema.reservation_items (seat_id) WHERE active;
CREATE INDEX reservation_items_by_seat_idx ON ticket_schema.reservation_items (seat_id);

-- Which seats each version changed: one row for each version, so a client that missed some is told only those.
CREATE TABLE ticket_schema.seat_changes (
    event_id   uuid NOT NULL,
    version    bigint NOT NULL,
    seat_ids   uuid[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, version)
);
CREATE INDEX seat_changes_age_idx ON ticket_schema.seat_changes USING brin (created_at);

-- Who is let in to an event whose queue is on. The queue itself lives in Redis; a wiped Redis loses the order of those who wait, nobody's admission.
CREATE TABLE ticket_schema.queue_admissions (
    event_id    uuid NOT NULL,
    user_id     uuid NOT NULL,
    queue_id    uuid NOT NULL CONSTRAINT queue_admissions_queue_key UNIQUE,
    admitted_at timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (event_id, user_id)
);

-- The event's status at this moment: a late job never opens a sale late or closes one late.
CREATE FUNCTION ticket_schema.event_status(stored text, sale_start timestamptz, sale_end timestamptz, sold integer, total integer)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN stored = 'cancelled' THEN 'cancelled'
        WHEN now() >= sale_end THEN 'ended'
        WHEN now() < sale_start THEN 'upcoming'
        WHEN sold >= total AND total > 0 THEN 'sold_out'
        ELSE 'on_sale'
    END
$$;

-- TKT-YYYYMMDD-NNNNN, the day in Seoul, five digits or more.
CREATE FUNCTION ticket_schema.reservation_number(number bigint)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'TKT-' || to_char(now() AT TIME ZONE 'Asia/Seoul', 'YYYYMMDD') || '-' || lpad(number::text, greatest(5, length(number::text)), '0')
$$;

-- Ends a statement whose parts disagree, which happens when a row it needed appeared after its snapshot: nothing is written, and
-- 40001 asks the caller to run it again with a new one.
CREATE FUNCTION ticket_schema.must(agreed boolean) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF agreed IS NOT TRUE THEN
        RAISE EXCEPTION 'the seats changed under the statement' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN true;
END
$$;

GRANT USAGE ON SCHEMA ticket_schema TO tiketi_ticket;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ticket_schema TO tiketi_ticket;
GRANT USAGE ON SEQUENCE ticket_schema.reservation_number_seq TO tiketi_ticket;
