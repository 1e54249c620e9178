// The buyer's own reservations, newest first.
import { api } from './api.js';
import { el, tag, when, won } from './dom.js';

export async function myReservations({ query, go }) {
  const page = Number(query.get('page') ?? 1);
  const { reservations, pagination } = await api('GET', `/api/reservations/my?page=${page}&limit=20`);
  const error = el('p.error', { role: 'alert' });

  async function cancel(id, button) {
    if (!confirm('예매를 취소할까요?')) return;
    button.disabled = true;
    try {
      await api('PUT', `/api/reservations/${id}/cancel`);
      go(location.pathname + location.search);
    } catch (failure) {
      error.textContent = failure.message;
      button.disabled = false;
    }
  }

  return el('div', {}, el('h2', {}, '내 예매'), error,
    reservations.length ? null : el('p', {}, '예매 내역이 없습니다.'),
    el('ul.cards', {}, reservations.map((item) => el('li.card', {},
      el('h3', {}, item.event?.title ?? ''), tag(item.status),
      el('div.soft', {}, item.reservationNumber), el('div.soft', {}, when(item.event?.eventDate)),
      el('div', {}, (item.seats ?? []).map((seat) => seat.seatLabel).join(', '), ' · ', won(item.totalAmount)),
      item.status === 'pending' && new Date(item.expiresAt) > Date.now() && el('a.button', { href: `/payment?reservation=${item.id}` }, '결제하기'), ' ',
      item.status !== 'cancelled' && el('button.quiet', { onclick: ({ target }) => cancel(item.id, target) }, '취소')))),
    el('p', {}, page > 1 && el('a', { href: `/my-reservations?page=${page - 1}` }, '← 이전'), ' ',
      page < pagination.totalPages && el('a', { href: `/my-reservations?page=${page + 1}` }, '다음 →')));
}
