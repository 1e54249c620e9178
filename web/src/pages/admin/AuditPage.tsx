// Who changed what, and how it was before.
import { ApiError, api, send } from '../../api/client';
import { useResource } from '../../app/resource';
import { useQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { toast } from '../../components/Toasts';
import { DateTime } from '../../components/values';
import { AdminPage } from './parts/AdminPage';
import { saveFile } from './parts/csv';
import { differencesOf } from './parts/differences';
import { Loaded, Problem, QuerySelect, SearchField, useAction } from './parts/shared';
import type { AuditEntry, AuditList } from './parts/types';
import { adminStrings } from './words';

export default function AuditPage(): JSX.Element {
  const words = adminStrings();
  const text = words.audit;
  const query = useQuery();
  const asked = { entityType: query.get('entityType') ?? '', entityId: query.get('entityId') ?? '', page: query.get('page') ?? '1' };
  const list = useResource(`admin/audit?${JSON.stringify(asked)}`, (signal) => api.get<AuditList>('/api/admin/audit', { signal, query: { ...asked, limit: 20 } }), { keepsPrevious: true });
  const { isBusy, error, run } = useAction();
  const download = async (): Promise<void> => {
    try {
      saveFile('audit.csv', await (await send('GET', '/api/admin/audit.csv', undefined, { timeout: 120_000, attempts: 1 })).blob());
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 404) throw thrown;
      toast(words.missing);
    }
  };
  return (
    <AdminPage title={text.title} actions={<Button look="secondary" isBusy={isBusy} onClick={() => void run(download)}>{words.csv}</Button>}>
      <div className="admin-filters">
        <QuerySelect name="entityType" label={text.kind} value={asked.entityType} options={[['', `${text.kind}: ${words.all}`], ...Object.entries(text.kinds)]} />
        <SearchField name="entityId" label={text.id} value={asked.entityId} />
      </div>
      <Problem error={error} />
      <Loaded resource={list}>
        {({ audit, pagination }) => (audit.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <ol className="audit">{audit.map((entry) => <Entry key={entry.id} entry={entry} />)}</ol>
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
    </AdminPage>
  );
}

/** The thing by the name that people know it by. */
function nameOf(entry: AuditEntry): string {
  const value = (entry.after ?? entry.before) as Readonly<Record<string, unknown>> | null;
  for (const key of ['title', 'name', 'reservationNumber', 'email', 'orderId']) if (typeof value?.[key] === 'string') return value[key] as string;
  return entry.entityId ?? '';
}

function Entry({ entry }: { entry: AuditEntry }): JSX.Element {
  const text = adminStrings().audit;
  const differences = differencesOf(entry.before, entry.after);
  const isFailure = !/^(ok|success|done|succeeded)$/i.test(entry.outcome);
  return (
    <li className="card">
      <details>
        <summary>
          <span className="badge accent">{(text.actions as Readonly<Record<string, string>>)[entry.action] ?? entry.action}</span>
          <strong className="grow">{nameOf(entry)}</strong>
          {isFailure && <span className="badge bad">{entry.outcome}</span>}
          <span className="soft small">{entry.actorEmail}</span>
          <span className="soft small tabular"><DateTime at={entry.at} style="seconds" /></span>
        </summary>
        {differences.length === 0 ? <p className="soft small">{text.nothing}</p> : (
          <div className="table-frame" tabIndex={0} role="region" aria-label={text.changes}>
            <table className="table">
              <thead><tr><th scope="col">{text.field}</th><th scope="col">{text.before}</th><th scope="col">{text.after}</th></tr></thead>
              <tbody>{differences.map(({ field, before, after }) => <tr key={field}><th scope="row"><code>{field}</code></th><td className="audit-before">{before}</td><td className="audit-after">{after}</td></tr>)}</tbody>
            </table>
          </div>
        )}
        <p className="soft small">{text.request} <code>{entry.requestId}</code> · {text.address} <code>{entry.address}</code></p>
      </details>
    </li>
  );
}
