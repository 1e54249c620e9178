import assert from 'node:assert/strict';
import test from 'node:test';
import { forgetClock, learn, serverNow } from './clock';

const day = Date.UTC(2026, 2, 15);

test('the offset narrows with every answer and begins anew at a contradiction', () => {
  forgetClock();
  const now = performance.now();
  // The true server time is day + 0.7 s at `now`.
  learn(day, day + 1000, now - 50, now);
  learn(day + 1000, day + 2000, now + 290, now + 310);
  const error = Math.abs(serverNow() - (day + 700 + (performance.now() - now)));
  assert.ok(error < 200, `${error} ms off`);
  learn(day + 3_600_000, day + 3_601_000, now, now);
  assert.ok(serverNow() - day > 3_599_000);
});
