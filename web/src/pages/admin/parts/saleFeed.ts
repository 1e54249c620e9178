// One event's seats, live: the snapshot, then messages by version, gaps mended at a fixed short pace. Keeps the figures of the sale.
import { api } from '../../../api/client';
import type { SeatMapAnswer, TicketType } from '../../../api/types';
import { follow, join } from '../../../live/live';
import { AVAILABLE, decodeSeats, type Hall, LOCKED, RESERVED, stateOf, VersionFollower } from '../../../seatmap';

export interface Change { at: number; seat: number; from: number; to: number }
export interface Rates { holds: number; sales: number; releases: number }

const window_ = 5 * 60_000;
const pace = 200;

export class SaleFeed {
  hall: Hall | undefined;
  states = new Uint8Array(0);
  readonly changes: Change[] = [];
  readonly counts = { free: 0, held: 0, sold: 0, revenue: 0 };
  /** Called for each seat that changed, and without one for a whole new map. */
  onChange: (seat?: number) => void = () => undefined;
  onError: (error: unknown) => void = () => undefined;
  readonly #versions = new VersionFollower();
  readonly #ends: (() => void)[] = [];
  readonly #controller = new AbortController();
  #mending = false;
  #asked = 0;

  constructor(private readonly eventId: string, private readonly order: readonly TicketType[]) {}

  start(): void {
    const heard = (seatId: string, state: number, message: { eventId: string; version: number; count: number }): void => {
      if (message.eventId !== this.eventId || !this.hall) return;
      const verdict = this.#versions.message(message);
      if (verdict === 'known') return;
      const seat = this.hall.indexOf(seatId);
      if (seat !== undefined) this.#set(seat, state);
      if (verdict === 'gap') void this.#mend();
    };
    this.#ends.push(
      follow('seat-reserved', (message) => heard(message.seatId, stateOf(message.status ?? 'locked'), message)),
      follow('seat-released', (message) => heard(message.seatId, AVAILABLE, message)),
      follow('resync', () => { this.#asked += 1; setTimeout(() => void this.#mend(), 1000 * Math.random()); }),
      join({
        join: 'join-seat-selection', leave: 'leave-seat-selection', payload: { eventId: this.eventId },
        onJoined: (answer) => { if (this.#versions.joined(answer.version)) { this.#asked += 1; void this.#mend(); } },
      }),
    );
    this.#asked += 1;
    void this.#mend();
  }

  stop(): void {
    this.#controller.abort();
    for (const end of this.#ends) end();
  }

  rates(now: number): Rates {
    const since = this.changes.filter(({ at }) => now - at < 60_000);
    return {
      holds: since.filter(({ to }) => to === LOCKED).length, sales: since.filter(({ to }) => to === RESERVED).length,
      releases: since.filter(({ to }) => to === AVAILABLE).length,
    };
  }

  #set(seat: number, state: number): void {
    const from = this.states[seat] ?? AVAILABLE;
    if (from === state || !this.hall) return;
    this.states[seat] = state;
    const tally = (of: number, by: number): void => {
      if (of === AVAILABLE) this.counts.free += by;
      else if (of === LOCKED) this.counts.held += by;
      else { this.counts.sold += by; this.counts.revenue += by * (this.hall?.prices[seat] ?? 0); }
    };
    tally(from, -1);
    tally(state, 1);
    const now = Date.now();
    this.changes.push({ at: now, seat, from, to: state });
    while (this.changes.length > 20_000 || (this.changes[0] && now - this.changes[0].at > window_)) this.changes.shift();
    this.onChange(seat);
  }

  /** Asks until nothing is missing any more. */
  async #mend(): Promise<void> {
    if (this.#mending) return;
    this.#mending = true;
    const { signal } = this.#controller;
    try {
      while (!signal.aborted) {
        const answered = this.#asked;
        try {
          await this.#snapshot(signal);
          if (!this.#versions.isBehind && this.#asked === answered) return;
        } catch (error) {
          if (signal.aborted) return;
          if (!this.hall) this.onError(error);
          await new Promise((resolve) => setTimeout(resolve, 2000));
        }
        await new Promise((resolve) => setTimeout(resolve, pace * (0.75 + Math.random() / 2)));
      }
    } finally {
      this.#mending = false;
    }
  }

  async #snapshot(signal: AbortSignal): Promise<void> {
    const answer = await api.get<SeatMapAnswer>(`/api/seats/${this.eventId}`, { signal, isShared: true, query: { since: this.hall ? this.#versions.version : null } });
    if (!this.#versions.snapshot(answer.version)) return;
    if (!this.hall) {
      const decoded = decodeSeats(answer.seats, this.order.map(({ section }) => section));
      this.hall = decoded.hall;
      this.states = decoded.states;
      decoded.states.forEach((state, seat) => {
        if (state === AVAILABLE) this.counts.free += 1;
        else if (state === LOCKED) this.counts.held += 1;
        else { this.counts.sold += 1; this.counts.revenue += decoded.hall.prices[seat] ?? 0; }
      });
      this.onChange();
      return;
    }
    for (const one of answer.seats) {
      const seat = this.hall.indexOf(one.id);
      if (seat !== undefined) this.#set(seat, stateOf(one.status));
    }
  }
}
