// Where each seat stands. One unit is the distance between two neighbours; the stage is at the top, y grows away from it.
import { areNeighbours, type Hall } from './hall';

export interface Box { left: number; top: number; right: number; bottom: number }

/** A section's outline: four corners whose upper and lower sides follow the curve of the rows. */
export interface Outline extends Box {
  /** Rows bend towards the stage at their ends: y = y(middle of the hall) − bend · x². 0 where the organiser placed the seats. */
  readonly bend: number;
}

export interface Geometry {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly outlines: readonly Outline[];
  /** Everything with the stage. */
  readonly bounds: Box;
  readonly stage: Box;
  readonly bend: number;
}

export const ROW_PITCH = 1.12;
const SECTION_GAP = 3.2;
const STAGE_HEIGHT = 2.2;
const MARGIN = 2;
/** The outline stands this far from the middle of the outermost seats. */
const PADDING = 1;

interface Block { section: number; width: number; height: number; price: number; left: number; top: number }

/** Widths as the hall's own labels say: numbers that are missing leave an aisle of at most two seats. */
function placeInRows(hall: Hall, x: Float32Array): Block[] {
  return hall.sections.map((section) => {
    let widest = 1;
    for (let index = section.firstRow; index < section.endRow; index += 1) {
      const row = hall.rows[index]!;
      let at = 0;
      for (let seat = row.first; seat < row.end; seat += 1) {
        if (seat > row.first) at += 1 + (areNeighbours(hall, seat - 1, seat) ? 0 : aisle(hall, seat));
        x[seat] = at;
      }
      for (let seat = row.first; seat < row.end; seat += 1) x[seat]! -= at / 2;
      widest = Math.max(widest, at + 1);
    }
    const rows = section.endRow - section.firstRow;
    return {
      section: section.index, width: widest + 2 * PADDING - 1, height: Math.max(0, rows - 1) * ROW_PITCH + 2 * PADDING,
      price: section.highestPrice, left: 0, top: 0,
    };
  });
}

function aisle(hall: Hall, seat: number): number {
  const missing = Math.abs(Number(hall.numbers[seat]) - Number(hall.numbers[seat - 1])) - 1;
  return Number.isFinite(missing) ? Math.min(2, Math.max(1, missing)) : 0;
}

/** A hall taller than this times its width is hard to look at. */
const TALLEST = 1.25;

/**
 * Sections in the hall's order, from the stage away. Those of one price and depth stand side by side; others only where the hall would
 * become a tower otherwise.
 */
function packBlocks(blocks: Block[]): number {
  const area = blocks.reduce((sum, block) => sum + (block.width + SECTION_GAP) * (block.height + SECTION_GAP), 0);
  const width = Math.max(...blocks.map((block) => block.width), Math.sqrt(area * 1.5));
  const isAlike = (a: Block, b: Block) => a.price === b.price && Math.min(a.height, b.height) > 0.6 * Math.max(a.height, b.height);
  const height = pack(blocks, width, isAlike);
  const widest = Math.max(...blocks.map((block) => Math.abs(block.left) + block.width));
  if (height > TALLEST * Math.max(widest, 20)) pack(blocks, width, () => true);
  return 2 * Math.max(...blocks.map((block) => Math.max(-block.left, block.left + block.width)));
}

/** Fills bands from left to right, each centred; returns the height. */
function pack(blocks: readonly Block[], width: number, mayShare: (a: Block, b: Block) => boolean): number {
  let top = 0;
  let band: Block[] = [];
  let used = 0;
  const close = () => {
    let left = -(used - SECTION_GAP) / 2;
    for (const block of band) {
      block.left = left;
      block.top = top;
      left += block.width + SECTION_GAP;
    }
    top += Math.max(0, ...band.map((block) => block.height)) + SECTION_GAP;
    band = [];
    used = 0;
  };
  for (const block of blocks) {
    const last = band[band.length - 1];
    if (last && (used + block.width > width || !mayShare(last, block))) close();
    band.push(block);
    used += block.width + SECTION_GAP;
  }
  close();
  return top;
}

function hasPlaces(hall: Hall): boolean {
  for (let seat = 0; seat < hall.count; seat += 1) if (!(Number.isFinite(hall.givenX[seat]!) && Number.isFinite(hall.givenY[seat]!))) return false;
  return hall.count > 0;
}

