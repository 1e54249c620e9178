// Finds seats by place: a grid of buckets filled by counting, so that a look-up touches a handful of seats however large the hall is.
import type { Box, Geometry } from './geometry';

const CELL = 2;

export class SeatIndex {
  readonly #columns: number;
  readonly #rows: number;
  readonly #left: number;
  readonly #top: number;
  /** Seats of cell c: `seats[start[c]..<start[c + 1]]`. */
  readonly #start: Uint32Array;
  readonly #seats: Uint32Array;

  constructor(private readonly geometry: Geometry) {
    const { bounds, x, y } = geometry;
    this.#left = bounds.left;
    this.#top = bounds.top;
    this.#columns = Math.max(1, Math.ceil((bounds.right - bounds.left) / CELL));
    this.#rows = Math.max(1, Math.ceil((bounds.bottom - bounds.top) / CELL));
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    for (let seat = 0; seat < x.length; seat += 1) this.#start[this.#cell(x[seat]!, y[seat]!) + 1]! += 1;
    for (let cell = 1; cell < this.#start.length; cell += 1) this.#start[cell]! += this.#start[cell - 1]!;
    const next = this.#start.slice();
    this.#seats = new Uint32Array(x.length);
    for (let seat = 0; seat < x.length; seat += 1) {
      const cell = this.#cell(x[seat]!, y[seat]!);
      this.#seats[next[cell]!] = seat;
      next[cell]! += 1;
    }
  }

  #column(x: number): number { return Math.min(this.#columns - 1, Math.max(0, Math.floor((x - this.#left) / CELL))); }
  #row(y: number): number { return Math.min(this.#rows - 1, Math.max(0, Math.floor((y - this.#top) / CELL))); }
  #cell(x: number, y: number): number { return this.#row(y) * this.#columns + this.#column(x); }

  /** Calls for each seat in the cells that the box touches: some may stand just outside of it. */
  visit(box: Box, each: (seat: number) => void): void {
    const right = this.#column(box.right);
    for (let row = this.#row(box.top), last = this.#row(box.bottom); row <= last; row += 1) {
      const from = this.#start[row * this.#columns + this.#column(box.left)]!;
      const to = this.#start[row * this.#columns + right + 1]!;
      for (let at = from; at < to; at += 1) each(this.#seats[at]!);
    }
  }

  /** How many `visit` would call, roughly free. */
  count(box: Box): number {
    let sum = 0;
    const left = this.#column(box.left);
    const right = this.#column(box.right);
    for (let row = this.#row(box.top), last = this.#row(box.bottom); row <= last; row += 1) {
      sum += this.#start[row * this.#columns + right + 1]! - this.#start[row * this.#columns + left]!;
    }
    return sum;
  }

  /** The seat nearest to a point, within `reach`, that `accepts` allows. */
  nearest(x: number, y: number, reach: number, accepts: (seat: number) => boolean = () => true): number | undefined {
    let best: number | undefined;
    let least = reach * reach;
    this.visit({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach }, (seat) => {
      const dx = this.geometry.x[seat]! - x;
      const dy = this.geometry.y[seat]! - y;
      const distance = dx * dx + dy * dy;
      if (distance <= least && accepts(seat)) {
        least = distance;
        best = seat;
      }
    });
    return best;
  }
}
