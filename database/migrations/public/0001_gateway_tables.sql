-- What the gateway owns: seat layouts, search keywords, news and the audit trail of every admin write.
-- The login roles exist before this runs (tiketi migrate creates them); rights are given here, beside the tables.

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tiketi_gateway, tiketi_auth, tiketi_ticket, tiketi_payment, tiketi_stats;

CREATE TABLE public.seat_layouts (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    description   text CHECK (char_length(description) <= 2000),
    total_seats   integer NOT NULL CHECK (total_seats > 0),
    layout_config jsonb NOT NULL CHECK (jsonb_typeof(layout_config -> 'sections') = 'array'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seat_layouts_name_key UNIQUE (name)
);

CREATE TABLE public.keyword_mappings (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    korean      text NOT NULL CHECK (korean <> ''),
    english     text NOT NULL CHECK (english <> ''),
    entity_type text NOT NULL DEFAULT 'artist' CHECK (entity_type IN ('artist', 'venue', 'genre', 'city')),
    CONSTRAINT keyword_mappings_pair_key UNIQUE (korean, english)
);
-- A search looks a word up from either side, whatever its case.
CREATE INDEX keyword_mappings_korean_idx ON public.keyword_mappings (lower(korean));
CREATE INDEX keyword_mappings_english_idx ON public.keyword_mappings (lower(english));

CREATE TABLE public.news (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    content    text NOT NULL CHECK (content <> ''),
    author     text NOT NULL,
    author_id  uuid NOT NULL,
    views      bigint NOT NULL DEFAULT 0 CHECK (views >= 0),
    is_pinned  boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX news_order_idx ON public.news (is_pinned DESC, created_at DESC, id);

-- Who changed what, from where, before and after. A write that another service does is recorded before it is asked for (`started`) and
-- completed by its outcome, so that no write is without its record. The role may complete a row, never rewrite or delete one.
CREATE TABLE public.audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    actor_id    uuid NOT NULL,
    actor_email text NOT NULL,
    action      text NOT NULL,
    entity_type text NOT NULL,
    entity_id   text,
    outcome     text NOT NULL CHECK (outcome IN ('started', 'done', 'refused', 'unknown')),
    before      jsonb,
    after       jsonb,
    request_id  text NOT NULL,
    address     text NOT NULL
);
CREATE INDEX audit_log_at_idx ON public.audit_log (at DESC, id DESC);
CREATE INDEX audit_log_entity_idx ON public.audit_log (entity_type, entity_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON public.seat_layouts, public.keyword_mappings, public.news TO tiketi_gateway;
GRANT SELECT, INSERT, UPDATE (entity_id, outcome, before, after) ON public.audit_log TO tiketi_gateway;
GRANT SELECT ON public.keyword_mappings TO tiketi_ticket;
