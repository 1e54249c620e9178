// One sale as it happens: the hall, the figures, how fast seats go, and who waits.
import { useEffect, useRef, useState } from 'react';
import { api, ApiError } from '../../api/client';
import { loadSeats } from '../../api/seats';
import { useResource } from '../../app/resource';
import { useParam } from '../../app/router';
import { useStore } from '../../app/store';
import { ButtonLink } from '../../components/Button';
import { Chart } from '../../components/Chart';
import { ErrorState, Skeleton } from '../../components/states';
import { Money, StatusBadge } from '../../components/values';
import { count, dateTime } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { connection, follow, join } from '../../live/live';
import { SeatFeed } from '../../live/SeatFeed';
import { AVAILABLE, RESERVED, SeatMap, type SeatMapHandle, seatLabel } from '../../seatmap';
import { AdminPage } from './parts/AdminPage';
import { SaleFigures } from './parts/saleFigures';
import { Loaded, Share, useRefresh } from './parts/shared';
import type { AdminEventDetail, Dashboard } from './parts/types';
import { adminStrings } from './words';

export default function LivePage(): JSX.Element {
  const words = adminStrings();
  const id = useParam('id');
  const found = useResource(`admin/event/${id}`, async (signal) => (await api.get<{ event: AdminEventDetail }>(`/api/admin/events/${id}`, { signal })).event);
  useRefresh(found.reload, 15_000);
  return (
    <AdminPage
      title={words.live.title} intro={found.data && <>{found.data.title} <StatusBadge status={found.data.status} /></>}
      actions={<ButtonLink to={`/admin/events/${id}`} look="secondary" size="small">{words.edit}</ButtonLink>}
    >
      <Loaded resource={found}>{(event) => <Sale key={event.id} event={event} />}</Loaded>
    </AdminPage>
  );
}

/** The seats as they are now and the figures of them; the map is told of each change, the figures are shown once a second. */
function useSale(event: AdminEventDetail, paint: (seat: number, state: number) => void): { sale: { feed: SeatFeed; figures: SaleFigures } | null; error: ApiError | null } {
  const [sale, setSale] = useState<{ feed: SeatFeed; figures: SaleFigures } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [, setRound] = useState(0);
  const painter = useRef(paint);
  painter.current = paint;
  useEffect(() => {
    const controller = new AbortController();
    const ends: (() => void)[] = [];
    loadSeats(event, controller.signal).then(({ hall, states, version, source }) => {
      const figures = new SaleFigures(hall, states);
      const feed = new SeatFeed(event.id, hall, states, version, source, {
        onChange: (seats) => {
          const now = Date.now();
          for (const seat of seats) {
            figures.change(seat, feed.states[seat]!, now);
            painter.current(seat, feed.states[seat]!);
          }
        },
      });
      ends.push(
        () => feed.close(),
        follow('seat-reserved', (message) => feed.message(message, message.status ?? 'locked')),
        follow('seat-released', (message) => feed.message(message, 'available')),
        follow('resync', () => { setTimeout(() => feed.refresh(), Math.random() * 1500); }),
        join({ join: 'join-seat-selection', leave: 'leave-seat-selection', payload: { eventId: event.id }, onJoined: (answer) => feed.joined(answer.version) }),
      );
      setSale({ feed, figures });
    }, (thrown: unknown) => { if (!controller.signal.aborted) setError(ApiError.from(thrown)); });
    const timer = setInterval(() => setRound((round) => round + 1), 1000);
    return () => {
      controller.abort();
      clearInterval(timer);
      for (const end of ends) end();
    };
  }, [event.id]);
  return { sale, error };
}

