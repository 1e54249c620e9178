-- What outages and operators need: no webhook is forgotten, no lease lapses while Toss hangs, alarms and lists are found by an index.

ALTER TABLE payment_schema.payments
    -- Counts the webhooks about this payment: one that arrives while Toss is being asked asks for another look.
    ADD COLUMN hints integer NOT NULL DEFAULT 0,
    -- When ticket was last asked to keep the seats.
    ADD COLUMN leased_at timestamptz,
    -- Since when there is something left to do.
    ADD COLUMN unfinished_since timestamptz;

CREATE INDEX payments_alarmed ON payment_schema.payments (updated_at) WHERE alarm IS NOT NULL;
CREATE INDEX payments_by_age ON payment_schema.payments (created_at DESC, id);

-- With what refused it, which tells an order that nobody came to pay from one that was declined.
CREATE OR REPLACE VIEW payment_schema.stats_payments AS
SELECT id, reservation_id, user_id, order_id, amount, status, payment_method, approved_at, confirmed_at, refunded_at, created_at,
       provider_code
FROM payment_schema.payments;
