// The server's clock, as far as answers tell it. Countdowns and openings go by it: the visitor's own clock may be wrong by hours.
//
// An answer whose Date header says D was made between D and D + 1 s, and that lies between sending and receiving. Each answer narrows
// the offset a little (Marzullo's intersection); one that contradicts begins anew. Time runs by performance.now(), which nobody sets.

let low = -Infinity;
let high = Infinity;

const monotonic = (): number => performance.now();
/** Before the first answer the visitor's clock has to do. */
const fallback = Date.now() - monotonic();

/** Takes the server's time in [from, to) ms for some moment between `sent` and `received` (of performance.now()). */
export function learn(from: number, to: number, sent: number, received: number): void {
  const lowest = from - received;
  const highest = to - sent;
  if (lowest > high || highest < low) {
    low = lowest;
    high = highest;
    return;
  }
  low = Math.max(low, lowest);
  high = Math.min(high, highest);
}

/** Milliseconds since 1970 by the server's clock. */
export function serverNow(): number {
  const offset = Number.isFinite(low) && Number.isFinite(high) ? (low + high) / 2 : fallback;
  return offset + monotonic();
}

export const isClockKnown = (): boolean => Number.isFinite(low);

/** After a sleep performance.now() may have stood still: what was known is no longer good. */
export function forgetClock(): void {
  low = -Infinity;
  high = Infinity;
}

/** Milliseconds until a moment, never below 0. */
export const until = (time: string | number): number =>
  Math.max(0, (typeof time === 'number' ? time : Date.parse(time)) - serverNow());
