// One sale as it happens: the hall, the figures, how fast seats go, and who waits.
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, ApiError } from '../../api/client';
import { useResource } from '../../app/resource';
import { useParam } from '../../app/router';
import { useStore } from '../../app/store';
import { ButtonLink } from '../../components/Button';
import { Chart } from '../../components/Chart';
import { ErrorState, Skeleton } from '../../components/states';
import { Money, StatusBadge } from '../../components/values';
import { count, dateTime } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { connection } from '../../live/live';
import { AVAILABLE, RESERVED, SeatMap, type SeatMapHandle, seatLabel } from '../../seatmap';
import { AdminPage } from './parts/AdminPage';
import { SaleFeed } from './parts/saleFeed';
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

function Sale({ event }: { event: AdminEventDetail }): JSX.Element {
  const words = adminStrings();
  const text = words.live;
  const language = useLanguage();
  const state = useStore(connection);
  const map = useRef<SeatMapHandle>(null);
  const [, setRound] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const feed = useMemo(() => new SaleFeed(event.id, event.ticketTypes), [event.id]);
  const queue = useResource(event.queueEnabled ? `admin/queue/${event.id}` : null, async (signal) => {
    const { dashboard } = await api.get<{ dashboard: Dashboard }>('/api/stats/dashboard', { signal });
    return dashboard.queue?.events.find(({ eventId }) => eventId === event.id)?.waiting ?? 0;
  });
  useRefresh(queue.reload, 3000);
  useEffect(() => {
    feed.onChange = (seat) => {
      if (seat === undefined) setRound((round) => round + 1);
      else map.current?.change(seat, feed.states[seat] ?? AVAILABLE);
    };
    feed.onError = (thrown) => setError(ApiError.from(thrown));
    feed.start();
    // Figures move once a second; the map by itself with every message.
    const timer = setInterval(() => setRound((round) => round + 1), 1000);
    return () => { clearInterval(timer); feed.stop(); };
  }, [feed]);
  if (error && !feed.hall) return <ErrorState error={error} onRetry={() => window.location.reload()} />;
  const { counts, hall } = feed;
  const now = Date.now();
  const rates = feed.rates(now);
  const total = hall?.count ?? 0;
  const slots = Array.from({ length: 30 }, (_, index) => ({ at: now - (30 - index) * 10_000, holds: 0 }));
  for (const change of feed.changes) {
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
            {hall ? <SeatMap ref={map} hall={hall} states={feed.states} language={language} canChoose={false} /> : <Skeleton height="100%" />}
          </div>
        </section>
        <div className="stack">
          <section className="card stack">
            <h2>{text.last}</h2>
            <dl className="facts">
              <dt>{text.holdRate}</dt><dd className="tabular">{count(rates.holds, language)} {text.perMinute}</dd>
              <dt>{text.saleRate}</dt><dd className="tabular">{count(rates.sales, language)} {text.perMinute}</dd>
              <dt>{text.releaseRate}</dt><dd className="tabular">{count(rates.releases, language)} {text.perMinute}</dd>
            </dl>
            <Chart
              title={text.last} heads={[words.dashboard.date, text.holdRate]} format={(value) => count(value, language)}
              points={slots.map(({ at, holds }) => ({ label: dateTime(at, language, 'seconds').slice(-8), value: holds }))}
            />
          </section>
          <section className="card stack">
            <h2>{text.feed}</h2>
            {feed.changes.length === 0 || !hall ? <p className="soft">{text.noFeed}</p> : (
              <ul className="feed">
                {feed.changes.slice(-8).reverse().map((change, index) => (
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
    </div>
  );
}
