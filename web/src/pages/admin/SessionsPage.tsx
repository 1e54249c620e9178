// Where the administrator's account is signed in, and the way to end it there.
import { api } from '../../api/client';
import type { UserSession } from '../../api/types';
import { useResource } from '../../app/resource';
import { Button } from '../../components/Button';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { DateTime } from '../../components/values';
import { AdminPage } from './parts/AdminPage';
import { Loaded, Problem, useAction } from './parts/shared';
import { adminStrings } from './words';

export default function SessionsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.sessions;
  const list = useResource('admin/sessions', async (signal) => (await api.get<{ sessions: UserSession[] }>('/api/auth/sessions', { signal })).sessions);
  const { isBusy, error, run } = useAction();
  return (
    <AdminPage title={text.title} intro={text.hint}>
      <Problem error={error} />
      <Loaded resource={list}>
        {(sessions) => (
          <Table hasCards
            caption={text.title} rows={sessions} rowKey={({ id }) => id}
            columns={[
              { key: 'device', title: text.device, cell: (one) => <>{one.device ?? text.unknown} {one.current && <span className="badge good">{text.current}</span>}</> },
              { key: 'started', title: text.started, cell: (one) => <DateTime at={one.createdAt} style="seconds" /> },
              { key: 'used', title: text.used, cell: (one) => <DateTime at={one.lastUsedAt} style="seconds" /> },
              { key: 'end', title: words.events.actions, cell: (one) => !one.current && (
                <Button look="secondary" size="small" isBusy={isBusy} onClick={() => void run(async () => { await api.delete(`/api/auth/sessions/${one.id}`); toast(text.ended); list.reload(); })}>{text.end}</Button>
              ) },
            ]}
          />
        )}
      </Loaded>
    </AdminPage>
  );
}
