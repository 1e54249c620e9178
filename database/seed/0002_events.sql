-- Demo events: on sale, upcoming, with a waiting queue, ended. Seeding again moves their dates along with the calendar, so that the demo never
-- runs out of events on sale; seats, holds and sales stay as they are.
CREATE TEMPORARY TABLE demo ON COMMIT DROP AS
SELECT id::uuid, title, description, venue, address, artist, queue_enabled, layout,
       -- Whole hours; a moved event keeps its hour.
       date_trunc('hour', now()) + event_in AS event_date,
       date_trunc('hour', now()) + sale_start_in AS sale_start_date,
       date_trunc('hour', now()) + sale_end_in AS sale_end_date
FROM (VALUES
    ('e0000000-0000-4000-8000-000000000001', '2026 아이유 콘서트 〈The Golden Hour〉', '아이유의 단독 콘서트. 오렌지빛 태양 아래, 다시 한 번.',
     'KSPO DOME', '서울특별시 송파구 올림픽로 424', 'IU', false, '콘서트홀', interval '60 days', interval '-1 day', interval '59 days'),
    ('e0000000-0000-4000-8000-000000000002', 'BTS WORLD TOUR 〈ARIRANG〉 in Seoul', '일곱 명이 함께 돌아오는 무대. 접속이 몰려 대기열을 운영합니다.',
     '고척스카이돔', '서울특별시 구로구 경인로 430', 'BTS', true, '콘서트홀', interval '90 days', interval '-1 hour', interval '89 days'),
    ('e0000000-0000-4000-8000-000000000003', 'Coldplay: Music of the Spheres, Seoul', 'An evening of light wristbands, confetti and songs everyone knows.',
     'Goyang Stadium', '1601 Jungang-ro, Ilsanseo-gu, Goyang', 'Coldplay', true, '콘서트홀', interval '120 days', interval '3 days', interval '119 days'),
    ('e0000000-0000-4000-8000-000000000004', '뮤지컬 〈레베카〉', '대프니 듀 모리에의 소설이 원작인 뮤지컬.',
     '블루스퀘어 신한카드홀', '서울특별시 용산구 이태원로 294', NULL, false, '소극장', interval '30 days', interval '-7 days', interval '29 days'),
    ('e0000000-0000-4000-8000-000000000005', 'Jazz Night at Seoul Arts Center', 'A quartet, a small hall and two hours of standards.',
     '예술의전당', '2406 Nambusunhwan-ro, Seocho-gu, Seoul', 'Winterplay', false, '소극장', interval '14 days', interval '-2 days', interval '14 days'),
    ('e0000000-0000-4000-8000-000000000006', '뉴진스 팬미팅 〈Bunnies Camp〉', '팬클럽 선예매 없이 일반 예매만 진행합니다.',
     '잠실실내체육관', '서울특별시 송파구 올림픽로 25', 'NewJeans', false, '콘서트홀', interval '75 days', interval '10 days', interval '74 days'),
    ('e0000000-0000-4000-8000-000000000007', '성시경 〈축가〉 콘서트', '지난 공연입니다.',
     '연세대학교 노천극장', '서울특별시 서대문구 연세로 50', '성시경', false, '소극장', interval '-10 days', interval '-60 days', interval '-11 days')
) AS v (id, title, description, venue, address, artist, queue_enabled, layout, event_in, sale_start_in, sale_end_in);

CREATE TEMPORARY TABLE demo_sections ON COMMIT DROP AS
SELECT d.id AS event_id, l.id AS layout_id, s.ordinal, s.section ->> 'name' AS name, (s.section ->> 'rows')::int AS rows,
       (s.section ->> 'seatsPerRow')::int AS width, (s.section ->> 'price')::numeric(10, 2) AS price, (s.section ->> 'startRow')::int AS first
FROM demo d
JOIN public.seat_layouts l ON l.name = d.layout
CROSS JOIN LATERAL jsonb_array_elements(l.layout_config -> 'sections') WITH ORDINALITY AS s (section, ordinal);

CREATE TEMPORARY TABLE demo_new ON COMMIT DROP AS
SELECT id FROM demo WHERE id NOT IN (SELECT id FROM ticket_schema.events);

INSERT INTO ticket_schema.events AS e (id, title, description, venue, address, event_date, sale_start_date, sale_end_date, artist_name,
    queue_enabled, seat_layout_id, status)
SELECT d.id, d.title, d.description, d.venue, d.address, d.event_date, d.sale_start_date, d.sale_end_date, d.artist, d.queue_enabled,
       (SELECT l.id FROM public.seat_layouts l WHERE l.name = d.layout),
       ticket_schema.event_status('upcoming', d.sale_start_date, d.sale_end_date, 0, 1)
FROM demo d
-- Moved only when it has drifted by a day: seeding at every start of a development machine changes nothing.
ON CONFLICT (id) DO UPDATE
SET event_date = EXCLUDED.event_date, sale_start_date = EXCLUDED.sale_start_date, sale_end_date = EXCLUDED.sale_end_date, updated_at = now()
WHERE e.event_date < EXCLUDED.event_date - interval '1 day' AND e.status <> 'cancelled';

INSERT INTO ticket_schema.ticket_types (event_id, section, price, total_seats, ordinal)
SELECT event_id, name, price, sum(rows * width), min(ordinal) FROM demo_sections JOIN demo_new ON demo_new.id = event_id GROUP BY event_id, name, price;

INSERT INTO ticket_schema.seats (event_id, section, row_number, seat_number, seat_label, price)
SELECT s.event_id, s.name, r, n, s.name || '-' || r || '-' || n, s.price
FROM demo_sections s JOIN demo_new ON demo_new.id = s.event_id,
     generate_series(s.first, s.first + s.rows - 1) AS r, generate_series(1, s.width) AS n
ORDER BY s.event_id, s.ordinal, r, n;

INSERT INTO ticket_schema.event_counters (event_id, total)
SELECT event_id, sum(rows * width) FROM demo_sections JOIN demo_new ON demo_new.id = event_id GROUP BY event_id;

-- A moved event is a change that cached answers and other services must see.
UPDATE ticket_schema.event_counters c SET revision = c.revision + 1
FROM ticket_schema.events e
WHERE e.id = c.event_id AND e.id IN (SELECT id FROM demo EXCEPT SELECT id FROM demo_new) AND e.updated_at = now();

INSERT INTO ticket_schema.outbox (kind, payload)
SELECT 'event', ticket_schema.event_fact(e, c.total)
FROM ticket_schema.events e JOIN ticket_schema.event_counters c ON c.event_id = e.id
WHERE e.id IN (SELECT id FROM demo_new) OR (e.id IN (SELECT id FROM demo) AND e.updated_at = now())
ORDER BY e.event_date;
