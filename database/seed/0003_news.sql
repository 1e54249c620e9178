-- A first page of news.
INSERT INTO public.news (id, title, content, author, author_id, is_pinned) VALUES
    ('f0000000-0000-4000-8000-000000000001', '티케티에 오신 것을 환영합니다',
     '좌석을 고르면 15분 동안 다른 사람이 살 수 없습니다. 그 안에 결제를 마쳐 주세요.', '티케티', 'd0000000-0000-4000-8000-000000000000', true),
    ('f0000000-0000-4000-8000-000000000002', 'How the waiting room works',
     'Popular events let people in by turns. Your place is kept when you reload the page; who joins before the opening takes part in a draw.',
     'Tiketi', 'd0000000-0000-4000-8000-000000000000', false)
ON CONFLICT (id) DO NOTHING;
