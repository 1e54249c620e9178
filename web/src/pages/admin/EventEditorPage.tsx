// A new event, or changes to one. Times are typed in Seoul; the seats of an event that exists stay as they are.
import { type FormEvent, useEffect, useState } from 'react';
import { api, newKey } from '../../api/client';
import { useResource } from '../../app/resource';
import { navigate, setGuard, useParam } from '../../app/router';
import { Button, ButtonLink } from '../../components/Button';
import { Field, SelectField, TextField } from '../../components/Field';
import { Banner } from '../../components/states';
import { Table } from '../../components/Table';
import { toast } from '../../components/Toasts';
import { Money, StatusBadge } from '../../components/values';
import { count } from '../../i18n/format';
import { useLanguage } from '../../i18n/language';
import { AdminPage } from './parts/AdminPage';
import { configOf, draftOf, emptySection, faultsOf, type SectionDraft } from './parts/layoutDraft';
import { LayoutEditor, LayoutPreview } from './parts/LayoutEditor';
import { Poster } from './parts/Poster';
import { fromSeoulInput, seoulDate, toSeoulInput } from './parts/seoulTime';
import { Loaded, Problem, useAction } from './parts/shared';
import type { AdminEventDetail, LayoutList } from './parts/types';
import { adminStrings } from './words';

interface Draft { title: string; artistName: string; description: string; venue: string; address: string; eventDate: string; saleStartDate: string; saleEndDate: string; posterImageUrl: string | null; queueEnabled: boolean }
type Name = keyof Draft;

function draftFrom(event: AdminEventDetail | null): Draft {
  const day = (ahead: number, time: string): string => `${seoulDate(Date.now(), -ahead)}T${time}`;
  if (!event) {
    return { title: '', artistName: '', description: '', venue: '', address: '', eventDate: day(30, '19:00'), saleStartDate: day(1, '20:00'), saleEndDate: day(29, '23:00'), posterImageUrl: null, queueEnabled: false };
  }
  return {
    title: event.title, artistName: event.artistName ?? '', description: event.description ?? '', venue: event.venue, address: event.address ?? '',
    eventDate: toSeoulInput(event.eventDate), saleStartDate: toSeoulInput(event.saleStartDate), saleEndDate: toSeoulInput(event.saleEndDate),
    posterImageUrl: event.posterImageUrl, queueEnabled: event.queueEnabled,
  };
}

export default function EventEditorPage(): JSX.Element {
  const words = adminStrings();
  const text = words.editor;
  const id = useParam('id');
  const found = useResource(id ? `admin/event/${id}` : null, async (signal) => (await api.get<{ event: AdminEventDetail }>(`/api/admin/events/${id}`, { signal })).event);
  return (
    <AdminPage
      title={id ? text.editTitle : text.createTitle} intro={found.data?.title}
      actions={id && found.data && (
        <>
          <StatusBadge status={found.data.status} />
          <ButtonLink to={`/admin/events/${id}/live`} look="secondary" size="small">{words.events.live}</ButtonLink>
          <ButtonLink to={`/events/${id}`} look="quiet" size="small">{words.events.view}</ButtonLink>
        </>
      )}
    >
      {id ? <Loaded resource={found}>{(event) => <Editor key={event.id} event={event} />}</Loaded> : <Editor event={null} />}
    </AdminPage>
  );
}

