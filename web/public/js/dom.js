// Makes elements. Text is always text: nothing from the server is ever read as HTML.

export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

const time = new Intl.DateTimeFormat('ko-KR', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Seoul' });
export const when = (text) => (text ? time.format(new Date(text)) : '');
export const won = (amount) => `${Number(amount).toLocaleString('ko-KR')}원`;

export const STATUS = {
  upcoming: '오픈 예정', on_sale: '예매 중', sold_out: '매진', ended: '종료', cancelled: '취소됨', pending: '결제 대기', confirmed: '예매 완료',
};
export const tag = (status) => el(`span.tag.${status}`, {}, STATUS[status] ?? status);

// Calls `tick` with the seconds left, at once and every second, until zero or until the page is left.
export function countdown(until, signal, tick) {
  const step = () => {
    const left = Math.max(0, Math.ceil((new Date(until) - Date.now()) / 1000));
    tick(left);
    if (left === 0) stop();
  };
  const timer = setInterval(step, 1000);
  const stop = () => clearInterval(timer);
  signal.addEventListener('abort', stop);
  step();
  return stop;
}
export const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
