-- The language in which ticket writes live messages to a user (docs/specification.md §3). Nothing else of the account is in it.

CREATE VIEW public.account_languages WITH (security_barrier) AS
    SELECT id AS user_id, language FROM auth_schema.users;

REVOKE ALL ON public.account_languages FROM PUBLIC;
GRANT SELECT ON public.account_languages TO tiketi_ticket;
