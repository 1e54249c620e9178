// /events/:id: what, when, where and for how much; one button that says what will happen.
import { useEffect, useRef } from 'react';
import { api } from '../api/client';
import { config } from '../api/config';
import type { EventDetail, TicketType } from '../api/types';
import { type Resource, useResource } from '../app/resource';
import { useParam } from '../app/router';
import { session } from '../app/session';
import { useStore } from '../app/store';
import { useNow } from '../app/useNow';
import { ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { Poster } from '../components/Poster';
import { ErrorState, Loading, Skeleton } from '../components/states';
import { toast } from '../components/Toasts';
import { DateTime, Money, StatusBadge } from '../components/values';
import { count, duration } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { eventStrings } from '../i18n/tables/events';
import { follow, join } from '../live/live';

/** Renews the event as its seats and its status change; a crowd of changes is one question. */
function useLiveEvent(id: string, event: Resource<EventDetail>): void {
  const isSignedIn = useStore(session) !== null;
  const isOpening = useNow(1000, event.data?.status === 'upcoming') >= Date.parse(event.data?.saleStartDate ?? '9999-01-01');
  const reload = useRef(event.reload);
  reload.current = event.reload;
  useEffect(() => {
    if (!isSignedIn) {
      const timer = setInterval(() => { if (!document.hidden) reload.current(); }, 20_000);
      return () => clearInterval(timer);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => { timer ??= setTimeout(() => { timer = undefined; reload.current(); }, 2000 + Math.random() * 1000); };
    const mine = (message: { eventId: string }): void => { if (message.eventId === id) soon(); };
    const ends = [
      follow('event-status-changed', (message) => { if (message.eventId === id) reload.current(); }),
      follow('seat-reserved', mine), follow('seat-released', mine), follow('resync', soon),
      join({ join: 'join-event', leave: 'leave-event', payload: { eventId: id } }),
      join({ join: 'join-seat-selection', leave: 'leave-seat-selection', payload: { eventId: id } }),
    ];
    return () => { clearTimeout(timer); for (const end of ends) end(); };
  }, [id, isSignedIn]);
  // The opening by the server's clock; the answer may be a moment behind.
  useEffect(() => {
    if (!isOpening || event.data?.status !== 'upcoming') return;
    const timer = setInterval(() => reload.current(), 2000);
    reload.current();
    return () => clearInterval(timer);
  }, [isOpening, event.data?.status]);
  const before = useRef(event.data?.status);
  useEffect(() => {
    const words = eventStrings.now();
    if (before.current === 'upcoming' && event.data?.status === 'on_sale') toast(words.action.opened);
    if (before.current === 'sold_out' && event.data?.status === 'on_sale') toast(words.action.returned);
    before.current = event.data?.status ?? before.current;
  }, [event.data?.status]);
}

function Prices({ types, isOver }: { types: readonly TicketType[]; isOver: boolean }): JSX.Element {
  const words = eventStrings().event;
  const language = useLanguage();
  return (
    <ul className="price-list" role="list">
      {types.map((type, index) => (
        <li key={type.id}>
          <span className="swatch" style={{ background: `var(--price-${(index % 6) + 1})` }} aria-hidden="true" />
          <span className="grow"><b>{type.section}</b>{type.description && <span className="soft small"> {type.description}</span>}</span>
          <Money won={type.price} />
          {!isOver && (type.availableSeats === 0 ? <span className="badge bad">{words.soldOut}</span>
            : <span className="left-count small tabular" title={words.of(count(type.availableSeats, language), count(type.totalSeats, language))}>{words.left} {count(type.availableSeats, language)}</span>)}
        </li>
      ))}
    </ul>
  );
}

/** The sections from the stage backwards, each as wide as its share of the seats and as strong as what is left. */
function MiniMap({ types }: { types: readonly TicketType[] }): JSX.Element {
  const words = eventStrings().event;
  const language = useLanguage();
  const largest = Math.max(1, ...types.map((type) => type.totalSeats));
  return (
    <figure className="mini-map">
      <div className="mini-stage">{words.stage}</div>
      {types.map((type, index) => (
        <div
          key={type.id} className="mini-section"
          style={{ width: `${40 + 60 * Math.sqrt(type.totalSeats / largest)}%`, ['--fill' as string]: `${type.totalSeats ? (100 * type.availableSeats) / type.totalSeats : 0}%`, ['--colour' as string]: `var(--price-${(index % 6) + 1})` }}
        >
          <span>{type.section}</span><span className="tabular">{words.of(count(type.availableSeats, language), count(type.totalSeats, language))}</span>
        </div>
      ))}
      <figcaption className="small soft">{words.mapHint}</figcaption>
    </figure>
  );
}

function Action({ event }: { event: EventDetail }): JSX.Element {
  const words = eventStrings().action;
  const language = useLanguage();
  const rest = Date.parse(event.saleStartDate) - useNow(1000, event.status === 'upcoming');
  const path = `/events/${event.id}`;
  switch (event.status) {
    case 'upcoming':
      return (
        <>
          <p className="opens-in" role="timer"><b className="tabular">{words.opensIn(duration(rest, language))}</b><DateTime at={event.saleStartDate} style="short" /></p>
          {event.queueEnabled && <><ButtonLink to={`${path}/queue`} size="large" isWide>{words.lobby}</ButtonLink><p className="small soft">{words.lobbyHint}</p></>}
        </>
      );
    case 'on_sale':
      return event.queueEnabled
        ? <><ButtonLink to={`${path}/queue`} size="large" isWide>{words.queue}</ButtonLink><p className="small soft">{words.queueHint}</p></>
        : <ButtonLink to={`${path}/seats`} size="large" isWide>{words.seats}</ButtonLink>;
    case 'sold_out':
      return <><p className="over"><b>{words.soldOut}</b></p><p className="small soft">{words.soldOutHint}</p><ButtonLink to={`${path}/seats`} look="secondary" isWide>{words.watchSeats}</ButtonLink><ButtonLink to="/?status=on_sale" look="quiet" isWide>{words.others}</ButtonLink></>;
    case 'ended':
      return <><p className="over"><b>{words.ended}</b></p><ButtonLink to="/?status=on_sale" look="secondary" isWide>{words.others}</ButtonLink></>;
    case 'cancelled':
      return <><p className="over"><b>{words.cancelled}</b></p><p className="small soft">{words.cancelledHint}</p><ButtonLink to="/my-reservations" look="secondary" isWide>{words.mine}</ButtonLink></>;
  }
}

export default function EventPage(): JSX.Element {
  const id = useParam('id');
  const words = eventStrings();
  const { maxSeatsPerUser, holdSeconds } = useStore(config);
  const resource = useResource(`event:${id}`, (signal) => api.get<{ event: EventDetail }>(`/api/events/${encodeURIComponent(id)}`, { signal }).then((answer) => answer.event));
  useLiveEvent(id, resource);
  const event = resource.data;
  if (!event) {
    return <div className="page">{resource.error ? <><Heading title={words.title} hidden /><ErrorState error={resource.error} onRetry={resource.reload} /></> : <Loading><div className="event-layout"><div className="poster"><Skeleton height="100%" /></div><div className="stack"><Skeleton height="3em" /><Skeleton width="60%" /><Skeleton height="12em" /></div></div></Loading>}</div>;
  }
  const isOver = event.status === 'ended' || event.status === 'cancelled';
  return (
    <article className="page event-layout">
      <div className="event-poster"><Poster id={event.id} title={event.title} artist={event.artistName} image={event.posterImageUrl} isLazy={false} /></div>
      <div className="event-main">
        <header className="stack-s">
          <div><StatusBadge status={event.status} /></div>
          <Heading title={event.title} />
          {event.artistName && <p className="soft event-artist">{event.artistName}</p>}
        </header>
        <dl className="facts">
          <dt>{words.event.date}</dt><dd><DateTime at={event.eventDate} /></dd>
          <dt>{words.event.venue}</dt><dd>{event.venue}{event.address && <span className="soft small address">{event.address}</span>}</dd>
          <dt>{words.event.sale}</dt><dd><DateTime at={event.saleStartDate} style="short" /> ~ <DateTime at={event.saleEndDate} style="short" /></dd>
        </dl>
        {event.description && <section className="stack-s"><h2>{words.event.about}</h2><p className="prose">{event.description}</p></section>}
        <section className="stack-s"><h2>{words.event.map}</h2><MiniMap types={event.ticketTypes} /></section>
        <section className="stack-s"><h2>{words.refund.title}</h2><ul className="rules">{words.refund.rules.split('\n').map((rule) => <li key={rule}>{rule}</li>)}</ul></section>
      </div>
      <aside className="event-side" aria-label={words.event.prices}>
        <div className="card stack">
          <div className="between"><h2>{words.event.prices}</h2>{!isOver && <span className="badge good live">{words.event.live}</span>}</div>
          <Prices types={event.ticketTypes} isOver={isOver} />
          <div className="stack-s action"><Action event={event} /></div>
          {!isOver && <p className="small soft">{words.event.limit(maxSeatsPerUser)}. {words.event.hold(Math.round(holdSeconds / 60))}</p>}
        </div>
      </aside>
    </article>
  );
}
