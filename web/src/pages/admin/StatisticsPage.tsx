// Revenue over a range by day or month, and every event's sales; both as files.
import { api } from '../../api/client';
import { useResource } from '../../app/resource';
import { navigate, useQuery, withQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Chart } from '../../components/Chart';
import { Field, SelectField } from '../../components/Field';
import { Banner } from '../../components/states';
import { Table } from '../../components/Table';
import { Money } from '../../components/values';
import { compact, count, money } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { AdminPage } from './parts/AdminPage';
import { csv, saveFile } from './parts/csv';
import { seoulDate } from './parts/seoulTime';
import { Loaded, Share } from './parts/shared';
import type { DayRevenue, EventStat } from './parts/types';
import { adminStrings } from './words';

const days = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

export default function StatisticsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.statistics;
  const language = useLanguage();
  const query = useQuery();
  const to = query.get('to') ?? seoulDate(Date.now());
  const from = query.get('from') ?? seoulDate(Date.now(), 29);
  const group = query.get('group') === 'month' ? 'month' : 'day';
  const isRange = days(from, to) >= 1 && days(from, to) <= 400;
  const revenue = useResource(isRange ? `admin/revenue/${from}/${to}/${group}` : null, async (signal) =>
    (await api.get<{ revenueByDate: DayRevenue[] }>('/api/stats/revenue', { signal, query: { from, to, group } })).revenueByDate, { keepsPrevious: true });
  const events = useResource('admin/eventStats', async (signal) => (await api.get<{ eventStats: EventStat[] }>('/api/stats/events', { signal })).eventStats);
  const set = (changes: Record<string, string>): void => navigate(withQuery(changes), { replace: true, keepScroll: true });
  const ranges = [[text.last7, 6], [text.last30, 29], [text.last365, 364]] as const;
  return (
    <AdminPage title={text.title}>
      <div className="stack-l">
        <section className="card stack">
          <div className="between">
            <h2>{text.revenue}</h2>
            <Button look="secondary" size="small" disabled={!revenue.data} onClick={() => saveFile(`revenue-${from}-${to}.csv`, csv([words.dashboard.date, text.revenue], (revenue.data ?? []).map((day) => [day.date, day.revenue])))}>{words.csv}</Button>
          </div>
          <div className="admin-range">
            <Field label={text.from} type="date" value={from} max={to} onChange={({ target }) => target.value && set({ from: target.value, to })} />
            <Field label={text.to} type="date" value={to} min={from} onChange={({ target }) => target.value && set({ to: target.value, from })} />
            <SelectField label={text.group} value={group} onChange={({ target }) => set({ group: target.value })}><option value="day">{text.day}</option><option value="month">{text.month}</option></SelectField>
            <div className="row" role="group" aria-label={text.period}>
              {ranges.map(([name, ago]) => (
                <Button key={ago} look="quiet" size="small" onClick={() => set({ from: seoulDate(Date.now(), ago), to: seoulDate(Date.now()), group: ago > 100 ? 'month' : 'day' })}>{name}</Button>
              ))}
            </div>
          </div>
          {!isRange ? <Banner tone="warn" isAlert>{text.badRange}</Banner> : (
            <Loaded resource={revenue}>
              {(points) => {
                const total = points.reduce((sum, day) => sum + day.revenue, 0);
                const best = points.reduce<DayRevenue | null>((most, day) => (day.revenue > (most?.revenue ?? 0) ? day : most), null);
                return (
                  <>
                    <dl className="tiles small">
                      <div className="tile"><dt>{text.total}</dt><dd><Money won={total} /></dd></div>
                      <div className="tile"><dt>{text.average}</dt><dd><Money won={Math.round(total / Math.max(1, points.length))} /></dd></div>
                      <div className="tile"><dt>{text.best}</dt><dd>{best ? <><Money won={best.revenue} /><span className="tile-hint">{best.date}</span></> : '–'}</dd></div>
                    </dl>
                    <Chart title={text.revenue} heads={[words.dashboard.date, text.revenue]} format={(value) => money(value, language)} axis={(value) => compact(value, language)} points={points.map((day) => ({ label: group === 'day' ? day.date.slice(5) : day.date, value: day.revenue }))} />
                  </>
                );
              }}
            </Loaded>
          )}
        </section>
        <section className="stack">
          <div className="between">
            <h2>{text.events}</h2>
            <Button
              look="secondary" size="small" disabled={!events.data}
              onClick={() => saveFile('events.csv', csv([words.dashboard.event, text.reservations, text.revenue, text.available, `${text.sold} (%)`], (events.data ?? []).map((event) => [event.eventTitle, event.totalReservations, event.totalRevenue, event.availableSeats, event.soldOutPercentage])))}
            >{words.csv}</Button>
          </div>
          <Loaded resource={events}>
            {(list) => (
              <Table hasCards
                caption={text.events} rows={[...list].sort((a, b) => b.totalRevenue - a.totalRevenue)} rowKey={({ eventId }) => eventId}
                columns={[
                  { key: 'event', title: words.dashboard.event, cell: (event) => event.eventTitle },
                  { key: 'reservations', title: text.reservations, isNumber: true, cell: (event) => count(event.totalReservations, language) },
                  { key: 'revenue', title: text.revenue, isNumber: true, cell: (event) => <Money won={event.totalRevenue} /> },
                  { key: 'left', title: text.available, isNumber: true, cell: (event) => count(event.availableSeats, language) },
                  { key: 'sold', title: text.sold, cell: (event) => <Share percent={event.soldOutPercentage} /> },
                ]}
              />
            )}
          </Loaded>
        </section>
      </div>
    </AdminPage>
  );
}
