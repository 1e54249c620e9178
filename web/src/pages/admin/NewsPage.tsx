// Writing news: pinned ones stand on top, drafts above them until they are published.
import { type FormEvent, useState } from 'react';
import { api, newKey } from '../../api/client';
import type { News, NewsList } from '../../api/types';
import { useResource } from '../../app/resource';
import { Link, useQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { Field, TextField } from '../../components/Field';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { DateTime } from '../../components/values';
import { count } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { commonStrings } from '../../i18n/tables/common';
import { AdminPage } from './parts/AdminPage';
import { Confirm, Loaded, Problem, useAction } from './parts/shared';
import { adminStrings } from './words';

export default function NewsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.news;
  const language = useLanguage();
  const page = useQuery().get('page') ?? '1';
  const list = useResource(`admin/news/${page}`, (signal) => api.get<NewsList>('/api/admin/news', { signal, query: { page, limit: 20 } }), { keepsPrevious: true });
  const [editing, setEditing] = useState<News | 'new' | null>(null);
  const [deleting, setDeleting] = useState<News | null>(null);
  return (
    <AdminPage title={text.title} actions={<Button onClick={() => setEditing('new')}>{text.create}</Button>}>
      <Loaded resource={list}>
        {({ news, pagination }) => (news.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <Table hasCards
              caption={text.title} rows={news} rowKey={({ id }) => id}
              columns={[
                { key: 'subject', title: text.subject, cell: (item) => <>{item.isPinned && <span className="badge accent">{text.pinnedShort}</span>} {item.isDraft && <span className="badge warn">{text.draft}</span>} {item.isDraft ? item.title : <Link to={`/news/${item.id}`}>{item.title}</Link>}</> },
                { key: 'views', title: text.views, isNumber: true, cell: (item) => count(item.views, language) },
                { key: 'published', title: text.published, cell: (item) => <span className="nowrap">{item.publishedAt && <DateTime at={item.publishedAt} style="short" />}</span> },
                { key: 'actions', title: words.events.actions, cell: (item) => (
                  <div className="admin-actions">
                    <Button look="secondary" size="small" onClick={() => setEditing(item)}>{words.edit}</Button>
                    <Button look="quiet" size="small" onClick={() => setDeleting(item)}>{words.remove}</Button>
                  </div>
                ) },
              ]}
            />
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
      {editing && <Editor item={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onDone={list.reload} />}
      {deleting && (
        <Confirm title={text.deleteTitle} action={words.remove} onClose={() => setDeleting(null)} onConfirm={async () => { await api.delete(`/api/news/${deleting.id}`); toast(words.removed); list.reload(); }}>
          <p>{text.deleteText(deleting.title)}</p>
        </Confirm>
      )}
    </AdminPage>
  );
}

function Editor({ item, onClose, onDone }: { item: News | null; onClose: () => void; onDone: () => void }): JSX.Element {
  const words = adminStrings();
  const common = commonStrings();
  const text = words.news;
  const [title, setTitle] = useState(item?.title ?? '');
  const [content, setContent] = useState(item?.content ?? '');
  const [isPinned, setPinned] = useState(item?.isPinned ?? false);
  const [isDraft, setDraft] = useState(item?.isDraft ?? false);
  const [wasTried, setTried] = useState(false);
  const { isBusy, error, run } = useAction();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!title.trim() || !content.trim()) return;
    const body = { title, content, isPinned, isDraft };
    void run(async () => {
      if (item) await api.put(`/api/news/${item.id}`, body);
      else await api.post('/api/news', body, { idempotencyKey: newKey() });
      toast(words.saved);
      onDone();
    }).then((isDone) => { if (isDone) onClose(); });
  };
  return (
    <Dialog title={item ? text.editTitle : text.create} onClose={onClose} isWide actions={<><Button look="secondary" onClick={onClose}>{common.cancel}</Button><Button type="submit" form="news-form" isBusy={isBusy}>{words.save}</Button></>}>
      <form id="news-form" className="stack" onSubmit={submit} noValidate>
        <Field label={text.subject} value={title} maxLength={200} problem={wasTried && !title.trim() ? words.editor.required : null} onChange={({ target }) => setTitle(target.value)} />
        <TextField label={text.content} value={content} rows={10} maxLength={100_000} problem={wasTried && !content.trim() ? words.editor.required : null} onChange={({ target }) => setContent(target.value)} />
        <label className="check"><input type="checkbox" checked={isPinned} onChange={({ target }) => setPinned(target.checked)} />{text.pinned}</label>
        <label className="check"><input type="checkbox" checked={isDraft} onChange={({ target }) => setDraft(target.checked)} />{text.draft} · {text.draftHint}</label>
        <Problem error={error} />
      </form>
    </Dialog>
  );
}
