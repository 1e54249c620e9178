// How things stand: money, bookings, queues, and what sells how well. Asked anew every few seconds.
import { api } from '../../api/client';
import { useResource } from '../../app/resource';
import { Link } from '../../app/router';
import { Chart } from '../../components/Chart';
import { Table } from '../../components/Table';
import { DateTime, Money } from '../../components/values';
import { compact, count, dateTime, money } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { AdminPage } from './parts/AdminPage';
import { ReservationBadge } from './parts/badges';
import { Loaded, Share, useRefresh } from './parts/shared';
import type { AdminReservationList, Dashboard } from './parts/types';
import { adminStrings } from './words';

interface Totals { confirmed: number; all: number }

/** Bookings begun and bookings paid, from the totals of two short lists. */
async function conversion(signal: AbortSignal): Promise<Totals> {
  const total = async (status?: string): Promise<number> =>
    (await api.get<AdminReservationList>('/api/admin/reservations', { signal, query: { status, limit: 1 } })).pagination.total;
  const [confirmed, all] = await Promise.all([total('confirmed'), total()]);
  return { confirmed, all };
}

function Tile({ label, children, hint, isMain = false }: { label: string; children: React.ReactNode; hint?: React.ReactNode; isMain?: boolean }): JSX.Element {
  return <div className={`tile${isMain ? ' main' : ''}`}><dt>{label}</dt><dd>{children}{hint && <span className="tile-hint">{hint}</span>}</dd></div>;
}

export default function DashboardPage(): JSX.Element {
  const words = adminStrings();
  const language = useLanguage();
  const text = words.dashboard;
  const dashboard = useResource('admin/dashboard', async (signal) => {
    const answer = await api.get<{ dashboard: Dashboard }>('/api/stats/dashboard', { signal });
    return { ...answer.dashboard, at: Date.now() };
  });
  const totals = useResource('admin/conversion', conversion);
  useRefresh(() => { dashboard.reload(); totals.reload(); }, 5000);
  return (
    <AdminPage title={text.title} intro={dashboard.data && words.updated(dateTime(dashboard.data.at, language, 'seconds'))}>
      <Loaded resource={dashboard}>
        {(data) => {
          const titles = new Map(data.eventStats.map((event) => [event.eventId, event.eventTitle]));
          const selling = [...data.eventStats].sort((a, b) => b.totalRevenue - a.totalRevenue || b.soldOutPercentage - a.soldOutPercentage).slice(0, 8);
          const queues = (data.queue?.events ?? []).filter(({ waiting }) => waiting > 0).sort((a, b) => b.waiting - a.waiting);
          return (
            <div className="stack-l">
              <dl className="tiles">
                <Tile label={text.todayRevenue} isMain hint={`${text.todayReservations} ${text.cases(count(data.todayReservations, language))}`}><Money won={data.todayRevenue} /></Tile>
                <Tile label={text.totalRevenue} hint={`${text.reservations} ${text.cases(count(data.totalReservations, language))}`}><Money won={data.totalRevenue} /></Tile>
                <Tile label={text.waiting} hint={`${text.events} ${count(data.totalEvents, language)}`}>{text.people(count(data.queue?.waiting ?? 0, language))}</Tile>
                <Tile label={text.conversion} hint={text.conversionHint}>
                  {totals.data && totals.data.all > 0 ? `${((100 * totals.data.confirmed) / totals.data.all).toFixed(1)}%` : '–'}
                </Tile>
              </dl>
              <section className="card stack">
                <h2>{text.revenue30}</h2>
                <Chart
                  title={text.revenue30} heads={[text.date, text.amount]} format={(value) => money(value, language)} axis={(value) => compact(value, language)} kind="line"
                  points={data.revenueByDate.map(({ date, revenue }) => ({ label: date.slice(5), value: revenue }))}
                />
              </section>
              <div className="admin-columns">
                <section className="card stack">
                  <h2>{text.perEvent}</h2>
                  <ul className="meters">
                    {selling.map((event) => (
                      <li key={event.eventId}>
                        <Link to={`/admin/events/${event.eventId}/live`}>{event.eventTitle}</Link>
                        <Money won={event.totalRevenue} />
                        <Share percent={event.soldOutPercentage} />
                      </li>
                    ))}
                  </ul>
                </section>
                <section className="card stack">
                  <h2>{text.queues}</h2>
                  {queues.length === 0 ? <p className="soft">{text.noQueue}</p> : (
                    <ul className="meters">
                      {queues.map(({ eventId, waiting }) => (
                        <li key={eventId}>
                          <Link to={`/admin/events/${eventId}/live`}>{titles.get(eventId) ?? eventId}</Link>
                          <span className="tabular">{text.people(count(waiting, language))}</span>
                          <Share percent={(100 * waiting) / (queues[0]?.waiting ?? 1)} label=" " />
                        </li>
                      ))}
                    </ul>
                  )}
                </section>
              </div>
              <section className="stack">
                <h2>{text.recent}</h2>
                {data.recentReservations.length === 0 ? <p className="soft">{text.noRecent}</p> : (
                  <Table hasCards
                    caption={text.recent} rows={data.recentReservations} rowKey={({ id }) => id}
                    columns={[
                      { key: 'number', title: words.reservations.number, cell: (row) => <Link to={`/admin/reservations?id=${row.id}`}>{row.reservationNumber}</Link> },
                      { key: 'event', title: words.reservations.event, cell: (row) => row.eventTitle },
                      { key: 'buyer', title: words.reservations.buyer, cell: (row) => row.userName },
                      { key: 'amount', title: words.reservations.amount, isNumber: true, cell: (row) => <Money won={row.totalAmount} /> },
                      { key: 'status', title: words.reservations.status, cell: (row) => <ReservationBadge status={row.status} /> },
                      { key: 'created', title: words.reservations.created, cell: (row) => <DateTime at={row.createdAt} style="seconds" /> },
                    ]}
                  />
                )}
              </section>
            </div>
          );
        }}
      </Loaded>
    </AdminPage>
  );
}
