-- What is searched and what is searched for take one form: composed (NFC), case folded by Unicode's rules whatever the database's locale.
-- Upper case first, so that what has no single lower case (the German sharp s) meets its other spelling; the final sigma is the other one.
SET LOCAL lock_timeout = '3s';
CREATE FUNCTION ticket_schema.search_form(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN normalize(translate(lower(upper(normalize(given, NFC) COLLATE "und-x-icu") COLLATE "und-x-icu"), 'ς', 'σ'), NFC);

-- Rewrites the events, which are few, and keeps itself true whichever version writes.
ALTER TABLE ticket_schema.events ADD COLUMN search_key text
    GENERATED ALWAYS AS (ticket_schema.search_form(title || ' ' || coalesce(artist_name, '') || ' ' || venue)) STORED;
CREATE INDEX events_search_key_idx ON ticket_schema.events USING gin (search_key public.gin_trgm_ops);
