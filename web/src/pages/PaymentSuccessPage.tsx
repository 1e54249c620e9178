// /payment/success: where Toss (or its stand-in) leads back to. "Success" is Toss's word for "the buyer agreed"; whether it was paid is asked
// of our server, which charges once however often this page is loaded.
import { useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../api/client';
import type { ConfirmAnswer } from '../api/types';
import { useQuery } from '../app/router';
import { ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { EmptyState, ErrorBanner, ErrorState, Loading, Skeleton } from '../components/states';
import { bookingStrings } from '../i18n/tables/booking';
import { OutcomeView } from './booking/OutcomeView';
import { type Outcome, forgetPaying, rememberPaying } from './booking/outcome';
import { useReservation } from './booking/useReservation';

export default function PaymentSuccessPage(): JSX.Element {
  const words = bookingStrings().payment;
  const query = useQuery();
  const id = query.get('reservation') ?? '';
  const orderId = query.get('orderId') ?? '';
  const paymentKey = query.get('paymentKey');
  const amount = Number(query.get('amount'));
  const reservation = useReservation(id);
  const [error, setError] = useState<ApiError | null>(null);
  const [provider, setProvider] = useState<string | null>(null);
  const asked = useRef(false);
  const outcome = reservation.outcome;

  useEffect(() => {
    // Only what is not decided yet is asked for: a reload after the end shows the end.
    const isOpen = reservation.data?.status === 'pending';
    if (!isOpen || asked.current || !orderId || outcome === 'refunding') return;
    asked.current = true;
    rememberPaying(id);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const confirm = async (): Promise<void> => {
      try {
        await api.post<ConfirmAnswer>('/api/payments/confirm', paymentKey ? { paymentKey, orderId, amount } : { orderId, amount }, { timeout: 40_000 });
      } catch (failure) {
        const failed = ApiError.from(failure);
        // No answer is no outcome: asking again charges nothing twice.
        if (failed.isTemporary) { if (!isOver) timer = setTimeout(() => void confirm(), 3000); return; }
        if (typeof failed.body.providerCode === 'string') setProvider(failed.body.providerCode);
        if (failed.code !== 'PAYMENT_REJECTED' && failed.code !== 'RESERVATION_EXPIRED') { setError(failed); forgetPaying(id); }
      }
      if (!isOver) reservation.reload();
    };
    void confirm();
    return () => { isOver = true; clearTimeout(timer); };
    // Once per visit; what follows is pushed and polled.
  }, [reservation.data !== undefined]);

  if (!id || (reservation.error && !reservation.data)) {
    return <div className="page-narrow"><Heading title={words.title} hidden />{reservation.error ? <ErrorState error={reservation.error} onRetry={reservation.reload} /> : <EmptyState title={words.missing} action={<ButtonLink to="/my-reservations">{words.all}</ButtonLink>} />}</div>;
  }
  if (!reservation.data || !outcome) return <div className="page-narrow"><Heading title={words.confirming} /><Loading><Skeleton height="320px" /></Loading></div>;
  const shown: Exclude<Outcome, 'payable'> | null = outcome === 'payable' ? (error ? null : 'confirming') : outcome;
  if (shown === null) {
    // It was not taken, and the hold lives: another way to pay.
    return (
      <div className="page-narrow stack" data-outcome="retry">
        <Heading title={words.failTitle} />
        {error && <ErrorBanner error={error} eventId={reservation.data.event.id} />}
        <p className="soft">{words.declinedLive}</p>
        <ButtonLink to={`/payment?reservation=${id}`} replace size="large" isWide>{words.otherCard}</ButtonLink>
      </div>
    );
  }
  return <OutcomeView reservation={reservation.data} outcome={shown} detail={provider && shown === 'declined' ? <p className="small soft">{words.reason}: <code>{provider}</code></p> : undefined} />;
}
