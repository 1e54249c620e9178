// The list of events with search, and one event with its prices.
import { api } from './api.js';
import { el, tag, when, won } from './dom.js';

export async function eventList({ query, go }) {
  const page = Number(query.get('page') ?? 1);
  const search = query.get('search') ?? '';
  const status = query.get('status') ?? '';
  const ask = new URLSearchParams({ page, limit: 12 });
  if (search) ask.set('search', search);
  if (status) ask.set('status', status);
  const { data, pagination } = await api('GET', `/api/events?${ask}`);
  const form = el('form.row', {
    role: 'search',
    onsubmit: (event) => {
      event.preventDefault();
      const fields = new FormData(form);
      go(`/?${new URLSearchParams([...fields].filter(([, value]) => value))}`);
    },
  },
  el('input', { name: 'search', value: search, placeholder: '공연, 아티스트, 장소 검색', 'aria-label': '검색' }),
  el('select', { name: 'status', 'aria-label': '상태' },
    ...[['', '전체'], ['on_sale', '예매 중'], ['upcoming', '오픈 예정'], ['sold_out', '매진'], ['ended', '종료']]
      .map(([value, text]) => el('option', { value, selected: value === status }, text))),
  el('button', {}, '검색'));
  const to = (number) => { const next = new URLSearchParams(query); next.set('page', number); return `/?${next}`; };
  return el('div', {},
    form,
    data.length ? null : el('p', {}, '찾는 공연이 없습니다.'),
    el('ul.cards', {}, data.map((event) => el('li.card', {},
      el('h2', {}, el('a', { href: `/events/${event.id}` }, event.title)),
      el('div.soft', {}, [event.artistName, event.venue].filter(Boolean).join(' · ')),
      el('div.soft', {}, when(event.eventDate)), tag(event.status)))),
    el('p', {}, page > 1 && el('a', { href: to(page - 1) }, '← 이전'), ` ${page} / ${Math.max(1, pagination.totalPages)} `,
      page < pagination.totalPages && el('a', { href: to(page + 1) }, '다음 →')));
}

export async function eventDetail({ params: [id] }) {
  const { event } = await api('GET', `/api/events/${encodeURIComponent(id)}`);
  return el('article.card', {},
    el('h2', {}, event.title), tag(event.status),
    el('p.soft', {}, [event.artistName, event.venue, event.address].filter(Boolean).join(' · ')),
    el('p', {}, '공연 ', when(event.eventDate)),
    el('p.soft', {}, `예매 ${when(event.saleStartDate)} ~ ${when(event.saleEndDate)}`),
    event.description && el('p', {}, event.description),
    el('ul', {}, event.ticketTypes.map((type) =>
      el('li', {}, `${type.section} ${won(type.price)}, 남은 좌석 ${type.availableSeats} / ${type.totalSeats}`))),
    entrance(event));
}

// Where there is a queue the way to the seats leads through it, also before the sale: its lobby is drawn at the opening.
function entrance({ id, status, queueEnabled }) {
  if (queueEnabled && status === 'upcoming') return el('a.button', { href: `/events/${id}/queue` }, '대기실 입장');
  if (status !== 'on_sale' && status !== 'sold_out') return null;
  return el('a.button', { href: `/events/${id}/${queueEnabled && status === 'on_sale' ? 'queue' : 'seats'}` }, '좌석 선택');
}
