// Payments: those that need somebody first, then all of them. A stuck one can be settled.
import { useState } from 'react';
import { api } from '../../api/client';
import { useResource } from '../../app/resource';
import { Link, navigate, useQuery, withQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { Table } from '../../components/Table';
import { Tabs } from '../../components/Tabs';
import { toast } from '../../components/Toasts';
import { DateTime, Money } from '../../components/values';
import { AdminPage } from './parts/AdminPage';
import { OrderBadge } from './parts/badges';
import { Confirm, Loaded, QuerySelect, SearchField, useRefresh } from './parts/shared';
import type { AdminPayment, AdminPaymentList } from './parts/types';
import { adminStrings } from './words';

const states: readonly AdminPayment['status'][] = ['pending', 'confirmed', 'cancelled', 'failed'];

export default function PaymentsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.payments;
  const query = useQuery();
  const isAll = query.get('view') === 'all';
  const asked = { alarmed: isAll ? null : true, status: isAll ? query.get('status') ?? '' : '', orderId: isAll ? query.get('orderId') ?? '' : '', page: query.get('page') ?? '1' };
  const list = useResource(`admin/payments?${JSON.stringify(asked)}`, (signal) => api.get<AdminPaymentList>('/api/admin/payments', { signal, query: { ...asked, limit: 20 } }), { keepsPrevious: true });
  useRefresh(list.reload, 10_000);
  const [settling, setSettling] = useState<AdminPayment | null>(null);
  return (
    <AdminPage title={text.title}>
      <div className="admin-filters">
        <Tabs id="payments" label={text.title} selected={isAll ? 'all' : 'stuck'} tabs={[{ key: 'stuck', text: text.stuck }, { key: 'all', text: words.all }]} onSelect={(view) => navigate(withQuery({ view: view === 'all' ? 'all' : null, page: null }), { replace: true, keepScroll: true })} />
        {isAll && <SearchField name="orderId" label={text.order} value={asked.orderId} />}
        {isAll && <QuerySelect name="status" label={text.status} value={asked.status} options={[['', `${text.status}: ${words.all}`], ...states.map((state) => [state, text.states[state]] as const)]} />}
      </div>
      <div id="payments-panel" role="tabpanel" aria-labelledby={`payments-${isAll ? 'all' : 'stuck'}`} className="stack">
        {!isAll && <p className="soft">{text.stuckHint}</p>}
        <Loaded resource={list}>
          {({ payments, pagination }) => (payments.length === 0 ? <EmptyState title={isAll ? text.empty : text.noStuck} /> : (
            <>
              <Table hasCards
                caption={text.title} rows={payments} rowKey={({ id }) => id}
                columns={[
                  { key: 'order', title: text.order, cell: (row) => <><code className="clip">{row.orderId}</code>{row.alarm && <span className="badge bad">{text.alarm}: {row.alarm}</span>}</> },
                  { key: 'amount', title: text.amount, isNumber: true, cell: (row) => <Money won={row.amount} /> },
                  { key: 'status', title: text.status, cell: (row) => <OrderBadge status={row.status} /> },
                  { key: 'phase', title: text.phase, cell: (row) => text.phases[row.phase] },
                  { key: 'calls', title: text.calls, isNumber: true, cell: (row) => row.calls },
                  { key: 'code', title: text.code, cell: (row) => row.providerCode && <code className="small">{row.providerCode}</code> },
                  { key: 'created', title: text.created, cell: (row) => <span className="nowrap"><DateTime at={row.createdAt} style="seconds" /></span> },
                  { key: 'actions', title: words.events.actions, cell: (row) => (
                    <div className="admin-actions">
                      <Link className="button quiet small" to={`/admin/reservations?id=${row.reservationId}`}>{text.reservation}</Link>
                      {row.phase !== 'done' && row.phase !== 'created' && <Button look="danger" size="small" onClick={() => setSettling(row)}>{text.settle}</Button>}
                    </div>
                  ) },
                ]}
              />
              <Pagination pages={pagination} />
            </>
          ))}
        </Loaded>
      </div>
      {settling && (
        <Confirm
          title={text.settleTitle} action={text.settle} onClose={() => setSettling(null)}
          onConfirm={async () => { await api.post(`/api/admin/payments/${settling.id}/settle`, {}, { timeout: 90_000 }); toast(text.settled); list.reload(); }}
        >
          <p>{text.settleText}</p>
          <dl className="facts"><dt>{text.order}</dt><dd><code>{settling.orderId}</code></dd><dt>{text.amount}</dt><dd><Money won={settling.amount} /></dd></dl>
        </Confirm>
      )}
    </AdminPage>
  );
}
