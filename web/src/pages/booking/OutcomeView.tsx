// The words of every outcome and the way on from it.
import type { ReactNode } from 'react';
import type { Reservation } from '../../api/types';
import { Button, ButtonLink } from '../../components/Button';
import { Heading } from '../../components/Heading';
import { Money } from '../../components/values';
import { bookingStrings } from '../../i18n/tables/booking';
import { downloadCalendar } from './calendar';
import type { Outcome } from './outcome';

type Tone = 'good' | 'warn' | 'bad' | 'wait';

function Sign({ tone }: { tone: Tone }): JSX.Element {
  if (tone === 'wait') return <span className="sign wait" aria-hidden="true"><span className="spinner" /></span>;
  return (
    <span className={`sign ${tone}`} aria-hidden="true">
      <svg width="32" height="32" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" strokeLinejoin="round">
        <path d={tone === 'good' ? 'M5 12.500l4.500 4.500L19 7.500' : tone === 'warn' ? 'M12 6v7M12 17.200v.1' : 'M7 7l10 10M17 7L7 17'} />
      </svg>
    </span>
  );
}

interface Props { reservation: Reservation; outcome: Exclude<Outcome, 'payable'>; detail?: ReactNode }

export function OutcomeView({ reservation, outcome, detail }: Props): JSX.Element {
  const words = bookingStrings().payment;
  const seats = `/events/${reservation.event.id}/seats`;
  const own = `/my-reservations/${reservation.id}`;
  const again = <ButtonLink to={seats} replace size="large" isWide>{words.seatsAgain}</ButtonLink>;
  const all = <ButtonLink to="/my-reservations" look="secondary" isWide>{words.all}</ButtonLink>;
  const shown: Record<Exclude<Outcome, 'payable'>, [Tone, string, string, ReactNode]> = {
    confirmed: ['good', words.confirmedTitle, words.confirmedText, <><ButtonLink to={own} replace size="large" isWide>{words.ticket}</ButtonLink><div className="row centre"><Button look="secondary" onClick={() => downloadCalendar(reservation)}>{bookingStrings().reservations.calendar}</Button><Button look="secondary" onClick={() => window.print()}>{bookingStrings().reservations.print}</Button></div></>],
    confirming: ['wait', words.confirming, words.confirmingText, all],
    unknown: ['wait', words.unknownTitle, words.unknownText, all],
    declined: ['bad', words.declinedTitle, words.declinedText, <>{again}{all}</>],
    expired: ['warn', words.expiredTitle, words.expiredText, <>{again}{all}</>],
    refunding: ['wait', words.refundingTitle, bookingStrings().reservations.refunding, all],
    refunded: ['warn', words.refundedTitle, reservation.cancelReason === 'user' ? bookingStrings().reservations.reasons.user : words.refundedText, <>{again}{all}</>],
    cancelled: ['warn', words.cancelledTitle, words.cancelledText, <>{again}{all}</>],
  };
  const [tone, title, text, ways] = shown[outcome];
  return (
    <div className="page-narrow outcome" data-outcome={outcome}>
      <Sign tone={tone} />
      <div role="status" className="stack-s"><Heading title={title} /><p className="soft">{text}</p></div>
      {detail}
      <dl className="facts card">
        <dt>{words.number}</dt><dd className="tabular">{reservation.reservationNumber}</dd>
        <dt>{words.order}</dt><dd>{reservation.event.title}</dd>
        <dt>{words.seats}</dt><dd>{reservation.seats.map(({ seatLabel }) => seatLabel).join(', ')}</dd>
        <dt>{words.amount}</dt><dd><Money won={reservation.totalAmount} /></dd>
      </dl>
      <div className="stack-s ways">{ways}</div>
    </div>
  );
}
