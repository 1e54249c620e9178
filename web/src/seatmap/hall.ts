// A hall: its seats as flat arrays in the layout's order, so that 50,000 of them cost a few megabytes and no object each.

export interface Section {
  readonly index: number;
  readonly name: string;
  /** Seats first..<end and rows firstRow..<endRow belong to it. */
  readonly first: number;
  readonly end: number;
  readonly firstRow: number;
  readonly endRow: number;
  readonly lowestPrice: number;
  readonly highestPrice: number;
}

export interface Row {
  readonly index: number;
  readonly label: string;
  readonly section: number;
  readonly first: number;
  readonly end: number;
}

export interface SeatInput { id: string; number: string; price: number; x?: number; y?: number }
export interface RowInput { label: string; seats: readonly SeatInput[] }
export interface SectionInput { name: string; rows: readonly RowInput[] }

export interface Hall {
  readonly count: number;
  readonly sections: readonly Section[];
  readonly rows: readonly Row[];
  readonly ids: readonly string[];
  readonly numbers: readonly string[];
  readonly prices: Float64Array;
  /** The different prices, highest first; a colour each. */
  readonly priceLevels: readonly number[];
  /** Index into `priceLevels`. */
  readonly level: Uint8Array;
  readonly rowOf: Uint32Array;
  readonly sectionOf: Uint16Array;
  /** Where the organiser placed it; NaN where the layout says nothing. */
  readonly givenX: Float32Array;
  readonly givenY: Float32Array;
  indexOf(id: string): number | undefined;
}

/** Colours repeat after this many prices. */
export const MOST_LEVELS = 255;

/** A hall of sections in the order given. */
export function makeHall(input: readonly SectionInput[]): Hall {
  let count = 0;
  for (const section of input) for (const row of section.rows) count += row.seats.length;
  const sections: Section[] = [];
  const rows: Row[] = [];
  const ids: string[] = new Array<string>(count);
  const numbers: string[] = new Array<string>(count);
  const prices = new Float64Array(count);
  const rowOf = new Uint32Array(count);
  const sectionOf = new Uint16Array(count);
  const givenX = new Float32Array(count).fill(NaN);
  const givenY = new Float32Array(count).fill(NaN);
  let seat = 0;
  for (const [index, section] of input.entries()) {
    const first = seat;
    const firstRow = rows.length;
    let lowest = Infinity;
    let highest = 0;
    for (const row of section.rows) {
      const start = seat;
      for (const one of row.seats) {
        ids[seat] = one.id;
        numbers[seat] = one.number;
        prices[seat] = one.price;
        rowOf[seat] = rows.length;
        sectionOf[seat] = index;
        if (one.x !== undefined && one.y !== undefined) {
          givenX[seat] = one.x;
          givenY[seat] = one.y;
        }
        lowest = Math.min(lowest, one.price);
        highest = Math.max(highest, one.price);
        seat += 1;
      }
      rows.push({ index: rows.length, label: row.label, section: index, first: start, end: seat });
    }
    sections.push({
      index, name: section.name, first, end: seat, firstRow, endRow: rows.length,
      lowestPrice: seat > first ? lowest : 0, highestPrice: highest,
    });
  }
  const priceLevels = [...new Set(prices)].sort((a, b) => b - a).slice(0, MOST_LEVELS);
  const levels = new Map(priceLevels.map((price, index) => [price, index]));
  const level = Uint8Array.from(prices, (price) => levels.get(price) ?? MOST_LEVELS - 1);
  let byID: Map<string, number> | undefined;
  return {
    count, sections, rows, ids, numbers, prices, priceLevels, level, rowOf, sectionOf, givenX, givenY,
    indexOf(id) {
      byID ??= new Map(ids.map((one, index) => [one, index]));
      return byID.get(id);
    },
  };
}

/** How a seat is called: section, row and number, as the labels of the server (`VIP-1-5`). */
export function seatLabel(hall: Hall, seat: number): string {
  const row = hall.rows[hall.rowOf[seat]!]!;
  return `${hall.sections[row.section]!.name}-${row.label}-${hall.numbers[seat]!}`;
}

/** The place beside it in the same row is the next number; not so over an aisle. Labels that are no numbers count as neighbours in their order. */
export function areNeighbours(hall: Hall, seat: number, next: number): boolean {
  if (next - seat !== 1 || hall.rowOf[seat] !== hall.rowOf[next]) return false;
  const a = Number(hall.numbers[seat]);
  const b = Number(hall.numbers[next]);
  return !Number.isInteger(a) || !Number.isInteger(b) || Math.abs(b - a) === 1;
}
