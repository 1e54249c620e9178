-- Answers already given to an Idempotency-Key, for 24 hours. A row without an answer is a request still running.
CREATE TABLE public.idempotency_keys (
    user_id      uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    request_hash bytea NOT NULL,
    status       integer,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.idempotency_keys TO tiketi_gateway;
