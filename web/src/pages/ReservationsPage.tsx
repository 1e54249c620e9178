// /my-reservations: what is to come, and what is past.
import { useEffect, useRef } from 'react';
import { api } from '../api/client';
import type { Reservation, ReservationList } from '../api/types';
import { useResource } from '../app/resource';
import { Link, navigate, useQuery, withQuery } from '../app/router';
import { useNow } from '../app/useNow';
import { ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { Pagination } from '../components/Pagination';
import { Poster } from '../components/Poster';
import { EmptyState, ErrorState, Loading, Skeleton } from '../components/states';
import { Tabs } from '../components/Tabs';
import { DateTime, Money } from '../components/values';
import { bookingStrings } from '../i18n/tables/booking';
import { follow } from '../live/live';
import { Countdown } from './booking/Countdown';
import { isPassing, isPaying, outcomeOf } from './booking/outcome';
import { ReservationBadge } from './booking/ReservationBadge';

function Card({ reservation, now, onEnd }: { reservation: Reservation; now: number; onEnd: () => void }): JSX.Element {
  const words = bookingStrings().reservations;
  const outcome = outcomeOf(reservation, now, isPaying(reservation.id));
  return (
    <li className="card ticket" data-outcome={outcome}>
      <Poster id={reservation.event.id} title={reservation.event.title} artist={null} image={null} />
      <div className="ticket-text">
        <div className="row"><ReservationBadge reservation={reservation} now={now} />{outcome === 'payable' && reservation.expiresAt && <Countdown until={reservation.expiresAt} isSpoken={false} onEnd={onEnd} />}</div>
        <h2><Link to={`/my-reservations/${reservation.id}`}>{reservation.event.title}</Link></h2>
        <p className="small"><DateTime at={reservation.event.eventDate} />{reservation.event.venue && ` · ${reservation.event.venue}`}</p>
        <p className="small soft">{reservation.seats.map(({ seatLabel }) => seatLabel).join(', ')}</p>
        <p className="small soft tabular">{reservation.reservationNumber} · <Money won={reservation.totalAmount} /></p>
      </div>
      {outcome === 'payable' && <ButtonLink to={`/payment?reservation=${reservation.id}`}>{words.payNow}</ButtonLink>}
    </li>
  );
}

export default function ReservationsPage(): JSX.Element {
  const words = bookingStrings().reservations;
  const query = useQuery();
  const tab = query.get('tab') === 'past' ? 'past' : 'upcoming';
  const page = Math.max(1, Math.floor(Number(query.get('page') ?? 1)) || 1);
  const list = useResource(`my:${page}`, (signal) => api.get<ReservationList>('/api/reservations/my', { signal, query: { page, limit: 20 } }), { keepsPrevious: true });
  const now = useNow(1000);
  const reload = useRef(list.reload);
  reload.current = list.reload;
  useEffect(() => {
    const ask = (): void => reload.current();
    const ends = [follow('payment-updated', ask), follow('reservation-expired', ask)];
    return () => { for (const end of ends) end(); };
  }, []);
  const hasMoving = list.data?.reservations.some((one) => isPassing(outcomeOf(one, now, isPaying(one.id)))) ?? false;
  useEffect(() => {
    if (!hasMoving) return;
    const timer = setInterval(() => reload.current(), 4000);
    return () => clearInterval(timer);
  }, [hasMoving]);

  const isPast = (one: Reservation): boolean => {
    const outcome = outcomeOf(one, now, isPaying(one.id));
    return !(outcome === 'payable' || isPassing(outcome) || (outcome === 'confirmed' && Date.parse(one.event.eventDate) > now - 6 * 3600 * 1000));
  };
  const shown = list.data?.reservations.filter((one) => isPast(one) === (tab === 'past')) ?? [];
  if (tab === 'upcoming') shown.sort((a, b) => Number(b.status === 'pending') - Number(a.status === 'pending') || Date.parse(a.event.eventDate) - Date.parse(b.event.eventDate));
  return (
    <div className="page-narrow wide stack">
      <Heading title={words.title} />
      <Tabs
        id="bookings" label={words.label} selected={tab} onSelect={(key) => navigate(withQuery({ tab: key === 'past' ? 'past' : null }), { replace: true, keepScroll: true })}
        tabs={[{ key: 'upcoming', text: words.upcoming }, { key: 'past', text: words.past }]}
      />
      <div role="tabpanel" id="bookings-panel" aria-labelledby={`bookings-${tab}`}>
        {list.error && !list.data ? <ErrorState error={list.error} onRetry={list.reload} />
          : !list.data ? <Loading><div className="stack"><Skeleton height="150px" /><Skeleton height="150px" /></div></Loading>
            : shown.length === 0 ? (
              <EmptyState title={tab === 'past' ? words.nonePast : words.none} action={tab === 'upcoming' && <ButtonLink to="/">{words.find}</ButtonLink>}>{tab === 'upcoming' ? words.noneText : undefined}</EmptyState>
            ) : <ul className="ticket-list" role="list">{shown.map((one) => <Card key={one.id} reservation={one} now={now} onEnd={list.reload} />)}</ul>}
      </div>
      {list.data && <Pagination pages={list.data.pagination} />}
    </div>
  );
}
