// Names in Korean and English that belong together, so that a search for one finds the other.
import { type FormEvent, useState } from 'react';
import { api, newKey } from '../../api/client';
import { useResource } from '../../app/resource';
import { useQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Field, SelectField } from '../../components/Field';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { AdminPage } from './parts/AdminPage';
import { Confirm, Loaded, Problem, SearchField, useAction } from './parts/shared';
import type { Keyword, KeywordList } from './parts/types';
import { adminStrings } from './words';

const kinds = ['artist', 'venue', 'event', 'other'] as const;

export default function KeywordsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.keywords;
  const query = useQuery();
  const asked = { search: query.get('search') ?? '', page: query.get('page') ?? '1' };
  const list = useResource(`admin/keywords?${JSON.stringify(asked)}`, (signal) => api.get<KeywordList>('/api/admin/keywords', { signal, query: { ...asked, limit: 50 } }), { keepsPrevious: true });
  const [deleting, setDeleting] = useState<Keyword | null>(null);
  const isMissing = list.error?.status === 404;
  return (
    <AdminPage title={text.title} intro={text.hint}>
      <div className="stack">
        {!isMissing && <Add onDone={list.reload} />}
        {!isMissing && <div className="admin-filters"><SearchField label={words.search} value={asked.search} /></div>}
        <Loaded resource={list}>
          {({ keywords, pagination }) => (keywords.length === 0 ? <EmptyState title={text.empty} /> : (
            <>
              <Table hasCards
                caption={text.title} rows={keywords} rowKey={({ id }) => id}
                columns={[
                  { key: 'korean', title: text.korean, cell: (row) => <span lang="ko">{row.korean}</span> },
                  { key: 'english', title: text.english, cell: (row) => <span lang="en">{row.english}</span> },
                  { key: 'kind', title: text.kind, cell: (row) => (text.kinds as Readonly<Record<string, string>>)[row.entityType ?? 'other'] ?? row.entityType },
                  { key: 'actions', title: words.events.actions, cell: (row) => <Button look="quiet" size="small" onClick={() => setDeleting(row)}>{words.remove}</Button> },
                ]}
              />
              <Pagination pages={pagination} />
            </>
          ))}
        </Loaded>
      </div>
      {deleting && (
        <Confirm title={text.deleteTitle} action={words.remove} onClose={() => setDeleting(null)} onConfirm={async () => { await api.delete(`/api/admin/keywords/${deleting.id}`); toast(words.removed); list.reload(); }}>
          <p>{deleting.korean} = {deleting.english}</p>
        </Confirm>
      )}
    </AdminPage>
  );
}

function Add({ onDone }: { onDone: () => void }): JSX.Element {
  const words = adminStrings();
  const text = words.keywords;
  const [korean, setKorean] = useState('');
  const [english, setEnglish] = useState('');
  const [entityType, setKind] = useState<string>('artist');
  const { isBusy, error, run } = useAction();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!korean.trim() || !english.trim()) return;
    void run(async () => {
      await api.post('/api/admin/keywords', { korean, english, entityType }, { idempotencyKey: newKey() });
      setKorean('');
      setEnglish('');
      toast(words.saved);
      onDone();
    });
  };
  return (
    <form className="card admin-range" onSubmit={submit} aria-label={text.create}>
      <Field label={text.korean} lang="ko" value={korean} maxLength={100} required onChange={({ target }) => setKorean(target.value)} />
      <Field label={text.english} lang="en" value={english} maxLength={100} required onChange={({ target }) => setEnglish(target.value)} />
      <SelectField label={text.kind} value={entityType} onChange={({ target }) => setKind(target.value)}>{kinds.map((kind) => <option key={kind} value={kind}>{text.kinds[kind]}</option>)}</SelectField>
      <Button type="submit" isBusy={isBusy}>{words.add}</Button>
      <Problem error={error} />
    </form>
  );
}
