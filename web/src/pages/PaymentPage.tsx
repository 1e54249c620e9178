// /payment?reservation=: what is bought, how long it is kept, and how to pay. The outcome is never decided here: /payment/success asks.
import { useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../api/client';
import { config, loadConfig } from '../api/config';
import type { Reservation } from '../api/types';
import { navigate, useQuery } from '../app/router';
import { session } from '../app/session';
import { useStore } from '../app/store';
import { Button, ButtonLink } from '../components/Button';
import { SelectField } from '../components/Field';
import { Heading } from '../components/Heading';
import { Poster } from '../components/Poster';
import { Banner, EmptyState, ErrorBanner, ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime, Money } from '../components/values';
import { money } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { bookingStrings } from '../i18n/tables/booking';
import { Countdown } from './booking/Countdown';
import { OutcomeView } from './booking/OutcomeView';
import { type TossWidget, mountToss } from './booking/toss';
import { useReservation } from './booking/useReservation';

/** Words of the payment simulator (docs/toss-simulator.md): they travel in the payment key. */
const standInOutcomes = { ok: 'ok', reject: 'REJECT_CARD_COMPANY', slow: 'slow-5000', drop: 'drop', lost: 'lost' } as const;
type StandInOutcome = keyof typeof standInOutcomes;

function StandIn({ outcome, onChange }: { outcome: StandInOutcome; onChange: (next: StandInOutcome) => void }): JSX.Element {
  const words = bookingStrings().payment;
  return (
    <div className="stand-in stack-s">
      <div><span className="badge warn">{words.standIn}</span></div>
      <p className="small soft">{words.standInText}</p>
      <SelectField label={words.outcome} name="outcome" value={outcome} onChange={(event) => onChange(event.target.value as StandInOutcome)}>
        {(Object.keys(standInOutcomes) as StandInOutcome[]).map((key) => <option key={key} value={key}>{words.outcomes[key]}</option>)}
      </SelectField>
    </div>
  );
}

function useToss(clientKey: string | null, reservation: Reservation): { widget: TossWidget | null; hasFailed: boolean; retry: () => void } {
  const [widget, setWidget] = useState<TossWidget | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const [round, setRound] = useState(0);
  const user = useStore(session)?.user;
  useEffect(() => {
    if (!clientKey || !user || reservation.totalAmount === 0) return;
    let isCurrent = true;
    setFailed(false);
    mountToss(clientKey, user.id, reservation.totalAmount, '#payment-methods', '#payment-agreement').then(
      (made) => { if (isCurrent) setWidget(made); }, () => { if (isCurrent) setFailed(true); });
    return () => { isCurrent = false; };
  }, [clientKey, user?.id, reservation.totalAmount, round]);
  return { widget, hasFailed, retry: () => setRound((count) => count + 1) };
}

function Pay({ reservation, onChanged }: { reservation: Reservation; onChanged: () => void }): JSX.Element {
  const words = bookingStrings().payment;
  const language = useLanguage();
  const { tossClientKey } = useStore(config);
  const user = useStore(session)?.user;
  const { widget, hasFailed, retry } = useToss(tossClientKey, reservation);
  const [outcome, setOutcome] = useState<StandInOutcome>('ok');
  const [hasAgreed, setAgreed] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const agreement = useRef<HTMLInputElement>(null);
  const amount = reservation.totalAmount;
  const isFree = amount === 0;

  async function pay(): Promise<void> {
    if (!hasAgreed) { setAsked(true); agreement.current?.focus(); return; }
    setBusy(true);
    setError(null);
    try {
      const { orderId } = await api.post<{ orderId: string }>('/api/payments/prepare', { reservationId: reservation.id, amount }, { attempts: 3 });
      const query = new URLSearchParams({ reservation: reservation.id });
      if (widget && !isFree) {
        const origin = window.location.origin;
        await widget.pay({
          orderId, orderName: `${reservation.event.title} ${reservation.seats.length}`.slice(0, 100), customerEmail: user?.email, customerName: user?.name,
          successUrl: `${origin}/payment/success?${query}`, failUrl: `${origin}/payment/fail?${query}`,
        });
        return;
      }
      query.set('orderId', orderId);
      query.set('amount', String(amount));
      if (!isFree) query.set('paymentKey', `sim.${standInOutcomes[outcome]}.${orderId.slice(-12)}${Date.now()}`);
      navigate(`/payment/success?${query}`, { replace: true });
    } catch (failure) {
      setBusy(false);
      // Closing Toss's window is no error of ours; the visitor may try again.
      const code = (failure as { code?: string }).code;
      if (code === 'USER_CANCEL' || code === 'PAY_PROCESS_CANCELED') return;
      setError(ApiError.from(failure));
      onChanged();
    }
  }

  return (
    <div className="card stack">
      <h2>{words.method}</h2>
      {isFree ? null : tossClientKey ? (
        <>
          {hasFailed ? <Banner tone="bad" isAlert action={<Button size="small" look="quiet" onClick={retry}>{words.again}</Button>}>{words.widgetFailed}</Banner>
            : !widget && <Loading><Skeleton height="180px" /></Loading>}
          <div id="payment-methods" /><div id="payment-agreement" />
        </>
      ) : <StandIn outcome={outcome} onChange={setOutcome} />}
      <div className="field">
        <label className="check"><input ref={agreement} type="checkbox" checked={hasAgreed} aria-invalid={isAsked && !hasAgreed ? true : undefined} aria-describedby={isAsked && !hasAgreed ? 'agree-problem' : undefined} onChange={(event) => setAgreed(event.target.checked)} /><span>{words.agree}</span></label>
        {isAsked && !hasAgreed && <span className="problem" id="agree-problem" role="alert">{words.agreeMissing}</span>}
      </div>
      {error && (error.code === 'AMOUNT_MISMATCH' ? <Banner tone="warn" isAlert><b>{words.changedTitle}</b> {words.changedText(money(amount, language))}</Banner> : <ErrorBanner error={error} eventId={reservation.event.id} onRetry={() => void pay()} />)}
      <Button size="large" isWide isBusy={isBusy} disabled={!isFree && tossClientKey !== null && !widget} onClick={() => void pay()}>{isFree ? words.free : words.pay(money(amount, language))}</Button>
    </div>
  );
}

export default function PaymentPage(): JSX.Element {
  const words = bookingStrings().payment;
  const id = useQuery().get('reservation') ?? '';
  const reservation = useReservation(id);
  useEffect(() => { void loadConfig(); }, []);
  if (!id) return <div className="page-narrow"><Heading title={words.title} hidden /><EmptyState title={words.missing} action={<ButtonLink to="/my-reservations">{words.all}</ButtonLink>} /></div>;
  if (!reservation.data || !reservation.outcome) {
    return <div className="page-narrow"><Heading title={words.title} hidden={!!reservation.error} />{reservation.error ? <ErrorState error={reservation.error} onRetry={reservation.reload} /> : <Loading><Skeleton height="320px" /></Loading>}</div>;
  }
  const { data, outcome } = reservation;
  if (outcome !== 'payable') return <OutcomeView reservation={data} outcome={outcome} />;
  return (
    <div className="page payment-page">
      <div className="between page-head">
        <Heading title={words.title} />
        {data.expiresAt && <Countdown until={data.expiresAt} label={words.left} onEnd={reservation.reload} />}
      </div>
      <div className="payment-layout">
        <section className="card stack" aria-labelledby="order">
          <h2 id="order">{words.order}</h2>
          <div className="order-event">
            <Poster id={data.event.id} title={data.event.title} artist={null} image={null} />
            <div className="stack-s"><b>{data.event.title}</b><span className="soft small"><DateTime at={data.event.eventDate} /></span>{data.event.venue && <span className="soft small">{data.event.venue}</span>}<span className="soft small tabular">{words.number} {data.reservationNumber}</span></div>
          </div>
          <ul className="chosen" role="list">{data.seats.map((seat) => <li key={seat.seatId}><b>{seat.seatLabel}</b><Money won={seat.price} /></li>)}</ul>
          <div className="between total"><span>{words.amount}</span><b><Money won={data.totalAmount} /></b></div>
        </section>
        <Pay reservation={data} onChanged={reservation.reload} />
      </div>
    </div>
  );
}
