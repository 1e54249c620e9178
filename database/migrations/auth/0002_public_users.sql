-- The one look at accounts that other services get: no hash, no Google subject. It reads with its owner's rights.

CREATE VIEW public.users WITH (security_barrier) AS
    SELECT id, email, name, phone, role, created_at, updated_at
    FROM auth_schema.users;

REVOKE ALL ON public.users FROM PUBLIC;
GRANT SELECT ON public.users TO tiketi_gateway, tiketi_stats;
