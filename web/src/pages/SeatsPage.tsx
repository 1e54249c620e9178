// /events/:id/seats: the hall, live. One button holds what is chosen and goes to payment; own seats are here again after a reload.
import { useEffect, useRef, useState } from 'react';
import { api } from '../api/client';
import { config } from '../api/config';
import type { EventDetail, QueuePlace } from '../api/types';
import { useResource } from '../app/resource';
import { Link, navigate, useParam } from '../app/router';
import { useStore } from '../app/store';
import { Button, ButtonLink } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { Heading } from '../components/Heading';
import { Banner, ErrorBanner, ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime, Money } from '../components/values';
import { useLanguage } from '../i18n/language';
import { bookingStrings } from '../i18n/tables/booking';
import { commonStrings } from '../i18n/tables/common';
import { seatLabel } from '../seatmap/hall';
import { SeatMap, type SeatMapHandle } from '../seatmap/SeatMap';
import { Countdown } from './booking/Countdown';
import { type SeatSale, useSeatSale } from './booking/useSeatSale';

/** Where there is a queue the way leads through it; who is let in sees how long. */
function useAdmission(event: EventDetail | undefined, hasOwn: boolean): QueuePlace | null {
  const [place, setPlace] = useState<QueuePlace | null>(null);
  const isGated = event?.queueEnabled === true && event.status === 'on_sale';
  useEffect(() => {
    if (!isGated || !event || hasOwn) return;
    let isCurrent = true;
    api.post<QueuePlace>('/api/queue', { eventId: event.id }, { attempts: 3 }).then((answer) => {
      if (!isCurrent) return;
      if (answer.status === 'admitted') setPlace(answer);
      else navigate(`/events/${event.id}/queue`, { replace: true });
    }, () => undefined);
    return () => { isCurrent = false; };
  }, [isGated, event?.id, hasOwn]);
  return place;
}

function Together({ sale, most }: { sale: SeatSale; most: number }): JSX.Element | null {
  const words = bookingStrings().seats;
  const [count, setCount] = useState(2);
  const [section, setSection] = useState('');
  const room = Math.max(0, most - sale.mine.length);
  if (!sale.hall || room < 1) return null;
  const wanted = Math.min(count, room);
  return (
    <form className="together" onSubmit={(event) => { event.preventDefault(); sale.findTogether(wanted, section === '' ? undefined : Number(section)); }}>
      <fieldset>
        <legend>{words.together}</legend>
        <select className="input" aria-label={words.seatsCount(wanted)} value={wanted} onChange={(event) => setCount(Number(event.target.value))}>
          {Array.from({ length: room }, (_, index) => <option key={index} value={index + 1}>{words.seatsCount(index + 1)}</option>)}
        </select>
        <select className="input" aria-label={words.anySection} value={section} onChange={(event) => setSection(event.target.value)}>
          <option value="">{words.anySection}</option>
          {sale.hall.sections.map(({ index, name }) => <option key={index} value={index}>{name}</option>)}
        </select>
        <Button type="submit" look="secondary">{words.find}</Button>
      </fieldset>
    </form>
  );
}

function Lost({ sale }: { sale: SeatSale }): JSX.Element | null {
  const words = bookingStrings().seats;
  const { hall, lost, alternative } = sale;
  if (!hall || !lost.length) return null;
  const names = (seats: readonly number[]): string => seats.map((seat) => seatLabel(hall, seat)).join(', ');
  return (
    <div className="banner bad lost" role="alert">
      <div className="grow">{words.lost(names(lost))}{!alternative && <> {words.noAlternative}</>}</div>
      {alternative && <Button size="small" look="danger" onClick={sale.takeAlternative}>{words.alternative(names(alternative))}</Button>}
      <button type="button" className="link" onClick={sale.dismissLost}>{commonStrings().confirm}</button>
    </div>
  );
}

