-- Sessions: one row for each sign-in; tokens name it. Ending a session, or raising the user's generation, ends every token made in it.

SET LOCAL lock_timeout = '3s';

ALTER TABLE auth_schema.users
    ADD COLUMN session_generation integer NOT NULL DEFAULT 0,
    ADD COLUMN language           text    NOT NULL DEFAULT 'ko' CONSTRAINT users_language CHECK (language IN ('ko', 'en')),
    -- RFC 6238: the shared secret, the one being set up, and the last time step that was used (a code works once).
    ADD COLUMN totp_secret        bytea,
    ADD COLUMN totp_pending       bytea,
    ADD COLUMN totp_last_step     bigint NOT NULL DEFAULT 0;

CREATE TABLE auth_schema.sessions (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          uuid NOT NULL REFERENCES auth_schema.users (id) ON DELETE CASCADE,
    -- The user's generation it belongs to: live only while the two are equal.
    generation       integer NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    -- When the password (or Google) was last shown; the session's longest life counts from here.
    authenticated_at timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    last_used_at     timestamptz NOT NULL DEFAULT now(),
    ended_at         timestamptz,
    -- Whether Redis knows of the end: until then a job tells it again.
    end_announced    boolean NOT NULL DEFAULT false,
    -- Whether a second factor was shown.
    second_factor    boolean NOT NULL DEFAULT false,
    device           text NOT NULL DEFAULT '' CHECK (char_length(device) <= 200)
);
CREATE INDEX sessions_user_idx ON auth_schema.sessions (user_id, last_used_at DESC);
CREATE INDEX sessions_unannounced_idx ON auth_schema.sessions (ended_at) WHERE ended_at IS NOT NULL AND NOT end_announced;
CREATE INDEX sessions_expiry_idx ON auth_schema.sessions (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON auth_schema.sessions TO tiketi_auth;

-- What every service may know: whose session it is, the role as it is now, and whether it is live. A user without sessions has one row.
CREATE VIEW public.account_sessions WITH (security_barrier) AS
    SELECT u.id AS user_id, u.role, s.id AS session_id,
           s.ended_at IS NULL AND s.expires_at > now() AND s.generation = u.session_generation AS live
    FROM auth_schema.users u LEFT JOIN auth_schema.sessions s ON s.user_id = u.id;

REVOKE ALL ON public.account_sessions FROM PUBLIC;
GRANT SELECT ON public.account_sessions TO tiketi_auth, tiketi_gateway, tiketi_ticket, tiketi_payment, tiketi_stats;

-- Mails and messages speak the account's language.
CREATE OR REPLACE VIEW public.users WITH (security_barrier) AS
    SELECT id, email, name, phone, role, created_at, updated_at, language
    FROM auth_schema.users;
