// The figures of a sale that is followed live: how many seats are free, held and sold, and how fast that changes.
import type { Hall } from '../../../seatmap';
import { AVAILABLE, LOCKED, RESERVED } from '../../../seatmap';

export interface Change { at: number; seat: number; from: number; to: number }
export interface Rates { holds: number; sales: number; releases: number }

const remembered = 5 * 60_000;

export class SaleFigures {
  free = 0;
  held = 0;
  sold = 0;
  /** Won, of sold seats. */
  revenue = 0;
  /** Of the last five minutes, oldest first. */
  readonly changes: Change[] = [];
  readonly #states: Uint8Array;

  constructor(private readonly hall: Hall, states: Uint8Array) {
    this.#states = states.slice();
    for (let seat = 0; seat < hall.count; seat += 1) this.#tally(seat, states[seat]!, 1);
  }

  change(seat: number, to: number, at: number): void {
    const from = this.#states[seat]!;
    if (from === to) return;
    this.#states[seat] = to;
    this.#tally(seat, from, -1);
    this.#tally(seat, to, 1);
    this.changes.push({ at, seat, from, to });
    while (this.changes.length > 20_000 || at - this.changes[0]!.at > remembered) this.changes.shift();
  }

  /** In the last minute. */
  rates(now: number): Rates {
    const of = (state: number): number => this.changes.filter(({ at, to }) => to === state && now - at < 60_000).length;
    return { holds: of(LOCKED), sales: of(RESERVED), releases: of(AVAILABLE) };
  }

  #tally(seat: number, state: number, by: number): void {
    if (state === AVAILABLE) this.free += by;
    else if (state === LOCKED) this.held += by;
    else {
      this.sold += by;
      this.revenue += by * this.hall.prices[seat]!;
    }
  }
}
