// The state of a reservation as a badge.
import type { Reservation } from '../../api/types';
import { bookingStrings } from '../../i18n/tables/booking';
import { type Outcome, isPaying, outcomeOf } from './outcome';

const tones: Record<Outcome, string> = { payable: 'warn', confirming: 'info', unknown: 'info', confirmed: 'good', declined: 'bad', expired: '', refunding: 'info', refunded: '', cancelled: '' };

export function ReservationBadge({ reservation, now }: { reservation: Reservation; now: number }): JSX.Element {
  const words = bookingStrings().reservations.states;
  const outcome = outcomeOf(reservation, now, isPaying(reservation.id));
  const text: Record<Outcome, string> = {
    payable: words.pending, confirming: words.paying, unknown: words.paying, confirmed: words.confirmed, declined: words.failed, expired: words.expired,
    refunding: words.refunding, refunded: words.refunded, cancelled: words.cancelled,
  };
  const isEvent = reservation.cancelReason === 'event_cancelled' && outcome === 'cancelled';
  return <span className={`badge ${tones[outcome]}`} data-outcome={outcome}>{isEvent ? words.eventCancelled : text[outcome]}</span>;
}