/** The organiser's places, scaled so that neighbours stand one unit apart (the median of all rows). */
function placeAsGiven(hall: Hall, x: Float32Array, y: Float32Array): void {
  const steps: number[] = [];
  for (let seat = 1; seat < hall.count && steps.length < 5000; seat += 1) {
    if (hall.rowOf[seat] !== hall.rowOf[seat - 1]) continue;
    const step = Math.hypot(hall.givenX[seat]! - hall.givenX[seat - 1]!, hall.givenY[seat]! - hall.givenY[seat - 1]!);
    if (step > 0) steps.push(step);
  }
  steps.sort((a, b) => a - b);
  const scale = 1 / (steps[steps.length >> 1] ?? 1);
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  for (let seat = 0; seat < hall.count; seat += 1) {
    left = Math.min(left, hall.givenX[seat]!);
    right = Math.max(right, hall.givenX[seat]!);
    top = Math.min(top, hall.givenY[seat]!);
  }
  for (let seat = 0; seat < hall.count; seat += 1) {
    x[seat] = (hall.givenX[seat]! - (left + right) / 2) * scale;
    y[seat] = (hall.givenY[seat]! - top) * scale;
  }
}

export function arrange(hall: Hall): Geometry {
  const x = new Float32Array(hall.count);
  const y = new Float32Array(hall.count);
  let bend = 0;
  if (hasPlaces(hall)) {
    placeAsGiven(hall, x, y);
  } else {
    const blocks = placeInRows(hall, x);
    const width = packBlocks(blocks);
    // A fifth of the half width at the ends: an amphitheatre, without rows that run into each other.
    bend = width > 8 ? (0.2 * (width / 2)) / (width / 2) ** 2 : 0;
    for (const block of blocks) {
      const section = hall.sections[block.section]!;
      const middle = block.left + block.width / 2;
      for (let seat = section.first; seat < section.end; seat += 1) {
        x[seat]! += middle;
        y[seat] = block.top + PADDING + (hall.rowOf[seat]! - section.firstRow) * ROW_PITCH - bend * x[seat]! ** 2;
      }
    }
  }
  const outlines = hall.sections.map((section): Outline => {
    const box: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (let seat = section.first; seat < section.end; seat += 1) {
      const flat = y[seat]! + bend * x[seat]! ** 2;
      box.left = Math.min(box.left, x[seat]! - PADDING);
      box.right = Math.max(box.right, x[seat]! + PADDING);
      box.top = Math.min(box.top, flat - PADDING);
      box.bottom = Math.max(box.bottom, flat + PADDING);
    }
    return section.end > section.first ? { ...box, bend } : { left: 0, top: 0, right: 0, bottom: 0, bend };
  });
  return { x, y, outlines, bend, ...surround(outlines) };
}

function surround(outlines: readonly Outline[]): { bounds: Box; stage: Box } {
  const all = outlines.map(boxOf);
  const left = Math.min(...all.map((box) => box.left), 0);
  const right = Math.max(...all.map((box) => box.right), 0);
  const top = Math.min(...all.map((box) => box.top), 0);
  const bottom = Math.max(...all.map((box) => box.bottom), 0);
  const middle = (left + right) / 2;
  const half = Math.min(Math.max((right - left) * 0.22, 3), 40);
  // In the hollow of the curve, over the first rows of the middle.
  const front = Math.min(...outlines.filter((one) => one.left < middle + half && one.right > middle - half)
    .map((one) => one.top - one.bend * half * half), bottom);
  const height = Math.max(STAGE_HEIGHT, (right - left) * 0.035);
  const stage = { left: middle - half, right: middle + half, top: front - 1.5 - height, bottom: front - 1.5 };
  return {
    stage,
    bounds: { left: left - MARGIN, right: right + MARGIN, top: Math.min(top, stage.top) - MARGIN, bottom: bottom + MARGIN },
  };
}

/** The smallest upright box around a bent outline. */
export function boxOf(outline: Outline): Box {
  const ends = Math.max(outline.left ** 2, outline.right ** 2);
  const nearest = outline.left <= 0 && outline.right >= 0 ? 0 : Math.min(outline.left ** 2, outline.right ** 2);
  return {
    left: outline.left, right: outline.right,
    top: outline.top - outline.bend * ends, bottom: outline.bottom - outline.bend * nearest,
  };
}

export function isInside(outline: Outline, x: number, y: number): boolean {
  const flat = y + outline.bend * x * x;
  return x >= outline.left && x <= outline.right && flat >= outline.top && flat <= outline.bottom;
}
