// The parts of the seat map that need no screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestAdjacent, bestTogether, nearestAlternative } from './adjacent';
import { compareLabels, decodeCompact, decodeSeats, type LayoutJSON, type SeatJSON } from './decode';
import { arrange, boxOf, isInside } from './geometry';
import { areNeighbours, makeHall, seatLabel, type Hall } from './hall';
import { stepFrom } from './roving';
import { SeatIndex } from './seatIndex';
import { Selection } from './selection';
import { AVAILABLE, decodeStates, differences, LOCKED, RESERVED, stateOf } from './states';
import { between, clamped, fit, visible, zoomAt } from './viewport';

function hall(...sections: [name: string, rows: number, seats: number, price: number][]): Hall {
  return makeHall(sections.map(([name, rows, seats, price]) => ({
    name,
    rows: Array.from({ length: rows }, (_, row) => ({
      label: String(row + 1),
      seats: Array.from({ length: seats }, (_, seat) => ({ id: `${name}-${row + 1}-${seat + 1}`, number: String(seat + 1), price })),
    })),
  })));
}

const free = (of: Hall): Uint8Array => new Uint8Array(of.count);
const labels = (of: Hall, seats: readonly number[] | undefined): string[] | undefined => seats?.map((seat) => seatLabel(of, seat));

test('the list of seats becomes a hall in the order of the hall, rows and numbers counted', () => {
  const seat = (section: string, rowNumber: string, seatNumber: string, price: number, status = 'available'): SeatJSON =>
    ({ id: `${section}${rowNumber}${seatNumber}`, section, rowNumber, seatNumber, price, status });
  const list = [seat('S', '10', '1', 100), seat('S', '2', '10', 100, 'locked'), seat('S', '2', '2', 100), seat('VIP', 'A', '1', 300, 'reserved'), seat('R', '1', '1', 300)];
  const given = decodeSeats(list, ['R', 'VIP']);
  assert.deepEqual(given.hall.sections.map(({ name }) => name), ['R', 'VIP', 'S']);
  assert.deepEqual(Array.from(given.hall.ids), ['R11', 'VIPA1', 'S22', 'S210', 'S101']);
  assert.deepEqual([...given.states], [AVAILABLE, RESERVED, AVAILABLE, LOCKED, AVAILABLE]);
  assert.equal(seatLabel(given.hall, 3), 'S-2-10');
  assert.equal(given.hall.indexOf('S101'), 4);
  assert.equal(given.hall.indexOf('nobody'), undefined);
  assert.deepEqual(given.hall.priceLevels, [300, 100]);
  // Without an order the dearest stand first.
  assert.deepEqual(decodeSeats(list).hall.sections.map(({ name }) => name), ['R', 'VIP', 'S']);
});

test('labels sort as people count', () => {
  assert.deepEqual(['10', 'B', '2', 'AA', 'A', '1'].sort(compareLabels), ['1', '2', '10', 'A', 'B', 'AA']);
});

test('the compact form gives the same hall, and refuses states of another revision', () => {
  const layout: LayoutJSON = { sections: [{ name: 'VIP', price: 9, rows: [{ label: 'A', seats: [{ id: 'a', label: '1' }, { id: 'b', label: '2', price: 7 }] }] }] };
  const { hall: made, states } = decodeCompact(layout, 'al');
  assert.deepEqual([...states], [AVAILABLE, LOCKED]);
  assert.deepEqual([...made.prices], [9, 7]);
  assert.throws(() => decodeStates('alr', 2), RangeError);
});

test('an unknown state is not offered', () => {
  assert.equal(stateOf('something new'), RESERVED);
  assert.deepEqual([...decodeStates('a?r', 3)], [AVAILABLE, RESERVED, RESERVED]);
});

test('differences name the changed seats only', () => {
  assert.deepEqual(differences(Uint8Array.of(0, 1, 2, 0), Uint8Array.of(0, 2, 2, 1)), [1, 3]);
});

