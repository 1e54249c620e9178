-- Accounts. A row without password_hash is a Google-only account and can never log in with a password.

CREATE SCHEMA IF NOT EXISTS auth_schema;

CREATE TABLE auth_schema.users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 255 AND email = lower(email)),
    password_hash text,
    google_sub    text,
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    phone         text CHECK (char_length(phone) <= 20),
    role          text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_google_sub_key UNIQUE (google_sub),
    CONSTRAINT users_can_sign_in CHECK (password_hash IS NOT NULL OR google_sub IS NOT NULL)
);
CREATE INDEX users_created_idx ON auth_schema.users (created_at DESC, id);

GRANT USAGE ON SCHEMA auth_schema TO tiketi_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON auth_schema.users TO tiketi_auth;
