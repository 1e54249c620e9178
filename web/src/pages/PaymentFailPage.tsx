// /payment/fail: Toss says that the buyer stopped or could not pay. What holds is what our server says; while the hold lives one may try again.
import { useQuery } from '../app/router';
import { ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { EmptyState, Loading, Skeleton } from '../components/states';
import { bookingStrings } from '../i18n/tables/booking';
import { Countdown } from './booking/Countdown';
import { OutcomeView } from './booking/OutcomeView';
import { useReservation } from './booking/useReservation';

export default function PaymentFailPage(): JSX.Element {
  const words = bookingStrings().payment;
  const query = useQuery();
  const id = query.get('reservation') ?? '';
  const code = query.get('code');
  const reservation = useReservation(id);
  if (!id || (reservation.error && !reservation.data)) {
    return <div className="page-narrow"><Heading title={words.failTitle} hidden /><EmptyState title={words.failTitle} action={<ButtonLink to="/my-reservations">{words.all}</ButtonLink>}>{words.failText}</EmptyState></div>;
  }
  if (!reservation.data || !reservation.outcome) return <div className="page-narrow"><Heading title={words.title} /><Loading><Skeleton height="240px" /></Loading></div>;
  if (reservation.outcome !== 'payable') return <OutcomeView reservation={reservation.data} outcome={reservation.outcome} />;
  return (
    <div className="page-narrow outcome" data-outcome="retry">
      <div className="stack-s"><Heading title={words.failTitle} /><p className="soft">{words.failText} {words.declinedLive}</p></div>
      {code && <p className="small soft">{words.reason}: <code>{code.slice(0, 80)}</code></p>}
      {reservation.data.expiresAt && <Countdown until={reservation.data.expiresAt} label={words.left} onEnd={reservation.reload} />}
      <div className="stack-s ways">
        <ButtonLink to={`/payment?reservation=${id}`} replace size="large" isWide>{words.again}</ButtonLink>
        <ButtonLink to="/my-reservations" look="secondary" isWide>{words.all}</ButtonLink>
      </div>
    </div>
  );
}