function Sale({ event }: { event: AdminEventDetail }): JSX.Element {
  const words = adminStrings();
  const text = words.live;
  const language = useLanguage();
  const state = useStore(connection);
  const map = useRef<SeatMapHandle>(null);
  const { sale, error } = useSale(event, (seat, now) => map.current?.change(seat, now));
  const queue = useResource(event.queueEnabled ? `admin/queue/${event.id}` : null, async (signal) => {
    const { dashboard } = await api.get<{ dashboard: Dashboard }>('/api/stats/dashboard', { signal });
    return dashboard.queue?.events.find(({ eventId }) => eventId === event.id)?.waiting ?? 0;
  });
  useRefresh(queue.reload, 3000);
  if (error) return <ErrorState error={error} onRetry={() => window.location.reload()} />;
  const now = Date.now();
  const counts = sale?.figures ?? { free: 0, held: 0, sold: 0, revenue: 0 };
  const changes = sale?.figures.changes ?? [];
  const rates = sale?.figures.rates(now) ?? { holds: 0, sales: 0, releases: 0 };
  const hall = sale?.feed.hall;
  const total = hall?.count ?? 0;
  const slots = Array.from({ length: 30 }, (_, index) => ({ at: now - (30 - index) * 10_000, holds: 0 }));
  for (const change of changes) {
    const slot = slots[Math.floor((change.at - (now - 300_000)) / 10_000)];
    if (slot && change.to !== AVAILABLE) slot.holds += 1;
  }
  return (
    <div className="stack-l">
      <dl className="tiles">
        <div className="tile main"><dt>{text.sold}</dt><dd className="tabular">{count(counts.sold, language)}<span className="tile-hint"><Share percent={total ? (100 * counts.sold) / total : 0} /></span></dd></div>
        <div className="tile"><dt>{text.held}</dt><dd className="tabular">{count(counts.held, language)}<span className="tile-hint">{text.free} {count(counts.free, language)}</span></dd></div>
        <div className="tile"><dt>{text.revenue}</dt><dd><Money won={counts.revenue} /><span className="tile-hint">{text.saleRate} {count(rates.sales, language)} {text.perMinute}</span></dd></div>
        <div className="tile"><dt>{text.queue}</dt><dd className="tabular">{event.queueEnabled ? words.dashboard.people(count(queue.data ?? 0, language)) : '–'}<span className="tile-hint">{event.queueEnabled ? text.waiting : text.noQueueHere}</span></dd></div>
      </dl>
      <div className="live-pair">
        <section className="card stack" aria-label={text.map}>
          <div className="between"><h2>{text.map}</h2><span className={`badge ${state === 'online' ? 'good live' : 'warn'}`}>{state === 'online' ? text.connected : text.connecting}</span></div>
          <div className="live-map">
            {hall ? <SeatMap ref={map} hall={hall} states={sale.feed.states} language={language} canChoose={false} /> : <Skeleton height="100%" />}
          </div>
        </section>
        <div className="stack">
          <section className="card stack">
            <h2>{text.rates}</h2>
            <dl className="facts">
              <dt>{text.holdRate}</dt><dd className="tabular">{count(rates.holds, language)} {text.perMinute}</dd>
              <dt>{text.saleRate}</dt><dd className="tabular">{count(rates.sales, language)} {text.perMinute}</dd>
              <dt>{text.releaseRate}</dt><dd className="tabular">{count(rates.releases, language)} {text.perMinute}</dd>
            </dl>
          </section>
          <section className="card stack">
            <h2>{text.feed}</h2>
            {changes.length === 0 || !hall ? <p className="soft">{text.noFeed}</p> : (
              <ul className="feed">
                {changes.slice(-8).reverse().map((change, index) => (
                  <li key={`${change.at}-${change.seat}-${index}`}>
                    <span className={`badge ${change.to === RESERVED ? 'good' : change.to === AVAILABLE ? '' : 'warn'}`}>{change.to === RESERVED ? text.tookSale : change.to === AVAILABLE ? text.letGo : text.tookHold}</span>
                    <span className="grow">{seatLabel(hall, change.seat)}</span>
                    <span className="soft small tabular">{dateTime(change.at, language, 'seconds').slice(-8)}</span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </div>
      </div>
      <section className="card stack">
        <h2>{text.last}</h2>
        <Chart
          title={text.last} heads={[words.dashboard.date, text.holdRate]} format={(value) => count(value, language)}
          points={slots.map(({ at, holds }) => ({ label: dateTime(at, language, 'seconds').slice(-8), value: holds }))}
        />
      </section>
    </div>
  );
}
