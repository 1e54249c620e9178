import assert from 'node:assert/strict';
import test from 'node:test';
import { makeHall } from '../seatmap/hall';
import { AVAILABLE, LOCKED, RESERVED } from '../seatmap/states';
import { type FeedSource, SeatFeed } from './SeatFeed';
import type { SeatMapAnswer } from '../api/types';

const event = 'event';
const hall = makeHall([{ name: 'A', rows: [{ label: '1', seats: ['a', 'b', 'c'].map((id) => ({ id, number: id, price: 1 })) }] }]);

function feed(source: FeedSource['since'] = () => new Promise(() => undefined)): { feed: SeatFeed; changes: number[][] } {
  const changes: number[][] = [];
  const made = new SeatFeed(event, hall, new Uint8Array(3), 10, { since: source }, { onChange: (seats) => changes.push([...seats]) });
  return { feed: made, changes };
}

const answer = (version: number, ...seats: [string, string][]): SeatMapAnswer =>
  ({ version, since: 10, seats: seats.map(([id, status]) => ({ id, status })) } as unknown as SeatMapAnswer);

test('a version counts when all its messages were seen, each once', () => {
  const { feed: seats } = feed();
  const message = { eventId: event, version: 11, count: 2 };
  seats.message({ ...message, seatId: 'a' }, 'locked');
  seats.message({ ...message, seatId: 'a' }, 'locked');
  assert.equal(seats.version, 10);
  seats.message({ ...message, seatId: 'b' }, 'locked');
  assert.equal(seats.version, 11);
  assert.equal(seats.isBehind, false);
  seats.close();
});

test('a message shows at once though one before it is missing, and an older answer does not undo it', () => {
  const { feed: seats, changes } = feed();
  seats.message({ eventId: event, version: 13, count: 1, seatId: 'c' }, 'locked');
  assert.deepEqual([...seats.states], [AVAILABLE, AVAILABLE, LOCKED]);
  assert.equal(seats.isBehind, true);
  seats.apply(answer(12, ['a', 'reserved'], ['c', 'available']));
  assert.deepEqual([...seats.states], [RESERVED, AVAILABLE, LOCKED]);
  assert.equal(seats.version, 13);
  assert.equal(seats.isBehind, false);
  assert.deepEqual(changes, [[2], [0]]);
  seats.close();
});

test('a gap is asked for within half a second, whatever comes meanwhile', async () => {
  let asked = 0;
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const made = feed(async (version) => {
      asked += 1;
      assert.equal(version, 10);
      made.feed.close();
      resolve();
      return answer(30);
    });
    let version = 12;
    const more = setInterval(() => { made.feed.message({ eventId: event, version, count: 1, seatId: 'b' }, version % 2 ? 'locked' : 'available'); version += 1; if (asked) clearInterval(more); }, 20);
  });
  assert.ok(performance.now() - began < 500);
});

test('messages of other events and of old versions change nothing', () => {
  const { feed: seats, changes } = feed();
  seats.message({ eventId: 'other', version: 11, seatId: 'a' }, 'locked');
  seats.message({ eventId: event, version: 10, seatId: 'a' }, 'locked');
  assert.deepEqual(changes, []);
  seats.close();
});
