// All events of the house: find, open, edit, watch, delete, cancel.
import { useState } from 'react';
import { api } from '../../api/client';
import type { EventStatus } from '../../api/types';
import { useResource } from '../../app/resource';
import { Link, useQuery } from '../../app/router';
import { ButtonLink, Button } from '../../components/Button';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { DateTime, StatusBadge } from '../../components/values';
import { count, seoulDay } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { commonStrings } from '../../i18n/tables/common';
import { AdminPage } from './parts/AdminPage';
import { CancelEvent } from './parts/CancelEvent';
import { Confirm, Loaded, QuerySelect, SearchField, Share } from './parts/shared';
import type { AdminEvent, AdminEventList } from './parts/types';
import { adminStrings } from './words';

const statuses: readonly EventStatus[] = ['upcoming', 'on_sale', 'sold_out', 'ended', 'cancelled'];

/** Month and day in Seoul: 11.27. – 12.13. */
const saleSpan = (event: AdminEvent): string =>
  [event.saleStartDate, event.saleEndDate].map((time) => `${seoulDay(time).slice(5).replace(/-0?/, '.').replace(/^0/, '')}.`).join(' – ');

export default function EventsPage(): JSX.Element {
  const words = adminStrings();
  const common = commonStrings();
  const language = useLanguage();
  const text = words.events;
  const query = useQuery();
  const asked = { search: query.get('search') ?? '', status: query.get('status') ?? '', page: query.get('page') ?? '1' };
  const list = useResource(`admin/events?${query}`, (signal) => api.get<AdminEventList>('/api/admin/events', { signal, query: { ...asked, limit: 20 } }), { keepsPrevious: true });
  const [deleting, setDeleting] = useState<AdminEvent | null>(null);
  const [cancelling, setCancelling] = useState<AdminEvent | null>(null);
  return (
    <AdminPage title={text.title} actions={<ButtonLink to="/admin/events/new">{text.create}</ButtonLink>}>
      <div className="admin-filters">
        <SearchField label={text.search} value={asked.search} />
        <QuerySelect name="status" label={text.status} value={asked.status} options={[['', words.all], ...statuses.map((status) => [status, common.status[status]] as const)]} />
      </div>
      <Loaded resource={list}>
        {({ data, pagination }) => (data.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <Table hasCards
              caption={text.title} rows={data} rowKey={({ id }) => id}
              columns={[
                { key: 'title', title: text.title, cell: (event) => <div className="admin-event">
                  {event.posterImageUrl ? <img src={event.posterImageUrl} alt="" width="40" height="56" loading="lazy" /> : <span className="admin-noposter" aria-hidden="true" />}
                  <span><Link to={`/admin/events/${event.id}`}>{event.title}</Link><small>{[event.artistName, event.venue].filter(Boolean).join(' · ')}</small></span>
                </div> },
                { key: 'status', title: text.status, cell: (event) => <StatusBadge status={event.status} /> },
                { key: 'date', title: text.date, cell: (event) => (
                  <span className="nowrap">
                    <DateTime at={event.eventDate} style="short" />
                    <small className="soft admin-sale">{text.sale} {saleSpan(event)}</small>
                  </span>
                ) },
                { key: 'seats', title: text.seats, cell: (event) => <Share percent={event.totalSeats ? (100 * event.soldSeats) / event.totalSeats : 0} label={`${count(event.soldSeats, language)} / ${count(event.totalSeats, language)}`} /> },
                { key: 'actions', title: text.actions, cell: (event) => (
                  <div className="admin-actions">
                    <ButtonLink to={`/admin/events/${event.id}/live`} look="secondary" size="small">{text.live}</ButtonLink>
                    {event.status !== 'cancelled' && <Button look="quiet" size="small" onClick={() => setCancelling(event)}>{text.cancel}</Button>}
                    <Button look="quiet" size="small" onClick={() => setDeleting(event)}>{text.delete}</Button>
                  </div>
                ) },
              ]}
            />
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
      {deleting && (
        <Confirm
          title={text.deleteTitle} action={text.delete} onClose={() => setDeleting(null)}
          onConfirm={async () => { await api.delete(`/api/admin/events/${deleting.id}`); toast(text.deleted); list.reload(); }}
        >
          <p>{text.deleteText(deleting.title)}</p>
        </Confirm>
      )}
      {cancelling && <CancelEvent event={cancelling} onClose={() => setCancelling(null)} onDone={list.reload} />}
    </AdminPage>
  );
}
