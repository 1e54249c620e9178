-- Every state that an audit record ever had, in one chain: each link's hash covers the link before it, so that nothing in the middle can be changed, taken
-- out or put in without every later hash telling. `tiketi audit verify` computes it anew (docs/specification.md §3.8).
-- The links are written by triggers with the owner's rights: no role of a service can write one, and what the version before records is linked too.

CREATE TABLE public.audit_chain (
    seq       bigint PRIMARY KEY,
    record_id bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    document  text NOT NULL,
    -- sha256(the hash before it, at first 32 zero bytes || seq || line feed || document)
    hash      bytea NOT NULL
);
CREATE INDEX audit_chain_record_idx ON public.audit_chain (record_id, seq);

-- A record as text that is the same in every session: times as microseconds since 1970.
CREATE FUNCTION public.audit_document(record public.audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', record.id, 'at', (extract(epoch FROM record.at) * 1000000)::bigint, 'actorId', record.actor_id, 'actorEmail', record.actor_email,
        'action', record.action, 'entityType', record.entity_type, 'entityId', record.entity_id, 'outcome', record.outcome,
        'before', record.before, 'after', record.after, 'requestId', record.request_id, 'address', record.address)::text
$$;

CREATE FUNCTION public.audit_link(linked public.audit_log) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    last_seq  bigint;
    last_hash bytea;
    document  text := public.audit_document(linked);
BEGIN
    -- One link after the other; the next reads what this one has committed.
    PERFORM pg_advisory_xact_lock(7468696301);
    SELECT c.seq, c.hash INTO last_seq, last_hash FROM public.audit_chain c ORDER BY c.seq DESC LIMIT 1;
    last_seq := coalesce(last_seq, 0) + 1;
    INSERT INTO public.audit_chain (seq, record_id, document, hash)
    VALUES (last_seq, linked.id, document,
            sha256(coalesce(last_hash, decode(repeat('00', 32), 'hex')) || convert_to(last_seq || E'\n' || document, 'UTF8')));
END
$$;
REVOKE ALL ON FUNCTION public.audit_link(public.audit_log) FROM PUBLIC;

CREATE FUNCTION public.audit_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM public.audit_link(NEW);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION public.audit_linked() FROM PUBLIC;

CREATE FUNCTION public.audit_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to';
END
$$;

-- What was recorded before the chain began.
DO $$
DECLARE
    record public.audit_log;
BEGIN
    FOR record IN SELECT * FROM public.audit_log ORDER BY id LOOP
        PERFORM public.audit_link(record);
    END LOOP;
END
$$;

CREATE TRIGGER audit_log_linked AFTER INSERT OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.audit_linked();
CREATE TRIGGER audit_log_kept BEFORE DELETE OR TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.audit_kept();
CREATE TRIGGER audit_chain_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION public.audit_kept();

GRANT SELECT ON public.audit_chain TO tiketi_gateway;
