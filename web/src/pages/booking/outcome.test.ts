import assert from 'node:assert/strict';
import test from 'node:test';
import type { PaymentState, Reservation } from '../../api/types';
import { minuteToSay } from './Countdown';
import { isPassing, outcomeOf } from './outcome';

const now = Date.parse('2026-03-15T10:00:00Z');
const pending = { status: 'pending', paymentStatus: 'pending', expiresAt: '2026-03-15T10:05:00Z', payment: { state: 'none', orderId: null } } as unknown as Reservation;
const paid = (state: PaymentState, more: Partial<Reservation> = {}): Reservation => ({ ...pending, payment: { state, orderId: 'o' }, ...more });

test('a pending reservation can be paid until its time is over', () => {
  assert.equal(outcomeOf(pending, now), 'payable');
  assert.equal(outcomeOf(paid('open'), now), 'payable');
  assert.equal(outcomeOf(pending, now + 300_000), 'expired');
});

test('a payment on its way is never shown as expired or payable again', () => {
  const late = now + 900_000;
  assert.equal(outcomeOf(paid('confirming'), late), 'confirming');
  assert.equal(outcomeOf(paid('unknown'), late), 'unknown');
  assert.equal(outcomeOf(paid('confirmed'), late), 'unknown');
  assert.equal(outcomeOf({ ...pending, payment: undefined }, late, true), 'unknown');
  assert.ok(isPassing('unknown'));
});

test('what is settled says how', () => {
  assert.equal(outcomeOf(paid('confirmed', { status: 'confirmed', paymentStatus: 'completed' }), now), 'confirmed');
  assert.equal(outcomeOf(paid('failed', { status: 'cancelled', paymentStatus: 'failed', cancelReason: 'payment_failed' }), now), 'declined');
  assert.equal(outcomeOf(paid('none', { status: 'cancelled', cancelReason: 'expired' }), now), 'expired');
  assert.equal(outcomeOf(paid('refunding', { status: 'confirmed' }), now), 'refunding');
  assert.equal(outcomeOf(paid('refunded', { status: 'cancelled', paymentStatus: 'refunded', cancelReason: 'user' }), now), 'refunded');
  assert.equal(outcomeOf(paid('none', { status: 'cancelled', cancelReason: 'user' }), now), 'cancelled');
});

test('minutes are said when they pass', () => {
  assert.equal(minuteToSay(300_500, 299_500), 5);
  assert.equal(minuteToSay(299_500, 298_500), null);
  assert.equal(minuteToSay(60_500, 59_900), 1);
  assert.equal(minuteToSay(500, 0), 0);
});
