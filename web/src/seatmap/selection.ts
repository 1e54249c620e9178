// What a buyer has chosen: a set of seats in the order of choosing, with a limit that counts what they hold or bought already.

export type Choice = 'added' | 'removed' | 'full' | 'taken';

export class Selection {
  readonly #seats = new Set<number>();

  /** `limit` seats at most; `owned` of them are used up already. */
  constructor(public limit: number, public owned = 0) {}

  get seats(): number[] { return [...this.#seats]; }
  get size(): number { return this.#seats.size; }
  get room(): number { return Math.max(0, this.limit - this.owned - this.#seats.size); }
  has(seat: number): boolean { return this.#seats.has(seat); }

  toggle(seat: number, isFree: boolean): Choice {
    if (this.#seats.delete(seat)) return 'removed';
    if (!isFree) return 'taken';
    if (this.room === 0) return 'full';
    this.#seats.add(seat);
    return 'added';
  }

  /** False, and nothing changed, when they are too many. */
  replace(seats: Iterable<number>): boolean {
    const next = new Set(seats);
    if (next.size > Math.max(0, this.limit - this.owned)) return false;
    this.#seats.clear();
    for (const seat of next) this.#seats.add(seat);
    return true;
  }

  /** Takes out those that are not free any more and returns them. */
  drop(isLost: (seat: number) => boolean): number[] {
    const lost = this.seats.filter(isLost);
    for (const seat of lost) this.#seats.delete(seat);
    return lost;
  }
}
