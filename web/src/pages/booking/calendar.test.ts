import assert from 'node:assert/strict';
import test from 'node:test';
import type { Reservation } from '../../api/types';
import { calendarFile } from './calendar';

test('a calendar file has folded lines, escaped text and the time in UTC', () => {
  const file = calendarFile({
    id: 'r', reservationNumber: 'TKT-20260315-00001', seats: [{ seatLabel: 'VIP-1-5' }],
    event: { id: 'e', title: '아주 긴 제목의 공연; 첫째 날, 서울에서 열리는 봄밤의 콘서트', eventDate: '2026-03-15T10:00:00Z', venue: 'KSPO, Hall' },
  } as unknown as Reservation, Date.parse('2026-03-01T00:00:00Z'));
  const lines = file.split('\r\n');
  assert.ok(lines.every((line) => Buffer.byteLength(line) <= 75));
  assert.ok(lines.includes('DTSTART:20260315T100000Z'));
  assert.ok(lines.includes('LOCATION:KSPO\\, Hall'));
  assert.match(file.replace(/\r\n /g, ''), /SUMMARY:아주 긴 제목의 공연\\; 첫째 날\\, 서울에서 열리는 봄밤의 콘서트\r\n/);
});
