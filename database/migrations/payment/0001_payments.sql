-- Orders, their history, and the feed that statistics follow. One row is one attempt to pay one reservation;
-- a row only moves forward through its phases, each step one guarded UPDATE.

CREATE SCHEMA IF NOT EXISTS payment_schema;

CREATE TABLE payment_schema.payments (
    id               uuid PRIMARY KEY,
    reservation_id   uuid NOT NULL,
    user_id          uuid NOT NULL,
    order_id         text NOT NULL UNIQUE CHECK (order_id ~ '^[A-Za-z0-9_-]{6,64}$'),
    payment_key      text CHECK (length(payment_key) BETWEEN 1 AND 200),
    amount           numeric(10, 2) NOT NULL CHECK (amount > 0),
    status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'cancelled', 'failed')),
    phase            text NOT NULL DEFAULT 'created' CHECK (phase IN ('created', 'confirming', 'approved', 'settling', 'done')),
    -- Why the payment is being settled, or was: decline (Toss refused), void (Toss took something that is not our price),
    -- late_refund (paid, seats gone), refund (asked for), external (cancelled at Toss by somebody else).
    settlement       text CHECK (settlement IN ('decline', 'void', 'late_refund', 'refund', 'external')),
    payment_method   text,
    approved_at      timestamptz,
    -- What refused it: Toss's own code, or ours (RESERVATION_EXPIRED, ABANDONED).
    provider_code    text,
    provider_message text,
    -- Confirm calls begun at Toss, and when the latest of unknown outcome began: a query that finds nothing proves nothing until 90 s
    -- later. A call that is definitely refused gives the time back to the one before it.
    calls            integer NOT NULL DEFAULT 0,
    last_call_at     timestamptz,
    previous_call_at timestamptz,
    -- Refund calls begun, and the number that stands in their Idempotency-Key.
    refund_calls     integer NOT NULL DEFAULT 0,
    refund_attempt   integer NOT NULL DEFAULT 1,
    refund_reason    text CHECK (length(refund_reason) <= 200),
    confirmed_at     timestamptz,
    refunded_at      timestamptz,
    -- Who carries the row on, and when another may take it over. Nobody has it when driver is null.
    driver           uuid,
    due_at           timestamptz NOT NULL DEFAULT now(),
    failures         integer NOT NULL DEFAULT 0,
    -- Set while an operator is needed.
    alarm            text,
    -- A webhook or an operator asked us to compare with Toss.
    recheck          boolean NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_state_is_legal CHECK ((
        CASE phase
            WHEN 'created' THEN status = 'pending' AND settlement IS NULL AND calls = 0
            WHEN 'confirming' THEN status = 'pending' AND settlement IS NULL AND payment_key IS NOT NULL
            WHEN 'approved' THEN status = 'pending' AND settlement IS NULL AND approved_at IS NOT NULL
            WHEN 'settling' THEN
                CASE settlement
                    WHEN 'decline' THEN status = 'failed'
                    WHEN 'void' THEN status = 'failed'
                    WHEN 'late_refund' THEN status = CASE WHEN refunded_at IS NULL THEN 'pending' ELSE 'cancelled' END
                    WHEN 'refund' THEN status = CASE WHEN refunded_at IS NULL THEN 'confirmed' ELSE 'cancelled' END
                    WHEN 'external' THEN status = 'cancelled' AND refunded_at IS NOT NULL
                    ELSE false
                END
            WHEN 'done' THEN
                CASE status
                    WHEN 'confirmed' THEN settlement IS NULL AND confirmed_at IS NOT NULL AND refunded_at IS NULL
                    WHEN 'failed' THEN settlement IS NULL OR settlement IN ('decline', 'void')
                    WHEN 'cancelled' THEN settlement IN ('late_refund', 'refund', 'external') AND refunded_at IS NOT NULL
                    ELSE false
                END
        END
    ) IS TRUE)
);

-- One living payment for a reservation: two orders can never be paid for the same seats.
CREATE UNIQUE INDEX payments_one_living_per_reservation ON payment_schema.payments (reservation_id) WHERE status IN ('pending', 'confirmed');
CREATE INDEX payments_by_reservation ON payment_schema.payments (reservation_id, created_at DESC);
CREATE INDEX payments_by_user ON payment_schema.payments (user_id, created_at DESC, id);
CREATE INDEX payments_by_key ON payment_schema.payments (payment_key) WHERE payment_key IS NOT NULL;
-- What the reconciler looks for; holds only unfinished work.
CREATE INDEX payments_due ON payment_schema.payments (due_at) WHERE phase IN ('confirming', 'approved', 'settling') OR recheck;
CREATE INDEX payments_open ON payment_schema.payments (created_at) WHERE phase = 'created';

-- Every step of every payment, for operators; never read by the saga.
CREATE TABLE payment_schema.history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payment_schema.payments (id),
    step       text NOT NULL,
    detail     jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX history_by_payment ON payment_schema.history (payment_id, id);

-- Facts for other services, written in the statement that makes them true. An id is the writing transaction's number and an
-- ordinal within it: with the feed's filter below, ids appear in rising order, so a reader's "id > last" never skips a late commit.
CREATE SEQUENCE payment_schema.outbox_ordinal MINVALUE 0 MAXVALUE 1023 CYCLE;
CREATE TABLE payment_schema.outbox (
    id         bigint PRIMARY KEY
               DEFAULT (pg_current_xact_id()::text::bigint << 10) | nextval('payment_schema.outbox_ordinal'),
    kind       text NOT NULL,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW payment_schema.outbox_feed AS
SELECT id, kind, payload, created_at
FROM payment_schema.outbox
WHERE id < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 10);

-- The source from which statistics can be recomputed.
CREATE VIEW payment_schema.stats_payments AS
SELECT id, reservation_id, user_id, order_id, amount, status, payment_method, approved_at, confirmed_at, refunded_at, created_at
FROM payment_schema.payments;

-- Webhooks already stored, by Toss's transmission id.
CREATE TABLE payment_schema.webhooks (
    transmission_id text PRIMARY KEY CHECK (length(transmission_id) <= 200),
    event_type      text NOT NULL,
    order_id        text,
    payment_key     text,
    received_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_by_age ON payment_schema.webhooks (received_at);

-- Answers already given to an Idempotency-Key, for 24 hours. A row without an answer is a request still running.
CREATE TABLE payment_schema.idempotency_keys (
    user_id      uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    request_hash bytea NOT NULL,
    status       integer,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON payment_schema.idempotency_keys (created_at);

GRANT USAGE ON SCHEMA payment_schema TO tiketi_payment, tiketi_stats;
GRANT SELECT, INSERT, UPDATE ON payment_schema.payments TO tiketi_payment;
GRANT SELECT, INSERT ON payment_schema.history TO tiketi_payment;
GRANT SELECT, INSERT, DELETE ON payment_schema.outbox TO tiketi_payment;
GRANT USAGE ON SEQUENCE payment_schema.outbox_ordinal TO tiketi_payment;
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_schema.webhooks, payment_schema.idempotency_keys TO tiketi_payment;
GRANT SELECT ON payment_schema.outbox_feed, payment_schema.stats_payments TO tiketi_payment, tiketi_stats;
