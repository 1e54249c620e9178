-- One payment key pays one order; doubt, calls to Toss and leases have bounds; orders of 0 won. The version before knows nothing of it: its
-- rows get their keys noted by a trigger, and the new columns work empty.
SET LOCAL lock_timeout = '3s';

-- Which order a payment key belongs to, for ever: a key that was refunded or refused pays nothing else.
CREATE TABLE payment_schema.payment_keys (
    payment_key text PRIMARY KEY CHECK (length(payment_key) BETWEEN 1 AND 200),
    order_id    text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON payment_schema.payment_keys TO tiketi_payment;

CREATE FUNCTION payment_schema.note_payment_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payment_schema.payment_keys (payment_key, order_id) VALUES (NEW.payment_key, NEW.order_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER payments_note_key AFTER UPDATE OF payment_key ON payment_schema.payments
    FOR EACH ROW WHEN (NEW.payment_key IS NOT NULL AND NEW.payment_key IS DISTINCT FROM OLD.payment_key)
    EXECUTE FUNCTION payment_schema.note_payment_key();

-- Where two orders already have one key, it is the one's that it paid, else the older's.
INSERT INTO payment_schema.payment_keys (payment_key, order_id)
SELECT DISTINCT ON (payment_key) payment_key, order_id FROM payment_schema.payments WHERE payment_key IS NOT NULL
ORDER BY payment_key, (approved_at IS NULL), created_at
ON CONFLICT DO NOTHING;

ALTER TABLE payment_schema.payments
    -- When the first confirm call began: from then on money may have been taken.
    ADD COLUMN first_call_at timestamptz,
    -- Requests to Toss about this order within the hour that began with the first of them.
    ADD COLUMN toss_calls integer NOT NULL DEFAULT 0,
    ADD COLUMN toss_calls_since timestamptz,
    -- An admin asked for an end now instead of at the limit.
    ADD COLUMN settle_asked_at timestamptz;

-- What costs nothing is an order too; it never sees Toss.
ALTER TABLE payment_schema.payments DROP CONSTRAINT payments_amount_check;
ALTER TABLE payment_schema.payments ADD CONSTRAINT payments_amount_check CHECK (amount >= 0) NOT VALID;
