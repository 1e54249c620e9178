// What became of a reservation and its payment, from the server's words alone. Nothing here is decided by the visitor's window.
import type { Reservation } from '../../api/types';
import { read, write } from '../../app/storage';

export type Outcome = 'payable' | 'confirming' | 'unknown' | 'confirmed' | 'declined' | 'expired' | 'refunding' | 'refunded' | 'cancelled';

export function outcomeOf(reservation: Reservation, now: number, isPaying = false): Outcome {
  const state = reservation.payment?.state;
  if (reservation.paymentStatus === 'refunded' || state === 'refunded') return 'refunded';
  if (state === 'refunding') return 'refunding';
  if (reservation.status === 'confirmed') return 'confirmed';
  if (reservation.status === 'cancelled') {
    if (reservation.cancelReason === 'expired') return 'expired';
    if (reservation.cancelReason === 'payment_failed' || reservation.paymentStatus === 'failed' || state === 'failed') return 'declined';
    return 'cancelled';
  }
  if (state === 'confirming') return 'confirming';
  // "confirmed" at the payment and still "pending" here: the last step is on its way.
  if (state === 'unknown' || state === 'confirmed') return 'unknown';
  // A service of the version before tells no payment state: this window remembers that it has begun.
  if (isPaying && state === undefined) return 'unknown';
  return reservation.expiresAt !== null && Date.parse(reservation.expiresAt) <= now ? 'expired' : 'payable';
}

/** It will change by itself: keep asking. */
export const isPassing = (outcome: Outcome): boolean => outcome === 'confirming' || outcome === 'unknown' || outcome === 'refunding';

const key = (id: string): string => `paying:${id}`;
export const rememberPaying = (id: string): void => write(key(id), '1', 'session');
export const forgetPaying = (id: string): void => write(key(id), null, 'session');
export const isPaying = (id: string): boolean => read(key(id), 'session') !== null;
