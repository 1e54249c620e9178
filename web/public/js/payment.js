// The stand-in for TossPayments' window: prepares the order, lets the tester choose what the card company says, confirms.
import { api } from './api.js';
import { clock, countdown, el, won } from './dom.js';

// Words of the payment simulator (docs/toss-simulator.md): they travel in the payment key.
const OUTCOMES = [['ok', '승인'], ['REJECT_CARD_COMPANY', '카드사 거절'], ['slow-5000', '늦은 승인 (5초)'], ['drop', '승인 후 응답 유실'], ['lost', '승인 전 연결 끊김']];

export async function payment({ query, signal }) {
  const id = query.get('reservation') ?? '';
  const { reservation } = await api('GET', `/api/reservations/${encodeURIComponent(id)}`);
  const result = el('div', { role: 'status' });
  const outcome = el('select', { 'aria-label': '결과' }, OUTCOMES.map(([value, text]) => el('option', { value }, text)));
  const left = el('p.soft', {});
  const button = el('button', { onclick: pay }, `${won(reservation.totalAmount)} 결제`);

  async function pay() {
    button.disabled = true;
    result.replaceChildren('결제를 확인하고 있습니다…');
    try {
      const amount = reservation.totalAmount;
      const { orderId } = await api('POST', '/api/payments/prepare', { reservationId: reservation.id, amount });
      const paymentKey = `sim.${outcome.value}.${orderId.slice(-12)}${Date.now()}`;
      const answer = await api('POST', '/api/payments/confirm', { paymentKey, orderId, amount });
      show(answer.payment.status === 'confirmed' ? '예매가 완료되었습니다.' : '결제 결과를 확인하는 중입니다. 좌석은 유지됩니다.');
    } catch (error) {
      show(error.message);
      button.disabled = error.code === 'PAYMENT_REJECTED' || error.code === 'RESERVATION_EXPIRED';
    }
  }

  function show(text) {
    result.replaceChildren(el('p', {}, text), el('a', { href: '/my-reservations' }, '내 예매 보기'));
  }

  if (reservation.status === 'pending') {
    countdown(reservation.expiresAt, signal, (seconds) => { left.textContent = seconds ? `남은 시간 ${clock(seconds)}` : '예매 시간이 지났습니다.'; });
  } else {
    button.disabled = true;
  }
  return el('section.card', {},
    el('h2', {}, '결제'), el('p.soft', {}, '개발용 결제창입니다. 실제 돈은 오가지 않습니다.'),
    el('p', {}, `예매번호 ${reservation.reservationNumber}`),
    el('ul', {}, (reservation.seats ?? []).map((seat) => el('li', {}, `${seat.seatLabel} ${won(seat.price)}`))),
    left, el('form.row', { onsubmit: (event) => event.preventDefault() }, outcome, button), result);
}
