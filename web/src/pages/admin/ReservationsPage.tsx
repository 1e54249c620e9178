// Every booking: found by filters that are part of the address, with its payments, and cancelled or refunded from here.
import { useState } from 'react';
import { api, ApiError, send } from '../../api/client';
import type { ReservationStatus } from '../../api/types';
import { useResource } from '../../app/resource';
import { Link, navigate, useQuery, withQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { Pagination } from '../../components/Pagination';
import { EmptyState, ErrorBanner, Loading, Skeleton } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { DateTime, Money } from '../../components/values';
import { count, money } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { AdminPage } from './parts/AdminPage';
import { OrderBadge, PaymentBadge, ReservationBadge } from './parts/badges';
import { csv, saveFile } from './parts/csv';
import { History } from './parts/History';
import { Confirm, Loaded, Problem, QuerySelect, SearchField, SeatLabels, useAction } from './parts/shared';
import type { AdminEventList, AdminPaymentList, AdminReservation, AdminReservationList } from './parts/types';
import { adminStrings } from './words';

const states: readonly ReservationStatus[] = ['pending', 'confirmed', 'cancelled'];
type Asked = Record<'status' | 'eventId' | 'search' | 'userId', string>;

/** The server's stream; where it has none yet, every page of the list put together here. */
async function download(asked: Asked, heads: readonly string[]): Promise<number | null> {
  try {
    const answer = await send('GET', '/api/admin/reservations.csv', undefined, { query: asked, timeout: 120_000, attempts: 1 });
    saveFile('reservations.csv', await answer.blob());
    return null;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
  const rows: AdminReservation[] = [];
  for (let page = 1; ; page += 1) {
    const { reservations, pagination } = await api.get<AdminReservationList>('/api/admin/reservations', { query: { ...asked, limit: 100, page } });
    rows.push(...reservations);
    if (page >= pagination.totalPages) break;
  }
  saveFile('reservations.csv', csv(heads, rows.map((row) => [
    row.reservationNumber, row.event.title, row.seats.map(({ seatLabel }) => seatLabel).join(' '), row.totalAmount, row.status, row.paymentStatus, row.createdAt, row.userId,
  ])));
  return rows.length;
}

export default function ReservationsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.reservations;
  const language = useLanguage();
  const query = useQuery();
  const asked: Asked = { status: query.get('status') ?? '', eventId: query.get('eventId') ?? '', search: query.get('search') ?? '', userId: query.get('userId') ?? '' };
  const page = query.get('page') ?? '1';
  const open = query.get('id');
  const list = useResource(
    `admin/reservations?${JSON.stringify(asked)}${page}`,
    (signal) => api.get<AdminReservationList>('/api/admin/reservations', { signal, query: { ...asked, page, limit: 20 } }), { keepsPrevious: true },
  );
  const events = useResource('admin/events/names', (signal) => api.get<AdminEventList>('/api/admin/events', { signal, query: { limit: 100 } }));
  const { isBusy, error, run } = useAction();
  const close = (): void => navigate(withQuery({ id: null }), { replace: true, keepScroll: true });
  const hasFilter = Object.values(asked).some(Boolean);
  return (
    <AdminPage
      title={text.title}
      actions={(
        <Button
          look="secondary" isBusy={isBusy}
          onClick={() => void run(async () => {
            const rows = await download(asked, [text.number, text.event, text.seats, text.amount, text.status, text.payment, text.created, text.buyer]);
            if (rows !== null) toast(words.csvDone(count(rows, language)));
          })}
        >{words.csv}</Button>
      )}
    >
      <div className="admin-filters">
        <SearchField label={text.search} value={asked.search} />
        <QuerySelect name="status" label={text.status} value={asked.status} options={[['', `${text.status}: ${words.all}`], ...states.map((state) => [state, text.states[state]] as const)]} />
        <QuerySelect name="eventId" label={text.event} value={asked.eventId} options={[['', text.allEvents], ...(events.data?.data ?? []).map((event) => [event.id, event.title] as const)]} />
        {hasFilter && <Link className="button quiet" to="/admin/reservations" replace keepScroll>{words.clear}</Link>}
      </div>
      <Problem error={error} />
      <Loaded resource={list}>
        {({ reservations, pagination }) => (reservations.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <Table hasCards
              caption={text.title} rows={reservations} rowKey={({ id }) => id}
              columns={[
                { key: 'number', title: text.number, cell: (row) => <Link className="nowrap tabular" keepScroll to={withQuery({ id: row.id })}>{row.reservationNumber}</Link> },
                { key: 'event', title: text.event, cell: (row) => <span className="clip">{row.event.title}</span> },
                { key: 'seats', title: text.seats, cell: (row) => <span className="small admin-seats"><SeatLabels seats={row.seats} /></span> },
                { key: 'amount', title: text.amount, isNumber: true, cell: (row) => <Money won={row.totalAmount} /> },
                { key: 'status', title: text.status, cell: (row) => <ReservationBadge status={row.status} /> },
                { key: 'payment', title: text.payment, cell: (row) => <PaymentBadge status={row.paymentStatus} /> },
                { key: 'created', title: text.created, cell: (row) => <span className="nowrap"><DateTime at={row.createdAt} style="seconds" /></span> },
              ]}
            />
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
      {open && <Detail key={open} id={open} onClose={close} onChange={list.reload} />}
    </AdminPage>
  );
}

function Detail({ id, onClose, onChange }: { id: string; onClose: () => void; onChange: () => void }): JSX.Element {
  const words = adminStrings();
  const text = words.reservations;
  const language = useLanguage();
  const [isAsking, setAsking] = useState(false);
  const found = useResource(`admin/reservation/${id}`, async (signal) => (await api.get<{ reservation: AdminReservation }>(`/api/reservations/${encodeURIComponent(id)}`, { signal })).reservation);
  const payments = useResource(`admin/reservation/${id}/payments`, async (signal) => (await api.get<AdminPaymentList>('/api/admin/payments', { signal, query: { reservationId: id, limit: 20 } })).payments);
  const one = found.data;
  const isPaid = one?.status === 'confirmed' && one.totalAmount > 0;
  return (
    <>
      <Dialog
        title={one ? `${text.detail} ${one.reservationNumber}` : text.detail} onClose={onClose} isWide
        actions={(
          <>
            <Button look="secondary" onClick={onClose}>{words.close}</Button>
            {one && one.status !== 'cancelled' && <Button look="danger" onClick={() => setAsking(true)}>{isPaid ? text.refund : text.cancel}</Button>}
          </>
        )}
      >
        {found.error && <ErrorBanner error={found.error} onRetry={found.reload} />}
        {!one && !found.error && <Loading><Skeleton height="160px" /></Loading>}
        {one && (
          <dl className="facts">
            <dt>{text.event}</dt><dd><Link to={`/admin/events/${one.event.id}`}>{one.event.title}</Link></dd>
            <dt>{text.seats}</dt><dd><SeatLabels seats={one.seats} /></dd>
            <dt>{text.amount}</dt><dd><Money won={one.totalAmount} /></dd>
            <dt>{text.status}</dt><dd className="row"><ReservationBadge status={one.status} /><PaymentBadge status={one.paymentStatus} /></dd>
            <dt>{text.created}</dt><dd><DateTime at={one.createdAt} style="seconds" /></dd>
            {one.status === 'pending' && one.expiresAt && <><dt>{text.expires}</dt><dd><DateTime at={one.expiresAt} style="seconds" /></dd></>}
            {one.confirmedAt && <><dt>{text.confirmed}</dt><dd><DateTime at={one.confirmedAt} style="seconds" /></dd></>}
            {one.cancelledAt && <><dt>{text.cancelledAt}</dt><dd><DateTime at={one.cancelledAt} style="seconds" /></dd></>}
            {one.cancelReason && <><dt>{text.reason}</dt><dd>{text.reasons[one.cancelReason]}</dd></>}
            <dt>{text.buyer}</dt><dd>{one.user?.name ?? ''} {one.user?.email ?? ''} <Link className="small" to={`/admin/reservations?userId=${one.userId}`}>{text.openUser}</Link></dd>
          </dl>
        )}
        <h3>{text.history}</h3>
        {payments.error && payments.error.status !== 404 && <ErrorBanner error={payments.error} onRetry={payments.reload} />}
        {payments.data?.length === 0 && <p className="soft">{text.noPayment}</p>}
        {payments.data?.map((payment) => (
          <div key={payment.id} className="stack-s">
            <div className="row"><OrderBadge status={payment.status} /><Money won={payment.amount} /><span className="soft small">{payment.method}</span><code className="small">{payment.orderId}</code></div>
            <History id={payment.id} />
          </div>
        ))}
      </Dialog>
      {isAsking && one && (
        <Confirm
          title={text.cancelTitle} action={isPaid ? text.refund : text.cancel} onClose={() => setAsking(false)}
          onConfirm={async () => {
            await api.patch(`/api/admin/reservations/${id}/status`, { status: 'cancelled' });
            toast(isPaid ? text.refunding : text.cancelled);
            found.reload();
            payments.reload();
            onChange();
          }}
        >
          <p>{isPaid ? text.refundText(one.reservationNumber, money(one.totalAmount, language)) : text.cancelText(one.reservationNumber)}</p>
        </Confirm>
      )}
    </>
  );
}
