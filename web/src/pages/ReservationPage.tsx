// /my-reservations/:id: the ticket with its code, and cancelling with the refund told before and its progress after.
import { useState } from 'react';
import { ApiError, api } from '../api/client';
import type { Reservation } from '../api/types';
import { Link, useParam } from '../app/router';
import { useNow } from '../app/useNow';
import { Button, ButtonLink } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { Heading } from '../components/Heading';
import { QRCode } from '../components/QRCode';
import { Banner, ErrorBanner, ErrorState, Loading, Skeleton } from '../components/states';
import { Table } from '../components/Table';
import { toast } from '../components/Toasts';
import { DateTime, Money } from '../components/values';
import { money } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { bookingStrings } from '../i18n/tables/booking';
import { downloadCalendar } from './booking/calendar';
import { Countdown } from './booking/Countdown';
import { ReservationBadge } from './booking/ReservationBadge';
import { useReservation } from './booking/useReservation';

function CancelDialog({ reservation, onClose, onDone }: { reservation: Reservation; onClose: () => void; onDone: () => void }): JSX.Element {
  const words = bookingStrings().reservations;
  const language = useLanguage();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const isPaid = reservation.status === 'confirmed' && reservation.totalAmount > 0;
  async function cancel(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await api.put(`/api/reservations/${reservation.id}/cancel`, {}, { attempts: 2 });
      toast(words.cancelled);
      onDone();
      onClose();
    } catch (failure) {
      setError(ApiError.from(failure));
      setBusy(false);
      onDone();
    }
  }
  return (
    <Dialog
      title={words.cancelTitle} onClose={onClose}
      actions={<><Button look="secondary" onClick={onClose}>{words.keep}</Button><Button look="danger" isBusy={isBusy} onClick={() => void cancel()}>{isPaid ? words.doCancel : words.doCancelUnpaid}</Button></>}
    >
      <p>{isPaid ? words.cancelPaid(money(reservation.totalAmount, language)) : reservation.status === 'confirmed' ? words.cancelFree : words.cancelUnpaid}</p>
      <dl className="facts"><dt>{words.seats}</dt><dd>{reservation.seats.map(({ seatLabel }) => seatLabel).join(', ')}</dd>{isPaid && <><dt>{words.refundAmount}</dt><dd><b><Money won={reservation.totalAmount} /></b></dd></>}</dl>
      {error && <ErrorBanner error={error} />}
    </Dialog>
  );
}

export default function ReservationPage(): JSX.Element {
  const words = bookingStrings().reservations;
  const language = useLanguage();
  const id = useParam('id');
  const [asks, setAsks] = useState(false);
  const resource = useReservation(id);
  const now = useNow(10_000);
  const { data: reservation, outcome } = resource;
  if (!reservation || !outcome) return <div className="page-narrow"><Heading title={words.title} hidden />{resource.error ? <ErrorState error={resource.error} onRetry={resource.reload} /> : <Loading><Skeleton height="420px" /></Loading>}</div>;
  const hasBegun = Date.parse(reservation.event.eventDate) <= now;
  const canCancel = !hasBegun && (outcome === 'confirmed' || outcome === 'payable');
  const reason = reservation.status === 'cancelled' && reservation.cancelReason ? words.reasons[reservation.cancelReason] : null;
  return (
    <article className="page-narrow stack reservation" data-outcome={outcome}>
      <header className="stack-s">
        <div className="row"><ReservationBadge reservation={reservation} now={now} />{outcome === 'payable' && reservation.expiresAt && <Countdown until={reservation.expiresAt} onEnd={resource.reload} />}</div>
        <Heading title={reservation.event.title} />
      </header>
      <div role="status" className="stack-s">
        {outcome === 'refunding' && <Banner><span className="row"><span className="spinner" aria-hidden="true" />{words.refunding}</span></Banner>}
        {outcome === 'refunded' && <Banner tone="good">{words.refunded(money(reservation.totalAmount, language))}</Banner>}
        {(outcome === 'confirming' || outcome === 'unknown') && <Banner>{bookingStrings().payment.unknownText}</Banner>}
        {reason && <p className="soft">{reason}</p>}
      </div>
      <div className={`card stub ${outcome === 'confirmed' ? '' : 'plain'}`}>
        <dl className="facts">
          <dt>{words.number}</dt><dd className="tabular">{reservation.reservationNumber}</dd>
          <dt>{words.date}</dt><dd><DateTime at={reservation.event.eventDate} /></dd>
          {reservation.event.venue && <><dt>{words.venue}</dt><dd>{reservation.event.venue}</dd></>}
          <dt>{words.seats}</dt><dd>{reservation.seats.map(({ seatLabel }) => seatLabel).join(', ')}</dd>
          <dt>{words.amount}</dt><dd><Money won={reservation.totalAmount} /></dd>
          <dt>{words.booked}</dt><dd><DateTime at={reservation.createdAt} style="short" /></dd>
        </dl>
        {outcome === 'confirmed' && <figure className="stub-code"><QRCode text={reservation.reservationNumber} label={`${words.qr}: ${reservation.reservationNumber}`} /><figcaption className="small soft">{words.qrText}</figcaption></figure>}
      </div>
      <Table
        caption={words.seats} rows={reservation.seats} rowKey={({ seatId }) => seatId}
        columns={[{ key: 'seat', title: words.seat, cell: ({ seatLabel }) => seatLabel }, { key: 'price', title: words.price, cell: ({ price }) => <Money won={price} />, isNumber: true }]}
      />
      <div className="row no-print">
        {outcome === 'payable' && <ButtonLink to={`/payment?reservation=${id}`}>{words.payNow}</ButtonLink>}
        {outcome === 'confirmed' && <><Button look="secondary" onClick={() => downloadCalendar(reservation)}>{words.calendar}</Button><Button look="secondary" onClick={() => window.print()}>{words.print}</Button></>}
        <Link to={`/events/${reservation.event.id}`} className="button quiet">{words.toEvent}</Link>
        {canCancel && <Button look="danger" onClick={() => setAsks(true)}>{words.cancel}</Button>}
      </div>
      {asks && <CancelDialog reservation={reservation} onClose={() => setAsks(false)} onDone={resource.reload} />}
    </article>
  );
}
