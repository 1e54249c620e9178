// The waiting room: a place in the line, told live. The seat map opens as soon as the visitor is let in.
import { api, session } from './api.js';
import { el, pause, when } from './dom.js';
import { Live } from './live.js';

export async function waitingRoom({ params: [eventId], go, signal }) {
  const event = encodeURIComponent(eventId);
  const { event: detail } = await api('GET', `/api/events/${event}`);
  let place = await join();
  if (!place || enter(place)) return el('p', {}, '입장합니다.');

  const position = el('strong.position', {});
  const wait = el('p', {});
  const status = el('p.soft', { role: 'status' });

  // Redis may be away: the gate is closed then, and the line begins anew afterwards.
  async function join() {
    while (!signal.aborted) {
      try {
        return await api('POST', '/api/queue', { eventId });
      } catch (error) {
        if (![0, 429, 502, 503, 504].includes(error.status)) throw error;
        await pause(1000 + 4000 * Math.random());
      }
    }
    return null;
  }

  function enter({ status }) {
    if (status !== 'admitted' || signal.aborted) return false;
    go(`/events/${event}/seats`);
    return true;
  }

  function show() {
    const isLobby = place.status === 'lobby';
    position.textContent = isLobby ? '추첨 대기' : `${Number(place.position).toLocaleString('ko-KR')}번째`;
    wait.textContent = isLobby
      ? `${when(detail.saleStartDate)}에 무작위 추첨으로 순서가 정해집니다.`
      : `예상 대기 시간 약 ${Math.max(1, Math.ceil((place.estimatedWait ?? 0) / 60))}분`;
    status.textContent = '이 페이지를 열어 두세요. 순서가 되면 좌석 선택으로 넘어갑니다.';
  }

  // Where the visitor stands now; a place that is gone is asked for again.
  let asking = false;
  async function ask() {
    if (asking) return;
    asking = true;
    try {
      let now = await api('GET', `/api/queue/position/${place.queueId}`).catch((error) => (error.status === 404 ? null : place));
      if (!now || now.status === 'ended') now = await join();
      if (!now || enter(now)) return;
      const isOther = now.queueId !== place.queueId;
      place = now;
      if (isOther) follow();
      show();
    } catch (failure) { status.textContent = failure.message; } finally { asking = false; }
  }

  function follow() {
    const { queueId } = place;
    // What happened between the answer and the room is asked for once more.
    live.join('join-queue', { queueId }, () => { if (queueId === place.queueId) ask(); });
  }

  async function leave() {
    try {
      await api('DELETE', `/api/queue/${place.queueId}`);
      go(`/events/${event}`);
    } catch (failure) { status.textContent = failure.message; }
  }

  const live = new Live(session.token, signal)
    .on('queue-updated', (message) => {
      if (message.queueId !== place.queueId) return;
      place = { ...place, status: 'waiting', position: message.position, estimatedWait: message.estimatedWait };
      show();
    })
    .on('queue-admitted', (message) => { if (message.eventId === eventId) enter({ status: 'admitted' }); })
    .on('resync', () => setTimeout(ask, 2000 * Math.random()));
  follow();
  show();
  // A message may be lost with the hub and the connection at once.
  const timer = setInterval(ask, 30000);
  signal.addEventListener('abort', () => clearInterval(timer));

  return el('section.card.waiting', {},
    el('h2', {}, detail.title), el('p.soft', {}, '대기실'), position, wait, status,
    detail.queueCommitment && el('p.soft', {}, '추첨 검증값 ', el('code', {}, detail.queueCommitment)),
    el('button.quiet', { onclick: leave }, '대기열에서 나가기'));
}
