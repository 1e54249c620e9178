-- The daily comparison of our books with Toss's: which days were compared, and what was found.

CREATE TABLE payment_schema.comparisons (
    -- In Asia/Seoul, as Toss counts its days.
    day         date PRIMARY KEY,
    claimed_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    lines       integer NOT NULL DEFAULT 0,
    differences integer NOT NULL DEFAULT 0
);
CREATE INDEX payments_by_approval ON payment_schema.payments (approved_at) WHERE approved_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE ON payment_schema.comparisons TO tiketi_payment;
