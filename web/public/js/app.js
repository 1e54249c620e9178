// The page's frame: which path shows what, and moving between them without a reload.
import { session } from './api.js';
import { el } from './dom.js';
import { eventList, eventDetail } from './events.js';
import { login, register } from './account.js';
import { waitingRoom } from './queue.js';
import { seatMap } from './seats.js';
import { payment } from './payment.js';
import { myReservations } from './reservations.js';

const routes = [
  [/^\/$/, eventList],
  [/^\/login$/, login],
  [/^\/register$/, register],
  [/^\/events\/([^/]+)$/, eventDetail],
  [/^\/events\/([^/]+)\/queue$/, waitingRoom, true],
  [/^\/events\/([^/]+)\/seats$/, seatMap, true],
  [/^\/payment$/, payment, true],
  [/^\/my-reservations$/, myReservations, true],
];

let left = new AbortController();

export function go(path) {
  history.pushState(null, '', path);
  render();
}

async function render() {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  drawNav();
  const page = document.getElementById('page');
  const [match, view, needsUser] = find(location.pathname);
  if (needsUser && !session.token) return go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  try {
    const content = await view({ params: match.slice(1), query: new URLSearchParams(location.search), go, signal });
    if (!signal.aborted) page.replaceChildren(content);
  } catch (error) {
    if (!signal.aborted) page.replaceChildren(el('p.error', { role: 'alert' }, error.message));
  }
}

function find(path) {
  for (const [pattern, view, needsUser] of routes) {
    const match = pattern.exec(path);
    if (match) return [match, view, needsUser];
  }
  return [[], async () => el('p', {}, '찾을 수 없는 페이지입니다. ', el('a', { href: '/' }, '처음으로')), false];
}

function drawNav() {
  const user = session.token && session.user;
  document.getElementById('nav').replaceChildren(...(user
    ? [el('a', { href: '/my-reservations' }, '내 예매'), el('span.soft', {}, `${user.name}님`),
       el('button.plain', { onclick: () => { session.end(); go('/'); } }, '로그아웃')]
    : [el('a', { href: '/login' }, '로그인'), el('a', { href: '/register' }, '회원가입')]));
}

addEventListener('popstate', render);
addEventListener('signed-out', () => go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`));
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(link.getAttribute('href'));
});
render();
