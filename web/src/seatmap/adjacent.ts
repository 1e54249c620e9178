// Seats together: the best n neighbours of a hall, and the nearest replacement for a seat that was lost. Pure functions.
import type { Geometry } from './geometry';
import { areNeighbours, type Hall } from './hall';
import { AVAILABLE } from './states';

export interface Wanted {
  count: number;
  /** Only these sections, or any. */
  section?: number;
  highestPrice?: number;
  lowestPrice?: number;
  /** Seats that must not be proposed though they are free. */
  except?: ReadonlySet<number>;
}

/** Seats that can be chosen, in one row, without a gap: [first, end). */
export function* freeRuns(hall: Hall, states: Uint8Array, wanted: Wanted): Generator<readonly [number, number]> {
  const isFree = (seat: number) => states[seat] === AVAILABLE && !wanted.except?.has(seat)
    && hall.prices[seat]! <= (wanted.highestPrice ?? Infinity) && hall.prices[seat]! >= (wanted.lowestPrice ?? 0);
  for (const row of hall.rows) {
    if (wanted.section !== undefined && row.section !== wanted.section) continue;
    let start = -1;
    for (let seat = row.first; seat < row.end; seat += 1) {
      const joins = start >= 0 && areNeighbours(hall, seat - 1, seat);
      if (start >= 0 && (!isFree(seat) || !joins)) {
        yield [start, seat];
        start = -1;
      }
      if (start < 0 && isFree(seat)) start = seat;
    }
    if (start >= 0) yield [start, row.end];
  }
}

/** The window of n neighbours with the least `cost` of its places; ties go to the earlier seat. Leaves no single seat alone where it can help it. */
function cheapestWindow(
  hall: Hall, states: Uint8Array, wanted: Wanted, cost: (seat: number) => number,
): number[] | undefined {
  let best: number | undefined;
  let least = Infinity;
  const n = wanted.count;
  for (const [first, end] of freeRuns(hall, states, wanted)) {
    for (let start = first; start + n <= end; start += 1) {
      let sum = 0;
      for (let seat = start; seat < start + n; seat += 1) sum += cost(seat);
      sum /= n;
      const before = start - first;
      const after = end - start - n;
      // A lone seat left beside the group is hard to sell: worth about two rows.
      if (before === 1) sum += 2;
      if (after === 1) sum += 2;
      if (sum < least) {
        least = sum;
        best = start;
      }
    }
  }
  return best === undefined ? undefined : Array.from({ length: n }, (_, index) => best! + index);
}

/** The best n seats beside each other: near the stage and its middle. Undefined when no row has so many. */
export function bestAdjacent(hall: Hall, geometry: Geometry, states: Uint8Array, wanted: Wanted): number[] | undefined {
  if (wanted.count < 1) return undefined;
  const middle = (geometry.stage.left + geometry.stage.right) / 2;
  return cheapestWindow(hall, states, wanted,
    (seat) => geometry.y[seat]! + geometry.bend * geometry.x[seat]! ** 2 + Math.abs(geometry.x[seat]! - middle) * 0.45);
}

export interface Together { seats: number[]; areAdjacent: boolean }

/** As `bestAdjacent`; where no row has so many, the n free seats closest to each other around the best free one. */
export function bestTogether(hall: Hall, geometry: Geometry, states: Uint8Array, wanted: Wanted): Together | undefined {
  const adjacent = bestAdjacent(hall, geometry, states, wanted);
  if (adjacent) return { seats: adjacent, areAdjacent: true };
  for (let part = wanted.count - 1; part >= 1; part -= 1) {
    const core = bestAdjacent(hall, geometry, states, { ...wanted, count: part });
    if (!core) continue;
    const rest = nearestFree(hall, geometry, states, core, wanted.count - part, wanted);
    return rest && { seats: [...core, ...rest].sort((a, b) => a - b), areAdjacent: false };
  }
  return undefined;
}

function nearestFree(
  hall: Hall, geometry: Geometry, states: Uint8Array, around: readonly number[], count: number, wanted: Wanted,
): number[] | undefined {
  const [x, y] = centre(geometry, around);
  const taken = new Set(around);
  const found: { seat: number; distance: number }[] = [];
  for (const [first, end] of freeRuns(hall, states, wanted)) {
    for (let seat = first; seat < end; seat += 1) {
      if (!taken.has(seat)) found.push({ seat, distance: (geometry.x[seat]! - x) ** 2 + (geometry.y[seat]! - y) ** 2 });
    }
  }
  if (found.length < count) return undefined;
  return found.sort((a, b) => a.distance - b.distance || a.seat - b.seat).slice(0, count).map(({ seat }) => seat);
}

function centre(geometry: Geometry, seats: readonly number[]): [number, number] {
  let x = 0;
  let y = 0;
  for (const seat of seats) {
    x += geometry.x[seat]!;
    y += geometry.y[seat]!;
  }
  return [x / seats.length, y / seats.length];
}

/**
 * What to offer when `lost` of a buyer's choice were taken by somebody else and `kept` are still theirs: as many seats at the same price,
 * beside those that are left when there is room there, else together and nearest to where they were.
 */
export function nearestAlternative(
  hall: Hall, geometry: Geometry, states: Uint8Array, lost: readonly number[], kept: readonly number[] = [],
): number[] | undefined {
  if (!lost.length) return undefined;
  const prices = lost.map((seat) => hall.prices[seat]!);
  const range = { lowestPrice: Math.min(...prices), highestPrice: Math.max(...prices) };
  const except = new Set([...kept, ...lost]);
  for (const wanted of [{ ...range, except }, { except }]) {
    const beside = besideKept(hall, states, { ...wanted, count: lost.length }, kept);
    if (beside) return beside;
    const [x, y] = centre(geometry, lost);
    const near = cheapestWindow(hall, states, { ...wanted, count: lost.length },
      (seat) => Math.hypot(geometry.x[seat]! - x, geometry.y[seat]! - y));
    if (near) return near;
    const apart = nearestFree(hall, geometry, states, lost, lost.length, { ...wanted, count: lost.length });
    if (apart) return apart.sort((a, b) => a - b);
  }
  return undefined;
}

function besideKept(hall: Hall, states: Uint8Array, wanted: Wanted, kept: readonly number[]): number[] | undefined {
  if (!kept.length) return undefined;
  const sorted = [...kept].sort((a, b) => a - b);
  const isOneGroup = sorted.every((seat, index) => index === 0 || areNeighbours(hall, sorted[index - 1]!, seat));
  if (!isOneGroup) return undefined;
  const low = sorted[0]!;
  const high = sorted[sorted.length - 1]!;
  for (const [first, end] of freeRuns(hall, states, wanted)) {
    if (end - first < wanted.count) continue;
    if (first === high + 1 && areNeighbours(hall, high, first)) return Array.from({ length: wanted.count }, (_, index) => first + index);
    if (end === low && areNeighbours(hall, end - 1, low)) return Array.from({ length: wanted.count }, (_, index) => end - wanted.count + index);
  }
  return undefined;
}
