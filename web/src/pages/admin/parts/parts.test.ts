// The organiser's parts that need no screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv, csvCell } from './csv';
import { differencesOf } from './differences';
import { configOf, emptySection, faultsOf, fullHouse, hallOf, rowLabel, rowNumber, totalSeats, type SectionDraft } from './layoutDraft';
import { makeHall } from '../../../seatmap/hall';
import { AVAILABLE, LOCKED, RESERVED } from '../../../seatmap/states';
import { SaleFigures } from './saleFigures';
import { fromSeoulInput, seoulDate, toSeoulInput } from './seoulTime';

const section = (change: Partial<SectionDraft> = {}): SectionDraft => ({ ...emptySection(), name: 'VIP', rows: '3', seatsPerRow: '10', price: '150000', ...change });

test('times typed in Seoul go to the server in UTC and back', () => {
  assert.equal(fromSeoulInput('2026-03-16T04:00'), '2026-03-15T19:00:00Z');
  assert.equal(toSeoulInput('2026-03-15T19:00:00Z'), '2026-03-16T04:00');
  assert.equal(fromSeoulInput('2026-02-30T10:00'), null);
  assert.equal(fromSeoulInput(''), null);
  assert.equal(toSeoulInput('never'), '');
  assert.equal(seoulDate(Date.parse('2026-01-01T15:30:00Z')), '2026-01-02');
  assert.equal(seoulDate(Date.parse('2026-01-01T15:30:00Z'), 2), '2025-12-31');
});

test('a layout is checked by the rules of the server', () => {
  assert.equal(faultsOf([section()]).size, 0);
  const faults = (change: Partial<SectionDraft>) => [...faultsOf([section(change)]).values()].flat();
  assert.deepEqual(faults({ name: ' ' }), ['name']);
  assert.deepEqual(faults({ rows: '0', seatsPerRow: '1001' }), ['rows', 'perRow']);
  assert.deepEqual(faults({ price: '100000000' }), ['price']);
  assert.deepEqual(faults({ price: '1.5' }), ['price']);
  assert.deepEqual(faults({ startRow: '!' }), ['startRow']);
  assert.deepEqual([...faultsOf([section(), section({ startRow: '3' })]).values()], [['clash']]);
  assert.equal(faultsOf([section(), section({ startRow: '4' })]).size, 0);
  assert.deepEqual([...faultsOf([section({ rows: '1000', seatsPerRow: '101' })]).values()], [['tooMany']]);
});

test('totals, and the hall of the preview with parts of one section together', () => {
  const parts = [section(), section({ name: 'R', startRow: 'A', rows: '2' }), section({ startRow: '4', rows: '1', price: '120000' })];
  assert.equal(totalSeats(parts), 60);
  assert.equal(fullHouse(parts), 30 * 150_000 + 20 * 150_000 + 10 * 120_000);
  const hall = hallOf(parts);
  assert.deepEqual(hall?.sections.map(({ name }) => name), ['VIP', 'R']);
  assert.deepEqual(hall?.rows.map(({ label }) => label), ['1', '2', '3', '4', 'A', 'B']);
  assert.deepEqual(configOf(parts).sections.map(({ startRow }) => startRow), [1, 'A', 4]);
  assert.equal(hallOf([section({ rows: '' })]), null);
});

test('rows are numbers or letters', () => {
  assert.deepEqual(['A', 'z', 'AA', '12', '', '0'].map(rowNumber), [1, 26, 27, 12, null, null]);
  assert.deepEqual([rowLabel('Y', 0), rowLabel('Y', 1), rowLabel('Y', 2), rowLabel('5', 3)], ['Y', 'Z', 'AA', '8']);
});

test('a spreadsheet runs nothing from a file', () => {
  assert.equal(csvCell('=1+1'), "'=1+1");
  assert.equal(csvCell('a,"b"'), '"a,""b"""');
  assert.equal(csvCell(-5), '-5');
  assert.equal(csv(['a', 'b'], [['1', null]]), '\ufeffa,b\r\n1,\r\n');
});

test('an audit record shows what changed and nothing else', () => {
  assert.deepEqual(differencesOf({ title: 'A', seats: { total: 1 }, updatedAt: 'x' }, { title: 'B', seats: { total: 1 }, updatedAt: 'y', artist: null }), [{ field: 'title', before: 'A', after: 'B' }]);
  assert.deepEqual(differencesOf(null, { name: 'x' }), [{ field: 'name', before: '', after: 'x' }]);
  assert.deepEqual(differencesOf({ role: 'user' }, null), [{ field: 'role', before: 'user', after: '' }]);
});

test('the figures of a sale follow its changes, and its pace those of the last minute', () => {
  const hall = makeHall([{ name: 'A', rows: [{ label: '1', seats: [1, 2, 3].map((number) => ({ id: `${number}`, number: `${number}`, price: 1000 * number })) }] }]);
  const figures = new SaleFigures(hall, Uint8Array.of(AVAILABLE, LOCKED, RESERVED));
  assert.deepEqual([figures.free, figures.held, figures.sold, figures.revenue], [1, 1, 1, 3000]);
  figures.change(1, RESERVED, 0);
  figures.change(0, LOCKED, 50_000);
  figures.change(0, LOCKED, 50_000);
  assert.deepEqual([figures.free, figures.held, figures.sold, figures.revenue], [0, 1, 2, 5000]);
  assert.deepEqual(figures.rates(59_000), { holds: 1, sales: 1, releases: 0 });
  assert.deepEqual(figures.rates(61_000), { holds: 1, sales: 0, releases: 0 });
  figures.change(0, AVAILABLE, 400_000);
  assert.equal(figures.changes.length, 1);
});
