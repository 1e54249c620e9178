// People and their roles. Nobody takes the role from themselves.
import { useState } from 'react';
import { api } from '../../api/client';
import { useResource } from '../../app/resource';
import { Link, useQuery } from '../../app/router';
import { session } from '../../app/session';
import { useStore } from '../../app/store';
import { Button } from '../../components/Button';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { DateTime } from '../../components/values';
import { AdminPage } from './parts/AdminPage';
import { Confirm, Loaded, QuerySelect, SearchField } from './parts/shared';
import type { AdminUser, AdminUserList } from './parts/types';
import { adminStrings } from './words';

export default function UsersPage(): JSX.Element {
  const words = adminStrings();
  const text = words.users;
  const query = useQuery();
  const me = useStore(session)?.user.id;
  const asked = { search: query.get('search') ?? '', role: query.get('role') ?? '', page: query.get('page') ?? '1' };
  const list = useResource(`admin/users?${JSON.stringify(asked)}`, (signal) => api.get<AdminUserList>('/api/admin/users', { signal, query: { ...asked, limit: 20 } }), { keepsPrevious: true });
  const [changing, setChanging] = useState<AdminUser | null>(null);
  return (
    <AdminPage title={text.title}>
      <div className="admin-filters">
        <SearchField label={text.search} value={asked.search} />
        <QuerySelect name="role" label={text.role} value={asked.role} options={[['', `${text.role}: ${words.all}`], ['user', text.roles.user], ['admin', text.roles.admin]]} />
      </div>
      <Loaded resource={list}>
        {({ users, pagination }) => (users.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <Table hasCards
              caption={text.title} rows={users} rowKey={({ id }) => id}
              columns={[
                { key: 'name', title: text.name, cell: (user) => <strong>{user.name}{user.id === me && <> <span className="badge info">{text.you}</span></>}</strong> },
                { key: 'email', title: text.email, cell: (user) => user.email },
                { key: 'phone', title: text.phone, cell: (user) => user.phone && <span className="nowrap tabular">{user.phone}</span> },
                { key: 'role', title: text.role, cell: (user) => <span className={`badge ${user.role === 'admin' ? 'accent' : ''}`}>{text.roles[user.role]}</span> },
                { key: 'joined', title: text.joined, cell: (user) => <span className="nowrap"><DateTime at={user.createdAt} style="date" /></span> },
                { key: 'actions', title: words.events.actions, cell: (user) => (
                  <div className="admin-actions">
                    <Link className="button quiet small" to={`/admin/reservations?userId=${user.id}`}>{text.reservations}</Link>
                    {user.id !== me && <Button look="quiet" size="small" onClick={() => setChanging(user)}>{user.role === 'admin' ? text.makeUser : text.makeAdmin}</Button>}
                  </div>
                ) },
              ]}
            />
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
      {changing && (
        <Confirm
          title={text.title2} action={changing.role === 'admin' ? text.makeUser : text.makeAdmin} onClose={() => setChanging(null)}
          onConfirm={async () => { await api.patch(`/api/admin/users/${changing.id}/role`, { role: changing.role === 'admin' ? 'user' : 'admin' }); toast(text.changed); list.reload(); }}
        >
          <p>{changing.role === 'admin' ? text.toUser(changing.name) : text.toAdmin(changing.name)}</p>
        </Confirm>
      )}
    </AdminPage>
  );
}
