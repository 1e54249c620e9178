// The states of a seat as the server tells them, and as a byte a seat in the map's memory.

/** Somebody may choose it. */
export const AVAILABLE = 0;
/** Held by somebody, or in a reservation that is not paid yet. */
export const LOCKED = 1;
/** Sold. */
export const RESERVED = 2;

export type SeatState = typeof AVAILABLE | typeof LOCKED | typeof RESERVED;
export type SeatStatus = 'available' | 'locked' | 'reserved';

const BY_STATUS: Record<SeatStatus, SeatState> = { available: AVAILABLE, locked: LOCKED, reserved: RESERVED };
const STATUSES: readonly SeatStatus[] = ['available', 'locked', 'reserved'];

/** An unknown word counts as taken: a newer server may know states that this page does not, and nobody must choose such a seat. */
export function stateOf(status: string): SeatState {
  return BY_STATUS[status as SeatStatus] ?? RESERVED;
}

export function statusOf(state: number): SeatStatus {
  return STATUSES[state] ?? 'reserved';
}

/** One character a seat, in the layout's order (docs/specification.md §3.3). */
export function stateOfCharacter(code: number): SeatState {
  switch (code) {
    case 0x61: case 0x41: case 0x30: case 0x2e: return AVAILABLE; // a A 0 .
    case 0x6c: case 0x4c: case 0x31: return LOCKED; // l L 1
    default: return RESERVED;
  }
}

/** Bytes for `count` seats. A text of another length belongs to another revision of the layout. */
export function decodeStates(text: string, count: number): Uint8Array {
  if (text.length !== count) throw new RangeError(`states of ${text.length} seats for a hall of ${count}`);
  const states = new Uint8Array(count);
  for (let seat = 0; seat < count; seat += 1) states[seat] = stateOfCharacter(text.charCodeAt(seat));
  return states;
}

/** The seats that differ, so that a new snapshot repaints no more than what changed. */
export function differences(old: Uint8Array, now: Uint8Array): number[] {
  const changed: number[] = [];
  for (let seat = 0; seat < now.length; seat += 1) if (old[seat] !== now[seat]) changed.push(seat);
  return changed;
}
