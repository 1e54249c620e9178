-- How payments end, from the feed that payment publishes: the ledger holds each payment's last known outcome, the rollup sums it up.

INSERT INTO stats_schema.feeds (source) VALUES ('payment') ON CONFLICT DO NOTHING;

-- rank: confirmed, failed and abandoned 1, given back 2. It only rises, in whatever order two transactions' facts arrive.
CREATE TABLE stats_schema.payments (
    id      uuid PRIMARY KEY,
    amount  numeric(10, 2) NOT NULL,
    outcome text NOT NULL,
    rank    integer NOT NULL
);

CREATE TABLE stats_schema.payment_rollups (
    outcome  text PRIMARY KEY,
    payments bigint NOT NULL,
    amount   numeric(16, 2) NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON stats_schema.payments, stats_schema.payment_rollups TO tiketi_stats;
