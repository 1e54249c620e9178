// Where the keyboard goes from a seat: along the row, to the nearest place of the next row, from section to section.
import type { Geometry } from './geometry';
import type { Hall } from './hall';
import { AVAILABLE } from './states';

export type Step = 'left' | 'right' | 'up' | 'down' | 'row-start' | 'row-end' | 'section-next' | 'section-previous' | 'free-left' | 'free-right';

const STEPS: Record<string, Step> = {
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'row-start', End: 'row-end',
  PageDown: 'section-next', PageUp: 'section-previous',
};

/** Shift with an arrow jumps to the next seat that is free. */
export function stepOf(key: string, shift: boolean): Step | undefined {
  if (shift && key === 'ArrowLeft') return 'free-left';
  if (shift && key === 'ArrowRight') return 'free-right';
  return STEPS[key];
}

/** The seat after a step; the same one at the end of the hall. */
export function stepFrom(hall: Hall, geometry: Geometry, states: Uint8Array, seat: number, step: Step): number {
  const row = hall.rows[hall.rowOf[seat]!]!;
  switch (step) {
    case 'left': return Math.max(row.first, seat - 1);
    case 'right': return Math.min(row.end - 1, seat + 1);
    case 'row-start': return row.first;
    case 'row-end': return row.end - 1;
    case 'up': return vertical(hall, geometry, seat, -1);
    case 'down': return vertical(hall, geometry, seat, 1);
    case 'section-next': return entry(hall, states, row.section + 1) ?? seat;
    case 'section-previous': return entry(hall, states, row.section - 1) ?? seat;
    case 'free-left': return free(states, seat, -1, 0, hall.count);
    case 'free-right': return free(states, seat, 1, 0, hall.count);
  }
}

/** Where the keyboard enters a section: its first free seat, else its first. */
export function entry(hall: Hall, states: Uint8Array, index: number): number | undefined {
  const section = hall.sections[index];
  if (!section || section.end === section.first) return undefined;
  for (let seat = section.first; seat < section.end; seat += 1) if (states[seat] === AVAILABLE) return seat;
  return section.first;
}

function free(states: Uint8Array, from: number, by: number, low: number, high: number): number {
  for (let seat = from + by; seat >= low && seat < high; seat += by) if (states[seat] === AVAILABLE) return seat;
  return from;
}

/** The nearest seat of the next row that lies in that direction: of the same section, or else of the section that stands there. */
function vertical(hall: Hall, geometry: Geometry, seat: number, by: 1 | -1): number {
  const row = hall.rows[hall.rowOf[seat]!]!;
  const next = hall.rows[row.index + by];
  if (next && next.section === row.section && next.end > next.first) return closest(geometry, seat, next.first, next.end).seat;
  const x = geometry.x[seat]!;
  const y = geometry.y[seat]!;
  let best = seat;
  let least = Infinity;
  for (const section of hall.sections) {
    if (section.index === row.section || section.end === section.first) continue;
    // Its row that faces where we come from.
    const facing = hall.rows[by > 0 ? section.firstRow : section.endRow - 1]!;
    if (facing.end === facing.first) continue;
    const found = closest(geometry, seat, facing.first, facing.end);
    const dy = (geometry.y[found.seat]! - y) * by;
    const dx = Math.abs(geometry.x[found.seat]! - x);
    if (dy <= 0.3) continue;
    const distance = dy + 2 * dx;
    if (distance < least) {
      least = distance;
      best = found.seat;
    }
  }
  return best;
}

function closest(geometry: Geometry, to: number, first: number, end: number): { seat: number; distance: number } {
  let best = { seat: first, distance: Infinity };
  for (let seat = first; seat < end; seat += 1) {
    const distance = Math.abs(geometry.x[seat]! - geometry.x[to]!);
    if (distance < best.distance) best = { seat, distance };
  }
  return best;
}
