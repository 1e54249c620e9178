// The states of an event's seats, followed live. Needs no browser: messages, answers and time come in from outside.
//
// A message shows at once, whatever is missing before it: every seat knows the version that it was last told of, so that an older answer
// cannot undo a newer message. The feed's own version rises only when all messages of the next version were seen; what is missing is asked
// for by `since` at a fixed short pace, because a growing pause would let the map fall behind under load.
import type { Hall } from '../seatmap/hall';
import { AVAILABLE, decodeStates, stateOf } from '../seatmap/states';
import type { Seat, SeatMapAnswer } from '../api/types';

export interface SeatMessage { seatId: string; eventId: string; version: number; count?: number; status?: string }

export interface FeedSource {
  /** What changed after a version; an answer without `since` is the whole map. */
  since: (version: number, signal: AbortSignal) => Promise<SeatMapAnswer | CompactAnswer>;
}

/** One character a seat, in the layout's order. */
export interface CompactAnswer { version: number; states: string }

export interface FeedEvents {
  /** Indices of seats that look different now. */
  onChange: (seats: readonly number[]) => void;
}

const pace = 300;
const calmPace = 20_000;

export class SeatFeed {
  readonly states: Uint8Array;
  version: number;
  readonly #told: Float64Array;
  /** Versions above ours of which some messages were seen. */
  readonly #partial = new Map<number, { count: number; seats: Set<string> }>();
  #latest: number;
  #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  /** Asked for while another question was on its way. */
  #isWanted = false;
  #failures = 0;

  constructor(readonly eventId: string, readonly hall: Hall, states: Uint8Array, version: number, readonly source: FeedSource, readonly events: FeedEvents) {
    this.states = states;
    this.version = version;
    this.#latest = version;
    this.#told = new Float64Array(hall.count).fill(version);
    this.#schedule(calmPace);
  }

  get isBehind(): boolean { return this.#latest > this.version; }

  message(message: SeatMessage, status: string): void {
    if (message.eventId !== this.eventId || message.version <= this.version) return;
    this.#latest = Math.max(this.#latest, message.version);
    const seat = this.hall.indexOf(message.seatId);
    if (seat !== undefined) this.#tell(seat, stateOf(status), message.version, true);
    let partial = this.#partial.get(message.version);
    if (!partial) this.#partial.set(message.version, (partial = { count: message.count ?? 1, seats: new Set() }));
    partial.seats.add(message.seatId);
    this.#advance();
    if (this.isBehind) this.#schedule(pace);
  }

  /** The room was entered, again perhaps: the server's version tells whether something was missed. */
  joined(version: number | undefined): void {
    if (version === undefined || version > this.version) { this.#latest = Math.max(this.#latest, version ?? 0); this.refresh(); }
  }

  /** Asks what changed, whatever is known. */
  refresh(): void {
    if (this.#isAsking) this.#isWanted = true;
    else void this.#ask();
  }

  /** Shows a state that no message has told of yet, such as that of the visitor's own change. */
  set(seat: number, state: number): void {
    if (this.states[seat] === state) return;
    this.states[seat] = state;
    this.events.onChange([seat]);
  }

  close(): void {
    this.#controller.abort();
    clearTimeout(this.#timer);
  }

  #tell(seat: number, state: number, version: number, isAlone: boolean): boolean {
    if (version < this.#told[seat]!) return false;
    this.#told[seat] = version;
    if (this.states[seat] === state) return false;
    this.states[seat] = state;
    if (isAlone) this.events.onChange([seat]);
    return true;
  }

  #advance(): void {
    for (;;) {
      const next = this.#partial.get(this.version + 1);
      if (!next || next.seats.size < next.count) return;
      this.version += 1;
      this.#partial.delete(this.version);
    }
  }

  #schedule(delay: number): void {
    if (this.#isAsking || this.#controller.signal.aborted) return;
    // A short wait that runs already is not put off by more messages.
    if (this.#timer !== undefined && delay < calmPace && this.#isShort) return;
    clearTimeout(this.#timer);
    this.#isShort = delay < calmPace;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isShort = false;
      // A message that was only late has come meanwhile.
      if (delay < calmPace && !this.isBehind) this.#schedule(calmPace);
      else void this.#ask();
    }, delay * (0.8 + Math.random() * 0.4));
  }

  #isShort = false;

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isShort = false;
    const { signal } = this.#controller;
    try {
      this.apply(await this.source.since(this.version, signal));
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      this.#isWanted = true;
    }
    this.#isAsking = false;
    if (signal.aborted) return;
    const isUrgent = this.isBehind || this.#isWanted;
    this.#schedule(!isUrgent ? calmPace : this.#failures === 0 ? pace : Math.min(1000 * this.#failures, 4000));
  }

  /** Takes an answer: the whole map, or what changed. */
  apply(answer: SeatMapAnswer | CompactAnswer): void {
    const changed: number[] = [];
    if ('states' in answer) {
      const states = decodeStates(answer.states, this.hall.count);
      for (let seat = 0; seat < states.length; seat += 1) if (this.#tell(seat, states[seat]!, answer.version, false)) changed.push(seat);
    } else {
      for (const { id, status } of answer.seats as readonly Seat[]) {
        const seat = this.hall.indexOf(id);
        if (seat !== undefined && this.#tell(seat, stateOf(status), answer.version, false)) changed.push(seat);
      }
    }
    if (answer.version > this.version) {
      this.version = answer.version;
      for (const version of [...this.#partial.keys()]) if (version <= this.version) this.#partial.delete(version);
      this.#advance();
    }
    this.#latest = Math.max(this.#latest, this.version);
    if (changed.length) this.events.onChange(changed);
  }

  freeCount(): number {
    let free = 0;
    for (const state of this.states) if (state === AVAILABLE) free += 1;
    return free;
  }
}
