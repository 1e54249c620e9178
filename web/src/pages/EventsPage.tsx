// /: every event, searched as one types, filtered by status; what is asked for stands in the address.
import { useEffect, useRef, useState } from 'react';
import { api } from '../api/client';
import type { EventList, EventStatus, EventSummary, TicketType } from '../api/types';
import { useResource } from '../app/resource';
import { Link, navigate, useQuery, withQuery } from '../app/router';
import { useNow } from '../app/useNow';
import { ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { Pagination } from '../components/Pagination';
import { Poster } from '../components/Poster';
import { EmptyState, ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime, StatusBadge } from '../components/values';
import { count, duration } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { commonStrings } from '../i18n/tables/common';
import { eventStrings } from '../i18n/tables/events';

const filters: readonly (EventStatus | '')[] = ['', 'on_sale', 'upcoming', 'sold_out', 'ended'];
const pageSize = 12;
/** Within a page, what can be bought stands first. */
const rank: Record<EventStatus, number> = { on_sale: 0, upcoming: 1, sold_out: 2, ended: 3, cancelled: 4 };
const soon = 48 * 3600 * 1000;

function Search(): JSX.Element {
  const words = eventStrings();
  const query = useQuery();
  const asked = query.get('search') ?? '';
  const [text, setText] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  const isComposing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  // Back and forward change the address under the field.
  useEffect(() => { if (document.activeElement !== input.current) setText(asked); }, [asked]);

  // What is typed replaces the entry of the history: Back leaves the search, not its letters.
  const search = (value: string): void => {
    clearTimeout(timer.current);
    if (window.location.pathname !== '/') return;
    navigate(withQuery({ search: value.trim(), page: null }), { replace: true, keepScroll: true });
  };
  const change = (value: string): void => {
    setText(value);
    clearTimeout(timer.current);
    // A Korean syllable that is not finished is not a word to look for.
    timer.current = setTimeout(() => search(value), isComposing.current ? 600 : 250);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <form className="search" role="search" onSubmit={(event) => { event.preventDefault(); search(text); }}>
      <svg width="22" height="22" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true"><circle cx="9.500" cy="9.500" r="6.500" /><path d="M15 15l5 5" /></svg>
      <input
        ref={input} className="input" type="search" name="search" value={text} placeholder={words.search} aria-label={words.search} maxLength={100}
        autoComplete="off" onChange={(event) => change(event.target.value)}
        onCompositionStart={() => { isComposing.current = true; }} onCompositionEnd={() => { isComposing.current = false; }}
      />
      {text && <button type="button" className="search-clear" aria-label={words.clear} onClick={() => { setText(''); search(''); input.current?.focus(); }}>✕</button>}
    </form>
  );
}

/** Seats left, for an answer of the list that does not say. */
function Remaining({ event }: { event: EventSummary }): JSX.Element | null {
  const words = eventStrings();
  const language = useLanguage();
  const { data } = useResource(event.status === 'on_sale' && event.availableSeats === undefined ? `tickets:${event.id}` : null,
    (signal) => api.get<{ ticketTypes: TicketType[] }>(`/api/tickets/event/${event.id}`, { signal, isShared: true, attempts: 1 }));
  const left = event.availableSeats ?? data?.ticketTypes.reduce((sum, type) => sum + type.availableSeats, 0);
  const total = event.totalSeats ?? data?.ticketTypes.reduce((sum, type) => sum + type.totalSeats, 0);
  if (left === undefined || total === undefined || event.status !== 'on_sale') return null;
  const isFew = left > 0 && left <= Math.max(10, total * 0.1);
  return <span className={`left ${isFew ? 'few' : ''}`}>{isFew ? words.few(count(left, language)) : words.remaining(count(left, language))}</span>;
}

function Opening({ at }: { at: string }): JSX.Element {
  const words = eventStrings();
  const language = useLanguage();
  const rest = Date.parse(at) - useNow();
  if (rest > 0 && rest < soon) return <span className="left opening tabular">{words.opensIn(duration(rest, language))}</span>;
  return <span className="left"><DateTime at={at} style="short" /> {words.opens}</span>;
}

function Card({ event }: { event: EventSummary }): JSX.Element {
  return (
    <li className={`event-card ${event.status}`}>
      <Poster id={event.id} title={event.title} artist={event.artistName} image={event.posterImageUrl} />
      <div className="event-card-text">
        <StatusBadge status={event.status} />
        <h2><Link to={`/events/${event.id}`}>{event.title}</Link></h2>
        <p className="soft small">{[event.artistName, event.venue].filter(Boolean).join(' · ')}</p>
        <p className="small"><DateTime at={event.eventDate} style="date" /></p>
        <p className="small">{event.status === 'upcoming' ? <Opening at={event.saleStartDate} /> : <Remaining event={event} />}</p>
      </div>
    </li>
  );
}

function Skeletons(): JSX.Element {
  return (
    <Loading>
      <ul className="event-grid" role="list">
        {Array.from({ length: 8 }, (_, index) => (
          <li className="event-card" key={index}><div className="poster"><Skeleton height="100%" /></div><div className="event-card-text"><Skeleton width="80px" height="24px" /><Skeleton width="85%" height="1.4em" /><Skeleton width="60%" /></div></li>
        ))}
      </ul>
    </Loading>
  );
}

export default function EventsPage(): JSX.Element {
  const words = eventStrings();
  const common = commonStrings();
  const language = useLanguage();
  const query = useQuery();
  const search = query.get('search') ?? '';
  const status = filters.find((one) => one === query.get('status')) ?? '';
  const page = Math.max(1, Math.floor(Number(query.get('page') ?? 1)) || 1);
  const events = useResource(`events:${page}:${status}:${search}`,
    (signal) => api.get<EventList>('/api/events', { signal, query: { page, limit: pageSize, status, search } }), { keepsPrevious: true });

  // An opening that passes while one looks: the list is asked again.
  const next = events.data?.data.filter((event) => event.status === 'upcoming').map((event) => Date.parse(event.saleStartDate)).sort((a, b) => a - b)[0];
  const isOpen = useNow(1000, next !== undefined) >= (next ?? Infinity);
  const asked = useRef<number>();
  useEffect(() => {
    if (!isOpen || asked.current === next) return;
    asked.current = next;
    events.reload();
  }, [isOpen, next]);

  return (
    <div className="page">
      <div className="page-head home-head">
        <Heading title={words.title}>{words.lead}</Heading>
        <Search />
      </div>
      <div className="between filter-bar">
        <nav className="tabs" aria-label={words.filters}>
          {filters.map((one) => (
            <Link key={one} to={withQuery({ status: one, page: null })} keepScroll aria-current={one === status ? 'page' : undefined}>{one === '' ? words.all : common.status[one]}</Link>
          ))}
        </nav>
        <p className="soft small" role="status">{events.data ? words.found(count(events.data.pagination.total, language)) : ''}</p>
      </div>
      {events.error && !events.data ? <ErrorState error={events.error} onRetry={events.reload} />
        : !events.data ? <Skeletons />
          : events.data.data.length === 0 ? (
            <EmptyState title={search || status ? words.none : words.noneAtAll} action={(search || status) && <ButtonLink to="/" look="secondary">{words.showAll}</ButtonLink>}>
              {search ? words.noneHint : undefined}
            </EmptyState>
          ) : (
            <div aria-busy={events.isLoading}>
              <ul className="event-grid" role="list">{[...events.data.data].sort((a, b) => rank[a.status] - rank[b.status]).map((event) => <Card key={event.id} event={event} />)}</ul>
              <Pagination pages={events.data.pagination} />
            </div>
          )}
    </div>
  );
}
