// A seat layout as it is typed: text in the fields, checked by the rules of the server, turned into a hall for the preview.
import { makeHall, type Hall } from '../../../seatmap';

export interface LayoutSection { name: string; rows: number; seatsPerRow: number; price: number; startRow: number | string }
export interface LayoutConfig { sections: LayoutSection[] }

export interface SectionDraft { key: number; name: string; rows: string; seatsPerRow: string; price: string; startRow: string }
export type Fault = 'name' | 'rows' | 'perRow' | 'price' | 'startRow' | 'clash' | 'tooMany';

export const mostSeats = 100_000;
let nextKey = 1;

export function emptySection(like?: SectionDraft): SectionDraft {
  const key = nextKey;
  nextKey += 1;
  return { key, name: '', rows: like?.rows ?? '10', seatsPerRow: like?.seatsPerRow ?? '20', price: like?.price ?? '', startRow: '1' };
}

export function draftOf(config: LayoutConfig): SectionDraft[] {
  return config.sections.map((section) => ({
    ...emptySection(), name: section.name, rows: String(section.rows), seatsPerRow: String(section.seatsPerRow), price: String(section.price),
    startRow: String(section.startRow ?? 1),
  }));
}

function whole(text: string, low: number, high: number): number | null {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : NaN;
  return value >= low && value <= high ? value : null;
}

/** "A" is 1, "Z" 26, "AA" 27; a number stands for itself. */
export function rowNumber(text: string): number | null {
  const word = text.trim().toUpperCase();
  if (/^[A-Z]{1,3}$/.test(word)) return [...word].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  return whole(word, 1, 10_000);
}

/** The label of the row `offset` rows after the first. */
export function rowLabel(first: string, offset: number): string {
  const start = rowNumber(first) ?? 1;
  if (!/^[A-Za-z]+$/.test(first.trim())) return String(start + offset);
  let label = '';
  for (let value = start + offset; value > 0; value = Math.floor((value - 1) / 26)) label = String.fromCharCode(65 + ((value - 1) % 26)) + label;
  return label;
}

export const seatsOf = (section: SectionDraft): number => (whole(section.rows, 1, 1000) ?? 0) * (whole(section.seatsPerRow, 1, 1000) ?? 0);
export const totalSeats = (sections: readonly SectionDraft[]): number => sections.reduce((sum, section) => sum + seatsOf(section), 0);
export const fullHouse = (sections: readonly SectionDraft[]): number =>
  sections.reduce((sum, section) => sum + seatsOf(section) * (whole(section.price, 0, 99_999_999) ?? 0), 0);

/** What is wrong with each section, by its key; nothing when the server would take it. */
export function faultsOf(sections: readonly SectionDraft[]): Map<number, Fault[]> {
  const found = new Map<number, Fault[]>();
  const add = (section: SectionDraft, fault: Fault): void => { found.set(section.key, [...(found.get(section.key) ?? []), fault]); };
  for (const [index, section] of sections.entries()) {
    const name = section.name.trim();
    if (!name || [...name].length > 50) add(section, 'name');
    if (whole(section.rows, 1, 1000) === null) add(section, 'rows');
    if (whole(section.seatsPerRow, 1, 1000) === null) add(section, 'perRow');
    if (whole(section.price, 0, 99_999_999) === null) add(section, 'price');
    const start = rowNumber(section.startRow);
    if (start === null) add(section, 'startRow');
    const rows = whole(section.rows, 1, 1000) ?? 0;
    const clashes = start !== null && sections.slice(0, index).some((other) => {
      const from = rowNumber(other.startRow);
      return other.name.trim() === name && from !== null && start < from + (whole(other.rows, 1, 1000) ?? 0) && from < start + rows;
    });
    if (clashes) add(section, 'clash');
  }
  const last = sections[sections.length - 1];
  if (last && totalSeats(sections) > mostSeats) add(last, 'tooMany');
  return found;
}

export function configOf(sections: readonly SectionDraft[]): LayoutConfig {
  return {
    sections: sections.map((section) => ({
      name: section.name.trim(), rows: Number(section.rows), seatsPerRow: Number(section.seatsPerRow), price: Number(section.price),
      startRow: /^[A-Za-z]+$/.test(section.startRow.trim()) ? section.startRow.trim().toUpperCase() : Number(section.startRow),
    })),
  };
}

/** The hall that the server would make: parts of one section stand together. */
export function hallOf(sections: readonly SectionDraft[]): Hall | null {
  const usable = sections.filter((section) => seatsOf(section) > 0 && rowNumber(section.startRow) !== null);
  if (!usable.length || totalSeats(usable) > mostSeats) return null;
  const names = [...new Set(usable.map((section) => section.name.trim()))];
  return makeHall(names.map((name) => ({
    name: name || '?',
    rows: usable.filter((section) => section.name.trim() === name).flatMap((section) =>
      Array.from({ length: Number(section.rows) }, (_, row) => {
        const label = rowLabel(section.startRow, row);
        return {
          label,
          seats: Array.from({ length: Number(section.seatsPerRow) }, (_unused, seat) => ({
            id: `${name}-${label}-${seat + 1}`, number: String(seat + 1), price: whole(section.price, 0, 99_999_999) ?? 0,
          })),
        };
      })),
  })));
}