function Editor({ event }: { event: AdminEventDetail | null }): JSX.Element {
  const words = adminStrings();
  const text = words.editor;
  const [draft, setDraft] = useState(() => draftFrom(event));
  const [isTouched, setTouched] = useState(false);
  const [wasTried, setTried] = useState(false);
  const [layoutId, setLayoutId] = useState('');
  const [sections, setSections] = useState<SectionDraft[]>(() => [{ ...emptySection(), name: 'VIP', rows: '3', seatsPerRow: '10', price: '150000' }]);
  const [key, setKey] = useState(newKey);
  const layouts = useResource(event ? null : 'admin/layouts/all', (signal) => api.get<LayoutList>('/api/admin/seat-layouts', { signal, query: { limit: 100 } }));
  const { isBusy, error, run } = useAction();
  const set = (name: Name, value: string | boolean | null): void => { setTouched(true); setDraft((before) => ({ ...before, [name]: value })); };

  useEffect(() => {
    setGuard(isTouched ? () => window.confirm(words.leave) : null);
    return () => setGuard(null);
  }, [isTouched, words.leave]);

  const times = { eventDate: fromSeoulInput(draft.eventDate), saleStartDate: fromSeoulInput(draft.saleStartDate), saleEndDate: fromSeoulInput(draft.saleEndDate) };
  const problems: Partial<Record<Name, string>> = {};
  if (!draft.title.trim()) problems.title = text.required;
  if (!draft.venue.trim()) problems.venue = text.required;
  for (const name of ['eventDate', 'saleStartDate', 'saleEndDate'] as const) if (!times[name]) problems[name] = text.badTime;
  if (times.saleStartDate && times.saleEndDate && times.saleStartDate >= times.saleEndDate) problems.saleEndDate = text.saleOrder;
  const isOwn = !event && layoutId === '';
  const isLayoutWrong = isOwn && faultsOf(sections).size > 0;
  const server = new Map((error?.fields ?? []).map(({ field, message }) => [field, message]));
  const problem = (name: Name): string | null => (wasTried ? problems[name] ?? null : null) ?? server.get(name) ?? null;
  const input = (name: Exclude<Name, 'queueEnabled' | 'posterImageUrl'>, label: string, more: object = {}): JSX.Element => (
    <Field label={label} value={draft[name]} problem={problem(name)} onChange={({ target }) => set(name, target.value)} {...more} />
  );

  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setTried(true);
    if (Object.keys(problems).length > 0 || isLayoutWrong) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    const orNull = (value: string): string | null => value.trim() || null;
    const body = {
      title: draft.title, venue: draft.venue, artistName: orNull(draft.artistName), description: orNull(draft.description), address: orNull(draft.address),
      posterImageUrl: draft.posterImageUrl, queueEnabled: draft.queueEnabled, ...times,
    };
    void run(async () => {
      if (event) {
        await api.put(`/api/admin/events/${event.id}`, body);
        setTouched(false);
        toast(words.saved);
        return;
      }
      const seats = isOwn ? { seatLayout: configOf(sections) } : { seatLayoutId: layoutId };
      const sent = Object.fromEntries(Object.entries({ ...body, ...seats }).filter(([, value]) => value !== null));
      const made = await api.post<{ event: AdminEventDetail }>('/api/admin/events', sent, { idempotencyKey: key, timeout: 90_000 });
      setGuard(null);
      toast(text.created);
      navigate(`/admin/events/${made.event.id}`, { replace: true });
    }).then((isDone) => { if (!isDone) setKey(newKey()); });
  };

  const chosen = layouts.data?.seatLayouts.find((layout) => layout.id === layoutId);
  return (
    <form className="stack-l editor" onSubmit={submit} noValidate>
      <section className="card stack">
        <h2>{text.basics}</h2>
        <div className="form-grid">
          {input('title', text.title, { maxLength: 255, required: true })}
          {input('artistName', text.artist, { maxLength: 255 })}
          {input('venue', text.venue, { maxLength: 255, required: true })}
          {input('address', text.address, { maxLength: 500 })}
        </div>
        <TextField label={text.description} value={draft.description} maxLength={20_000} rows={5} problem={problem('description')} onChange={({ target }) => set('description', target.value)} />
        <div className="field"><span className="label">{text.poster}</span><Poster url={draft.posterImageUrl} onChange={(url) => set('posterImageUrl', url)} /></div>
      </section>
      <section className="card stack">
        <h2>{text.times}</h2>
        <p className="soft small">{text.seoul}</p>
        <div className="form-grid three">
          {input('saleStartDate', text.saleStart, { type: 'datetime-local', required: true })}
          {input('saleEndDate', text.saleEnd, { type: 'datetime-local', required: true })}
          {input('eventDate', text.eventDate, { type: 'datetime-local', required: true })}
        </div>
        {times.eventDate && times.saleEndDate && times.saleEndDate > times.eventDate && <Banner tone="warn">{text.saleAfterEvent}</Banner>}
        <label className="check"><input type="checkbox" checked={draft.queueEnabled} onChange={({ target }) => set('queueEnabled', target.checked)} /><span><strong>{text.queue}</strong><br /><span className="soft small">{text.queueHint}</span></span></label>
      </section>
      <section className="card stack">
        <h2>{text.layout}</h2>
        {event ? <Seats event={event} /> : (
          <>
            <SelectField label={text.layoutFrom} value={layoutId} onChange={({ target }) => { setTouched(true); setLayoutId(target.value); }}>
              <option value="">{text.own}</option>
              {layouts.data?.seatLayouts.map((layout) => <option key={layout.id} value={layout.id}>{`${layout.name} (${layout.totalSeats.toLocaleString()})`}</option>)}
            </SelectField>
            <div className="layout-pair">
              {isOwn ? <LayoutEditor sections={sections} showsFaults={wasTried} onChange={(next) => { setTouched(true); setSections(next); }} /> : <p className="soft">{chosen?.description}</p>}
              <LayoutPreview sections={isOwn ? sections : chosen ? draftOf(chosen.layoutConfig) : []} />
            </div>
          </>
        )}
      </section>
      {wasTried && (Object.keys(problems).length > 0 || isLayoutWrong) && <Banner tone="bad" isAlert>{text.problems}</Banner>}
      <Problem error={error} />
      <div className="editor-foot">
        <ButtonLink to="/admin/events" look="quiet">{words.close}</ButtonLink>
        <Button type="submit" isBusy={isBusy}>{event ? words.save : text.createTitle}</Button>
      </div>
    </form>
  );
}

function Seats({ event }: { event: AdminEventDetail }): JSX.Element {
  const words = adminStrings();
  const language = useLanguage();
  return (
    <>
      <p className="soft small">{words.editor.layoutFixed}</p>
      <Table
        caption={words.editor.layout} rows={event.ticketTypes} rowKey={({ id }) => id}
        columns={[
          { key: 'section', title: words.layout.section, cell: (type) => type.section },
          { key: 'price', title: words.layout.price, isNumber: true, cell: (type) => <Money won={type.price} /> },
          { key: 'total', title: words.layout.seats, isNumber: true, cell: (type) => count(type.totalSeats, language) },
          { key: 'left', title: words.live.free, isNumber: true, cell: (type) => count(type.availableSeats, language) },
        ]}
      />
    </>
  );
}
