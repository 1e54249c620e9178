// Seat layouts that events are made with: drawn as one types.
import { type FormEvent, useState } from 'react';
import { api, newKey } from '../../api/client';
import { useResource } from '../../app/resource';
import { useQuery } from '../../app/router';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { Field } from '../../components/Field';
import { Pagination } from '../../components/Pagination';
import { EmptyState } from '../../components/states';
import { toast } from '../../components/Toasts';
import { count } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { commonStrings } from '../../i18n/tables/common';
import { MiniMap, mapWords } from '../../seatmap';
import { AdminPage } from './parts/AdminPage';
import { configOf, draftOf, emptySection, faultsOf, type LayoutConfig, type SectionDraft } from './parts/layoutDraft';
import { LayoutEditor, LayoutPreview } from './parts/LayoutEditor';
import { Confirm, Loaded, Problem, useAction } from './parts/shared';
import type { LayoutList, StoredLayout } from './parts/types';
import { adminStrings } from './words';

/** A block a section: parts of one section count together. */
function blocks({ sections }: LayoutConfig): { name: string; price: number; totalSeats: number; availableSeats: number }[] {
  const names = [...new Set(sections.map(({ name }) => name))];
  return names.map((name) => {
    const parts = sections.filter((section) => section.name === name);
    const seats = parts.reduce((sum, part) => sum + part.rows * part.seatsPerRow, 0);
    return { name, price: Math.max(...parts.map(({ price }) => price)), totalSeats: seats, availableSeats: seats };
  });
}

export default function LayoutsPage(): JSX.Element {
  const words = adminStrings();
  const text = words.layout;
  const language = useLanguage();
  const page = useQuery().get('page') ?? '1';
  const list = useResource(`admin/layouts/${page}`, (signal) => api.get<LayoutList>('/api/admin/seat-layouts', { signal, query: { page, limit: 12 } }), { keepsPrevious: true });
  const [editing, setEditing] = useState<StoredLayout | 'new' | null>(null);
  const [deleting, setDeleting] = useState<StoredLayout | null>(null);
  return (
    <AdminPage title={text.title} actions={<Button onClick={() => setEditing('new')}>{text.create}</Button>}>
      <Loaded resource={list}>
        {({ seatLayouts, pagination }) => (seatLayouts.length === 0 ? <EmptyState title={text.empty} /> : (
          <>
            <ul className="layout-cards" role="list">
              {seatLayouts.map((layout) => (
                <li key={layout.id} className="card stack">
                  <MiniMap sections={blocks(layout.layoutConfig)} words={mapWords[language]} />
                  <div className="stack-s"><h2>{layout.name}</h2>{layout.description && <p className="soft small">{layout.description}</p>}<p className="tabular">{count(layout.totalSeats, language)} {text.seats}</p></div>
                  <div className="row">
                    <Button look="secondary" size="small" onClick={() => setEditing(layout)}>{words.edit}</Button>
                    <Button look="quiet" size="small" onClick={() => setDeleting(layout)}>{words.remove}</Button>
                  </div>
                </li>
              ))}
            </ul>
            <Pagination pages={pagination} />
          </>
        ))}
      </Loaded>
      {editing && <Editor layout={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onDone={list.reload} />}
      {deleting && (
        <Confirm title={text.deleteTitle} action={words.remove} onClose={() => setDeleting(null)} onConfirm={async () => { await api.delete(`/api/admin/seat-layouts/${deleting.id}`); toast(words.removed); list.reload(); }}>
          <p>{text.deleteText(deleting.name)}</p>
        </Confirm>
      )}
    </AdminPage>
  );
}

function Editor({ layout, onClose, onDone }: { layout: StoredLayout | null; onClose: () => void; onDone: () => void }): JSX.Element {
  const words = adminStrings();
  const text = words.layout;
  const [name, setName] = useState(layout?.name ?? '');
  const [description, setDescription] = useState(layout?.description ?? '');
  const [sections, setSections] = useState<SectionDraft[]>(() => (layout ? draftOf(layout.layoutConfig) : [{ ...emptySection(), name: 'VIP', price: '150000' }]));
  const [wasTried, setTried] = useState(false);
  const { isBusy, error, run } = useAction();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!name.trim() || faultsOf(sections).size > 0) return;
    const body = { name, description: description.trim() || null, layoutConfig: configOf(sections) };
    void run(async () => {
      if (layout) await api.put(`/api/admin/seat-layouts/${layout.id}`, body);
      else await api.post('/api/admin/seat-layouts', body, { idempotencyKey: newKey() });
      toast(text.updated);
      onDone();
    }).then((isDone) => { if (isDone) onClose(); });
  };
  return (
    <Dialog title={layout ? layout.name : text.create} onClose={onClose} isWide actions={<><Button look="secondary" onClick={onClose}>{commonStrings().cancel}</Button><Button type="submit" form="layout-form" isBusy={isBusy}>{words.save}</Button></>}>
      <form id="layout-form" className="stack" onSubmit={submit} noValidate>
        <div className="form-grid">
          <Field label={text.name} value={name} maxLength={100} problem={wasTried && !name.trim() ? words.editor.required : error?.code === 'NAME_TAKEN' ? error.message : null} onChange={({ target }) => setName(target.value)} />
          <Field label={text.description} value={description} maxLength={2000} onChange={({ target }) => setDescription(target.value)} />
        </div>
        <LayoutEditor sections={sections} onChange={setSections} showsFaults={wasTried} />
        <LayoutPreview sections={sections} />
        <Problem error={error} />
      </form>
    </Dialog>
  );
}