test('sections stand in order from the stage, none on another, every seat in its own outline', () => {
  const big = hall(['VIP', 3, 10, 150_000], ['R', 5, 10, 100_000], ['S', 10, 20, 50_000], ['A', 20, 40, 30_000]);
  const geometry = arrange(big);
  for (let seat = 0; seat < big.count; seat += 1) {
    const inside = geometry.outlines.map((outline, index) => (isInside(outline, geometry.x[seat]!, geometry.y[seat]!) ? index : -1)).filter((index) => index >= 0);
    assert.deepEqual(inside, [big.sectionOf[seat]]);
  }
  for (let index = 1; index < geometry.outlines.length; index += 1) assert.ok(geometry.outlines[index]!.top > geometry.outlines[index - 1]!.top - 1e-3);
  assert.ok(geometry.stage.bottom < geometry.y[0]!);
  for (const outline of geometry.outlines) {
    const box = boxOf(outline);
    assert.ok(box.left >= geometry.bounds.left && box.right <= geometry.bounds.right && box.bottom <= geometry.bounds.bottom);
  }
});

test('no two of 50,000 seats come closer than a seat is wide', () => {
  const large = hall(...Array.from({ length: 10 }, (_, index): [string, number, number, number] => [`S${index}`, 50, 100, 1000 * index]));
  const geometry = arrange(large);
  const index = new SeatIndex(geometry);
  for (let seat = 0; seat < large.count; seat += 97) {
    assert.equal(index.nearest(geometry.x[seat]!, geometry.y[seat]!, 0.9, (other) => other !== seat), undefined);
    assert.equal(index.nearest(geometry.x[seat]! + 0.3, geometry.y[seat]! - 0.3, 0.6), seat);
  }
});

test('places given by the organiser are kept in proportion', () => {
  const placed = makeHall([{ name: 'A', rows: [{ label: '1', seats: [
    { id: 'a', number: '1', price: 1, x: 100, y: 50 }, { id: 'b', number: '2', price: 1, x: 120, y: 50 }, { id: 'c', number: '3', price: 1, x: 140, y: 90 },
  ] }] }]);
  const { x, y, bend } = arrange(placed);
  assert.equal(bend, 0);
  assert.ok(Math.abs((x[2]! - x[1]!) / (x[1]! - x[0]!) - 1) < 1e-6);
  assert.ok(Math.abs((y[2]! - y[0]!) / (x[1]! - x[0]!) - 2) < 1e-6);
});

test('an aisle parts neighbours and widens the row', () => {
  const aisle = makeHall([{ name: 'A', rows: [{ label: '1', seats: [1, 2, 4, 5].map((number) => ({ id: `s${number}`, number: String(number), price: 1 })) }] }]);
  assert.deepEqual([areNeighbours(aisle, 0, 1), areNeighbours(aisle, 1, 2), areNeighbours(aisle, 2, 3)], [true, false, true]);
  const { x } = arrange(aisle);
  assert.ok(x[2]! - x[1]! > x[1]! - x[0]!);
  assert.equal(bestAdjacent(aisle, arrange(aisle), free(aisle), { count: 3 }), undefined);
});

test('the best seats together are in the middle of the first row', () => {
  const one = hall(['VIP', 3, 10, 9], ['R', 3, 10, 5]);
  const geometry = arrange(one);
  assert.deepEqual(labels(one, bestAdjacent(one, geometry, free(one), { count: 2 })), ['VIP-1-5', 'VIP-1-6']);
  assert.deepEqual(labels(one, bestAdjacent(one, geometry, free(one), { count: 2, section: 1 })), ['R-1-5', 'R-1-6']);
  assert.deepEqual(labels(one, bestAdjacent(one, geometry, free(one), { count: 2, highestPrice: 5 })), ['R-1-5', 'R-1-6']);
  assert.equal(bestAdjacent(one, geometry, free(one), { count: 11 }), undefined);
});

test('no lone seat is left beside a group where another place does as well', () => {
  const row = hall(['A', 1, 5, 1]);
  // Free: 1 2 3 4 5. Two in the middle (3-4) would leave 5 alone, 2-3 leaves 1 alone.
  assert.deepEqual(labels(row, bestAdjacent(row, arrange(row), free(row), { count: 3 })), ['A-1-1', 'A-1-2', 'A-1-3']);
});

test('where no row has so many, the group that is closest together', () => {
  const two = hall(['A', 2, 3, 1]);
  const states = free(two);
  states[1] = RESERVED;
  const found = bestTogether(two, arrange(two), states, { count: 4 });
  assert.equal(found?.areAdjacent, false);
  assert.equal(found?.seats.length, 4);
  assert.ok(!found?.seats.includes(1));
  states.fill(RESERVED);
  assert.equal(bestTogether(two, arrange(two), states, { count: 2 }), undefined);
});

