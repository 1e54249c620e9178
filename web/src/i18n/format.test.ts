import assert from 'node:assert/strict';
import test from 'node:test';
import { clock, dateTime, duration, money, seoulDay } from './format';

test('times are Seoul\'s with the weekday', () => {
  assert.equal(dateTime('2026-03-15T15:30:00Z', 'ko'), '2026년 3월 16일 (월) 00:30');
  assert.equal(dateTime('2026-03-15T15:30:00Z', 'en'), 'Mon 16 March 2026, 00:30');
  assert.equal(dateTime('2026-03-15T15:30:00Z', 'en', 'short'), 'Mon 16 Mar, 00:30');
  assert.equal(seoulDay('2026-03-15T15:00:00Z'), '2026-03-16');
  assert.equal(dateTime('nonsense', 'ko'), '');
});

test('countdowns round up, so that nought means over', () => {
  assert.equal(clock(899_001), '15:00');
  assert.equal(clock(1), '00:01');
  assert.equal(clock(0), '00:00');
  assert.equal(clock(3_723_000), '1:02:03');
});

test('durations name two units', () => {
  assert.equal(duration(90_061_000, 'ko'), '1일 1시간');
  assert.equal(duration(60_000, 'en'), '1 minute');
  assert.equal(duration(0, 'en'), '0 seconds');
});

test('money is in won', () => {
  assert.equal(money(150000, 'ko'), '150,000원');
  assert.equal(money(150000, 'en'), '₩150,000');
});
