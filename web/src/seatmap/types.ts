// The seam between the seat page and the drawn map. The map is a plain object outside React: it draws what the arrays say and reports
// what the visitor does; holding, versions and words of errors are the page's.
import type { Language } from '../i18n/language';

/** One byte a seat, in the layout's order. */
export const enum SeatState { available = 0, locked = 1, reserved = 2 }
/** What of a seat is the visitor's own. */
export const enum Mine { none = 0, held = 1, pending = 2, bought = 3 }

export interface LayoutRow {
  /** "1", "A": as printed on the ticket. */
  label: string;
  /** Index of its first seat; its seats follow one another. */
  first: number;
  count: number;
}

export interface LayoutSection {
  name: string;
  /** Won. */
  price: number;
  rows: LayoutRow[];
  first: number;
  count: number;
}

/** Immutable for a revision of the event. Sections stand in the hall's order, the first nearest to the stage. */
export interface SeatLayout {
  revision: string;
  sections: LayoutSection[];
  count: number;
  ids: string[];
  /** Labels as printed: "VIP-1-5". */
  labels: string[];
  /** The number within the row: "5". */
  numbers: string[];
  /** Places in the hall where the layout has them, in seat widths; absent: rows are stacked per section. */
  /** Won a seat; absent: every seat costs what its section does. */
  prices?: ArrayLike<number>;
  x?: Float32Array;
  y?: Float32Array;
  index(id: string): number | undefined;
}

export interface SeatMapModel {
  layout: SeatLayout;
  /** Owned and changed by the page; `changed` tells the map. */
  states: Uint8Array;
  mine: Uint8Array;
  /** Chosen and not yet held. */
  selection: ReadonlySet<number>;
  /** Chosen seats that somebody else took: marked at the very place until dismissed. */
  lost: ReadonlySet<number>;
}

export interface SeatMapOptions {
  language: Language;
  /** Nothing can be chosen: not on sale, or a hold is on its way. */
  isReadOnly: boolean;
  /** A click, tap, Space or Enter at a seat. The page decides what it means (limit, own seats). */
  onSeat: (index: number) => void;
  /** A section came into view or left (null: the overview). */
  onSection?: (section: number | null) => void;
  /** Seats to offer, ringed: the nearest alternative, or the best n together. */
  proposed?: readonly number[];
}

export interface SeatMap {
  /** Some seats changed in states, mine, selection or lost; without indices anything may have. */
  changed(indices?: readonly number[]): void;
  setOptions(options: Partial<SeatMapOptions>): void;
  showOverview(): void;
  showSection(section: number): void;
  /** Brings a seat into view and marks it for a moment. */
  showSeat(index: number): void;
  destroy(): void;
}

/** The default export of `seatmap/index.ts`, loaded on demand. */
export type CreateSeatMap = (container: HTMLElement, model: SeatMapModel, options: SeatMapOptions) => SeatMap;
