// The seat map, live: a snapshot by REST, then messages by version; a gap in the versions fetches what changed since.
import { api, session } from './api.js';
import { clock, countdown, el, pause, won } from './dom.js';
import { Live } from './live.js';

export async function seatMap({ params: [eventId], go, signal }) {
  const path = `/api/seats/${encodeURIComponent(eventId)}`;
  const seats = new Map();
  const buttons = new Map();
  const chosen = new Set();
  let version = 0;
  let latest = 0; // the highest version that a message has named
  let partial = null; // messages of one version seen so far
  let held = null;

  const map = el('div.map', {});
  const info = el('span.grow', {});
  const error = el('p.error', { role: 'alert' });
  const hold = el('button', { onclick: takeHold }, '좌석 잡기');
  const release = el('button.quiet', { onclick: letGo }, '놓기');
  const pay = el('button', { onclick: reserve }, '결제하기');

  function paint(seat) {
    const button = buttons.get(seat.id);
    if (!button) return;
    const mine = held?.ids.has(seat.id);
    button.className = `seat ${mine ? 'mine' : seat.status}${chosen.has(seat.id) ? ' chosen' : ''}`;
    button.disabled = mine || seat.status !== 'available';
    if (seat.status !== 'available' && chosen.delete(seat.id)) paint(seat);
  }

  function summary() {
    const ids = held ? [...held.ids] : [...chosen];
    const total = ids.reduce((sum, id) => sum + Number(seats.get(id)?.price ?? 0), 0);
    if (!held) info.textContent = ids.length ? `${ids.map((id) => seats.get(id).seatLabel).join(', ')} · ${won(total)}` : '좌석을 골라 주세요.';
    hold.hidden = !!held;
    hold.disabled = !chosen.size;
    release.hidden = pay.hidden = !held;
  }

  function draw() {
    buttons.clear();
    const rows = new Map();
    for (const seat of seats.values()) {
      const key = `${seat.section}-${seat.rowNumber}`;
      if (!rows.has(key)) rows.set(key, []);
      rows.get(key).push(seat);
    }
    map.replaceChildren(el('div.stage', {}, '무대'), ...[...rows].map(([key, row]) => el('div.rowline', {},
      el('span', {}, key), row.sort((a, b) => a.seatNumber - b.seatNumber).map((seat) => {
        const button = el('button.seat', { type: 'button', 'data-id': seat.id, title: `${seat.seatLabel} ${won(seat.price)}`, 'aria-label': seat.seatLabel });
        buttons.set(seat.id, button);
        return button;
      }))));
    for (const seat of seats.values()) paint(seat);
  }

  async function snapshot() {
    // The whole map the first time, and when the service does not know any more what changed.
    const answer = await api('GET', version ? `${path}?since=${version}` : path);
    // Messages may have overtaken it.
    if (signal.aborted || answer.version < version) return;
    version = answer.version;
    partial = null;
    const first = seats.size === 0;
    for (const seat of answer.seats) seats.set(seat.id, seat);
    if (first) draw(); else for (const seat of answer.seats) paint(seat);
    summary();
  }

  // Asks until the map is as new as the newest message and the last call, and again after a failure: no later message may come to show the gap.
  let calls = 0;
  async function catchUp() {
    for (let delay = 250; !signal.aborted; delay = Math.min(delay * 2, 10000)) {
      const answered = calls;
      try {
        await snapshot();
        if (version >= latest && answered === calls) return;
      } catch { /* the next attempt may succeed */ }
      await pause(delay * (0.5 + Math.random()));
    }
  }

  let asking = null;
  const fill = () => { asking ??= catchUp().finally(() => { asking = null; }); };
  const refresh = () => { calls += 1; fill(); };

  // Each version comes in `count` messages; the next version may only begin when all of the last one were seen.
  function follow(message, status) {
    if (message.eventId !== eventId || message.version <= version) return;
    latest = Math.max(latest, message.version);
    if (message.version !== version + 1) return fill();
    if (partial?.version !== message.version) partial = { version: message.version, left: message.count ?? 1 };
    const seat = seats.get(message.seatId);
    if (seat) { seat.status = status; paint(seat); }
    partial.left -= 1;
    if (partial.left <= 0) { version = message.version; partial = null; }
    summary();
  }

  map.addEventListener('click', (event) => {
    const id = event.target.dataset?.id;
    if (!id || held) return;
    if (!chosen.delete(id)) chosen.add(id);
    paint(seats.get(id));
    summary();
  });

  async function attempt(action) {
    error.textContent = '';
    try { await action(); } catch (failure) {
      if (failure.code === 'QUEUE_REQUIRED') return go(`/events/${encodeURIComponent(eventId)}/queue`);
      error.textContent = failure.message;
      refresh();
    }
  }

  let stopClock = () => {};
  async function takeHold() {
    await attempt(async () => {
      const ids = [...chosen];
      const answer = await api('POST', '/api/seats/reserve', { seatIds: ids });
      held = { ids: new Set(ids), until: answer.expiresAt };
      chosen.clear();
      for (const id of ids) paint(seats.get(id));
      summary();
      stopClock = countdown(held.until, signal, (left) => {
        info.textContent = left ? `남은 시간 ${clock(left)}` : '시간이 지났습니다.';
        if (!left) { held = null; refresh(); summary(); }
      });
    });
  }

  async function letGo() {
    await attempt(async () => {
      const ids = [...held.ids];
      await api('POST', '/api/seats/release', { seatIds: ids });
      stopClock();
      held = null;
      for (const id of ids) paint(seats.get(id));
      refresh();
      summary();
    });
  }

  async function reserve() {
    await attempt(async () => {
      const { reservation } = await api('POST', '/api/reservations', { eventId, seatIds: [...held.ids] }, { idempotencyKey: crypto.randomUUID?.() });
      go(`/payment?reservation=${reservation.id}`);
    });
  }

  await snapshot();
  new Live(session.token, signal)
    .on('seat-reserved', (message) => follow(message, message.status ?? 'locked'))
    .on('seat-released', (message) => follow(message, 'available'))
    // The hub may have missed messages. Not all clients ask in the same moment.
    .on('resync', () => setTimeout(refresh, 2000 * Math.random()))
    .join('join-seat-selection', { eventId }, (answer) => { if (answer?.version !== version) refresh(); });

  return el('div', {}, map,
    el('div.legend', {}, ...[['var(--ok)', '선택 가능'], ['var(--mine)', '내 좌석'], ['#c9c9d6', '다른 사람이 선택 중'], ['#7d7d8c', '판매됨']]
      .map(([color, text]) => el('span', {}, el('i', { style: `background:${color}` }), text))),
    error, el('div.foot', {}, info, hold, release, pay));
}
