// From the server's two forms of a seat map to a hall and its states: the JSON of every seat, and the layout with one character a seat.
import { makeHall, type Hall, type RowInput, type SeatInput, type SectionInput } from './hall';
import { decodeStates, stateOf } from './states';

/** One seat of `GET /api/seats/:eventId`. */
export interface SeatJSON {
  id: string;
  section: string;
  rowNumber: string;
  seatNumber: string;
  price: number;
  status: string;
}

export interface DecodedMap { hall: Hall; states: Uint8Array }

/** "2" before "10", numbers before letters, "A" before "B" and "Z" before "AA". */
export function compareLabels(a: string, b: string): number {
  const x = Number(a);
  const y = Number(b);
  const isNumber = Number.isFinite(x) ? (Number.isFinite(y) ? 0 : -1) : Number.isFinite(y) ? 1 : 0;
  if (isNumber !== 0) return isNumber;
  if (Number.isFinite(x)) return x - y;
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * A hall from the list of all seats. Sections stand as `order` says, others after them by price, highest first: that is how halls are
 * sold, and the list itself has no order of sections.
 */
export function decodeSeats(seats: readonly SeatJSON[], order: readonly string[] = []): DecodedMap {
  const sections = new Map<string, Map<string, SeatJSON[]>>();
  const highest = new Map<string, number>();
  for (const seat of seats) {
    let rows = sections.get(seat.section);
    if (!rows) sections.set(seat.section, (rows = new Map()));
    const row = rows.get(seat.rowNumber);
    if (row) row.push(seat); else rows.set(seat.rowNumber, [seat]);
    highest.set(seat.section, Math.max(highest.get(seat.section) ?? 0, Number(seat.price)));
  }
  const place = new Map(order.map((name, index) => [name, index]));
  const names = [...sections.keys()].sort((a, b) =>
    (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || highest.get(b)! - highest.get(a)! || compareLabels(a, b));
  const statuses: string[] = [];
  const input: SectionInput[] = names.map((name) => ({
    name,
    rows: [...sections.get(name)!].sort(([a], [b]) => compareLabels(a, b)).map(([label, row]): RowInput => ({
      label,
      seats: row.sort((a, b) => compareLabels(a.seatNumber, b.seatNumber)).map((seat): SeatInput => {
        statuses.push(seat.status);
        return { id: seat.id, number: seat.seatNumber, price: Number(seat.price) };
      }),
    })),
  }));
  return { hall: makeHall(input), states: Uint8Array.from(statuses, stateOf) };
}

/** The body of `GET /api/seats/:eventId/layout`: everything about the seats that never changes. */
export interface LayoutJSON {
  sections: readonly {
    name: string;
    price?: number;
    rows: readonly {
      label: string;
      price?: number;
      seats: readonly { id: string; label: string; price?: number; x?: number; y?: number }[];
    }[];
  }[];
}

export function decodeLayout(layout: LayoutJSON): Hall {
  return makeHall(layout.sections.map((section) => ({
    name: section.name,
    rows: section.rows.map((row) => ({
      label: row.label,
      seats: row.seats.map((seat) => ({
        id: seat.id, number: seat.label, price: Number(seat.price ?? row.price ?? section.price ?? 0), x: seat.x, y: seat.y,
      })),
    })),
  })));
}

export function decodeCompact(layout: LayoutJSON, states: string): DecodedMap {
  const hall = decodeLayout(layout);
  return { hall, states: decodeStates(states, hall.count) };
}
