-- News that are not published yet. Whoever says nothing publishes at once, as the version before does; of the rows before this one the day they were
-- made counts.
SET LOCAL lock_timeout = '3s';
ALTER TABLE public.news ADD COLUMN published_at timestamptz DEFAULT now();
UPDATE public.news SET published_at = created_at;

-- The order that the public reads in. The older index stays for the version before.
CREATE INDEX news_published_idx ON public.news (is_pinned DESC, published_at DESC, id) WHERE published_at IS NOT NULL;
