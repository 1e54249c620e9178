// A page with nothing but the seat map of a hall of 50,000 seats, for the measurement by measure.py.
import { createRoot } from 'react-dom/client';
import { makeHall, SeatMap, type SeatMapHandle } from '../src/seatmap';
import { chooseLanguage } from '../src/i18n/language';

declare global {
  interface Window { bench: { handle: SeatMapHandle | null; painted: number; made: number; pulse(count: number): void } }
}

const sections = Number(new URLSearchParams(location.search).get('sections') ?? 25);
const seats = Number(new URLSearchParams(location.search).get('seats') ?? 50_000);
const columns = 50;
const rows = Math.round(seats / sections / columns);

chooseLanguage('ko');
const began = performance.now();
const hall = makeHall(Array.from({ length: sections }, (_, section) => ({
  name: `${String.fromCharCode(65 + (section % 26))}구역`,
  rows: Array.from({ length: rows }, (_, row) => ({
    label: String(row + 1),
    seats: Array.from({ length: columns }, (_, seat) => ({
      id: `${section}-${row}-${seat}`, number: String(seat + 1), price: 200_000 - 30_000 * Math.floor((section * 5) / sections),
    })),
  })),
})));
const states = new Uint8Array(hall.count);
for (let seat = 0; seat < hall.count; seat += 1) states[seat] = (seat * 2654435761) % 10 < 5 ? 0 : (seat * 40503) % 3;
const host = document.querySelector<HTMLElement>('#root')!;
let handle: SeatMapHandle | null = null;
window.bench = {
  get handle() { return handle; },
  made: performance.now() - began,
  painted: 0,
  pulse(count) { for (let index = 0; index < count; index += 1) handle?.change(Math.floor(Math.random() * hall.count), Math.floor(Math.random() * 3)); },
};
createRoot(host).render(<SeatMap ref={(one) => { handle = one; }} hall={hall} states={states} language="ko" />);
requestAnimationFrame(function look() {
  if (handle?.view) requestAnimationFrame(() => { window.bench.painted = performance.now() - began; });
  else requestAnimationFrame(look);
});