function Panel({ sale, most, canBuy, eventId }: { sale: SeatSale; most: number; canBuy: boolean; eventId: string }): JSX.Element {
  const words = bookingStrings().seats;
  const [asksRelease, setAsks] = useState(false);
  const { hall, selection } = sale;
  const open = sale.mine.filter(({ status }) => status !== 'reserved');
  const bought = sale.mine.filter(({ status }) => status === 'reserved');
  const label = (id: string): string => { const seat = hall?.indexOf(id); return hall && seat !== undefined ? seatLabel(hall, seat) : ''; };
  const price = (ids: readonly string[]): number => ids.reduce((sum, id) => sum + (hall?.prices[hall.indexOf(id) ?? -1] ?? 0), 0);
  const until = open.map(({ expiresAt }) => expiresAt).filter((at): at is string => at !== null).sort()[0];
  const total = selection.reduce((sum, seat) => sum + (hall?.prices[seat] ?? 0), 0);
  return (
    <aside className="panel" aria-label={words.summary}>
      {bought.length > 0 && <p className="small soft">{words.bought(bought.map(({ id }) => label(id)).join(', '))}</p>}
      {open.length > 0 ? (
        <>
          <div className="between"><h2>{words.mine}</h2>{until && <Countdown until={until} label={words.heldFor} onEnd={sale.expire} />}</div>
          <ul className="chosen" role="list">{open.map(({ id }) => <li key={id}><b>{label(id)}</b><Money won={price([id])} /></li>)}</ul>
          <div className="between total"><span>{words.total}</span><b><Money won={price(open.map(({ id }) => id))} /></b></div>
          <Button size="large" isWide isBusy={sale.isBusy} onClick={() => void sale.order()}>{words.toPayment}</Button>
          <Button look="quiet" isWide onClick={() => setAsks(true)}>{words.change}</Button>
        </>
      ) : (
        <>
          <div className="between"><h2>{words.summary}</h2><span className="small soft">{words.limit(most, sale.mine.length)}</span></div>
          {canBuy && <Together sale={sale} most={most} />}
          {selection.length === 0 ? <p className="soft panel-empty">{canBuy ? words.none : words.readOnly}</p> : (
            <ul className="chosen" role="list">
              {selection.map((seat) => (
                <li key={seat}><b>{hall && seatLabel(hall, seat)}</b><Money won={hall?.prices[seat] ?? 0} />
                  <button type="button" className="drop" aria-label={words.remove(hall ? seatLabel(hall, seat) : '')} onClick={() => sale.drop(seat)}>✕</button></li>
              ))}
            </ul>
          )}
          <div className="between total"><span>{words.total}</span><b><Money won={total} /></b></div>
          {canBuy ? <Button size="large" isWide isBusy={sale.isBusy} disabled={selection.length === 0} onClick={() => void sale.order()}>{words.done}</Button>
            : <ButtonLink to={`/events/${eventId}`} look="secondary" isWide>{words.backToEvent}</ButtonLink>}
          {canBuy && <p className="small soft panel-hint">{words.doneHint}</p>}
        </>
      )}
      {asksRelease && (
        <Dialog
          title={words.releaseTitle} onClose={() => setAsks(false)}
          actions={<><Button look="secondary" onClick={() => setAsks(false)}>{bookingStrings().reservations.keep}</Button><Button look="danger" onClick={() => { setAsks(false); void sale.release(); }}>{words.release}</Button></>}
        >
          <p>{words.releaseText}</p>
        </Dialog>
      )}
    </aside>
  );
}

export default function SeatsPage(): JSX.Element {
  const id = useParam('id');
  const words = bookingStrings().seats;
  const language = useLanguage();
  const { maxSeatsPerUser } = useStore(config);
  const map = useRef<SeatMapHandle>(null);
  const event = useResource(`event:${id}`, (signal) => api.get<{ event: EventDetail }>(`/api/events/${encodeURIComponent(id)}`, { signal }).then((answer) => answer.event));
  const sale = useSeatSale(event.data, maxSeatsPerUser, () => map.current);
  const open = sale.mine.some(({ status }) => status !== 'reserved');
  const admission = useAdmission(event.data, open);
  const canBuy = event.data?.status === 'on_sale' || event.data?.status === 'sold_out';
  const error = event.error && !event.data ? event.error : sale.error;

  useEffect(() => { if (sale.alternative?.length) map.current?.showSeats([...sale.lost, ...sale.alternative]); }, [sale.alternative]);

  if (error) return <div className="page"><Heading title={words.title} hidden /><ErrorState error={error} eventId={id} onRetry={() => { event.reload(); sale.retry(); }} /></div>;
  return (
    <div className="page seats-page">
      <header className="seats-head">
        <div className="grow">
          <Heading title={event.data ? `${words.title} · ${event.data.title}` : words.title}>{words.title}</Heading>
          {event.data && <p className="soft small"><Link to={`/events/${id}`}>{event.data.title}</Link> · <DateTime at={event.data.eventDate} style="short" /> · {event.data.venue}</p>}
        </div>
        {admission?.expiresAt && !open && <Countdown until={admission.expiresAt} label={bookingStrings().queue.admissionLeft} isSpoken={false} onEnd={() => navigate(`/events/${id}/queue`, { replace: true })} />}
      </header>
      <div className="seats-notices">
        <Lost sale={sale} />
        {sale.problem && <ErrorBanner error={sale.problem} eventId={id} />}
        {sale.notice && <Banner tone="warn">{sale.notice}</Banner>}
        {sale.isSoldOut && !open && <Banner tone="warn">{words.soldOut}</Banner>}
      </div>
      <div className="seats-layout">
        <div className="seats-map">
          {sale.hall && sale.states ? (
            <SeatMap
              ref={map} hall={sale.hall} states={sale.states} language={language} marks={sale.marks} proposed={sale.alternative ?? undefined}
              canChoose={canBuy && !open && !sale.isBusy} onToggle={sale.toggle}
            />
          ) : <Loading><Skeleton height="min(62dvh, 560px)" /></Loading>}
        </div>
        <Panel sale={sale} most={maxSeatsPerUser} canBuy={canBuy} eventId={id} />
      </div>
    </div>
  );
}