test('for a lost seat the one beside the kept, else the nearest of the same price', () => {
  const one = hall(['VIP', 2, 6, 9], ['R', 2, 6, 5]);
  const geometry = arrange(one);
  const states = free(one);
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => one.rows[0]!.first + index) as [number, number, number, number];
  states[c] = LOCKED;
  // B is kept and C lost: A stands on the other side of B.
  assert.deepEqual(nearestAlternative(one, geometry, states, [c], [b]), [a]);
  states[a] = RESERVED;
  // Nothing beside B: the place nearest to C.
  assert.deepEqual(nearestAlternative(one, geometry, states, [c], [b]), [d]);
  for (let seat = one.sections[0]!.first; seat < one.sections[0]!.end; seat += 1) states[seat] = RESERVED;
  // None of this price: another, rather than nothing.
  const other = nearestAlternative(one, geometry, states, [c]);
  assert.equal(one.sectionOf[other![0]!], 1);
  states.fill(RESERVED);
  assert.equal(nearestAlternative(one, geometry, states, [c]), undefined);
});

test('the keyboard stays in its row, keeps its column over rows and crosses sections', () => {
  const one = hall(['VIP', 2, 4, 9], ['R', 2, 8, 5]);
  const geometry = arrange(one);
  const states = free(one);
  const at = (label: string) => one.indexOf(label)!;
  const go = (from: string, step: Parameters<typeof stepFrom>[4]) => one.ids[stepFrom(one, geometry, states, at(from), step)];
  assert.equal(go('VIP-1-1', 'left'), 'VIP-1-1');
  assert.equal(go('VIP-1-4', 'right'), 'VIP-1-4');
  assert.equal(go('VIP-1-2', 'down'), 'VIP-2-2');
  assert.equal(go('VIP-2-2', 'up'), 'VIP-1-2');
  assert.equal(go('VIP-1-1', 'up'), 'VIP-1-1');
  assert.equal(go('VIP-1-3', 'row-start'), 'VIP-1-1');
  assert.equal(go('VIP-1-3', 'row-end'), 'VIP-1-4');
  assert.match(go('VIP-2-2', 'down')!, /^R-1-/);
  assert.equal(go('VIP-1-1', 'section-next'), 'R-1-1');
  states[at('VIP-1-2')] = RESERVED;
  assert.equal(go('VIP-1-1', 'free-right'), 'VIP-1-3');
  assert.equal(go('VIP-1-3', 'free-left'), 'VIP-1-1');
});

test('a choice keeps its limit, counting what is owned', () => {
  const selection = new Selection(4, 1);
  assert.equal(selection.toggle(1, true), 'added');
  assert.equal(selection.toggle(2, false), 'taken');
  assert.equal(selection.toggle(2, true), 'added');
  assert.equal(selection.toggle(3, true), 'added');
  assert.equal(selection.toggle(4, true), 'full');
  assert.equal(selection.toggle(2, true), 'removed');
  assert.equal(selection.room, 1);
  assert.deepEqual(selection.drop((seat) => seat === 3), [3]);
  assert.deepEqual(selection.seats, [1]);
  assert.equal(selection.replace([5, 6, 7, 8]), false);
  assert.deepEqual(selection.seats, [1]);
  assert.equal(selection.replace([5, 6, 7]), true);
});

test('a zoom keeps the point under the pointer; the hall never leaves the screen', () => {
  const bounds = { left: -50, right: 50, top: 0, bottom: 80 };
  const size = { width: 400, height: 300 };
  const home = fit(bounds, size);
  const zoomed = zoomAt(home, 4, 100, 80, home.scale);
  assert.ok(Math.abs((100 - home.x) / home.scale - (100 - zoomed.x) / zoomed.scale) < 1e-9);
  const away = clamped({ ...zoomed, x: 1e6, y: -1e6 }, bounds, size);
  const seen = visible(away, size);
  assert.ok(seen.left < bounds.right && seen.right > bounds.left && seen.top < bounds.bottom && seen.bottom > bounds.top);
  assert.deepEqual(between(home, zoomed, 1, size), zoomed);
  const half = between(home, zoomed, 0.5, size);
  assert.ok(half.scale > home.scale && half.scale < zoomed.scale);
});
