// Small parts that several of the organiser's pages use.
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../../api/client';
import { explain } from '../../../api/errors';
import type { Resource } from '../../../app/resource';
import { navigate, withQuery } from '../../../app/router';
import { Button } from '../../../components/Button';
import { Dialog } from '../../../components/Dialog';
import { Banner, EmptyState, ErrorState, Loading, Skeleton } from '../../../components/states';
import { commonStrings } from '../../../i18n/tables/common';
import { adminStrings } from '../words';

/** Loading, failed (or not offered by this server), or what was loaded; old data stays while new is on its way. */
export function Loaded<T>({ resource, children, rows = 6 }: { resource: Resource<T>; children: (data: T) => ReactNode; rows?: number }): JSX.Element {
  const words = adminStrings();
  if (resource.data !== undefined) {
    return <>{resource.error && <Banner tone="warn">{explain(resource.error)}</Banner>}{children(resource.data)}</>;
  }
  if (resource.error?.status === 404) return <EmptyState title={words.missing} />;
  if (resource.error) return <ErrorState error={resource.error} onRetry={resource.reload} />;
  return <Loading><div className="stack">{Array.from({ length: rows }, (_, index) => <Skeleton key={index} height="44px" />)}</div></Loading>;
}

/** Asks again every so often while the page is looked at. */
export function useRefresh(reload: () => void, milliseconds: number): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') latest.current(); }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}

/** An action with its state: running, failed. */
export function useAction(): { isBusy: boolean; error: ApiError | null; run: (action: () => Promise<void>) => Promise<boolean>; clear: () => void } {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const isHere = useRef(true);
  useEffect(() => { isHere.current = true; return () => { isHere.current = false; }; }, []);
  return {
    isBusy, error,
    clear: () => setError(null),
    run: async (action) => {
      setBusy(true);
      setError(null);
      try {
        await action();
        return true;
      } catch (thrown) {
        if (isHere.current) setError(ApiError.from(thrown));
        return false;
      } finally {
        if (isHere.current) setBusy(false);
      }
    },
  };
}

/** A problem with what the server said about each field, where no control of the page shows it. */
export function Problem({ error }: { error: ApiError | null }): JSX.Element | null {
  if (!error) return null;
  return (
    <Banner tone="bad" isAlert>
      {explain(error)}
      {error.fields.length > 0 && <ul className="problem-list">{error.fields.map(({ field, message }) => <li key={field + message}><code>{field}</code> {message}</li>)}</ul>}
    </Banner>
  );
}

interface ConfirmProps { title: string; children: ReactNode; action: string; isDangerous?: boolean; isReady?: boolean; keep?: string; /** False keeps the dialog open. */ onConfirm: () => Promise<void | false>; onClose: () => void }

/** Asks before something that matters, and stays open with the reason when it fails. */
export function Confirm({ title, children, action, isDangerous = true, isReady = true, keep, onConfirm, onClose }: ConfirmProps): JSX.Element {
  const words = commonStrings();
  const { isBusy, error, run } = useAction();
  const confirm = async (): Promise<void> => {
    let staysOpen = false;
    if (await run(async () => { staysOpen = (await onConfirm()) === false; }) && !staysOpen) onClose();
  };
  return (
    <Dialog
      title={title} onClose={onClose}
      actions={(
        <>
          <Button look="secondary" onClick={onClose}>{keep ?? words.cancel}</Button>
          <Button look={isDangerous ? 'danger' : 'primary'} isBusy={isBusy} disabled={!isReady} onClick={() => void confirm()}>{action}</Button>
        </>
      )}
    >
      {children}
      <Problem error={error} />
    </Dialog>
  );
}

/** A search field that writes itself into the address a moment after typing stops. */
export function SearchField({ name = 'search', label, value }: { name?: string; label: string; value: string }): JSX.Element {
  const words = adminStrings();
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const commit = (next: string): void => navigate(withQuery({ [name]: next.trim(), page: null }), { replace: true, keepScroll: true });
  const submit = (event: FormEvent): void => { event.preventDefault(); clearTimeout(timer.current); commit(text); };
  return (
    <form role="search" className="admin-search" onSubmit={submit}>
      <input
        className="input" type="search" aria-label={label} placeholder={label} value={text} maxLength={100} title={words.search}
        onChange={(event) => {
          const { value: next } = event.target;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => commit(next), 300);
        }}
      />
    </form>
  );
}

/** A choice that is part of the address. */
export function QuerySelect({ name, label, value, options }: { name: string; label: string; value: string; options: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <select
      className="input" aria-label={label} value={value}
      onChange={(event) => navigate(withQuery({ [name]: event.target.value, page: null }), { replace: true, keepScroll: true })}
    >
      {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
    </select>
  );
}

/** A bar that shows a share, with the number beside it. */
export function Share({ percent, label }: { percent: number; label?: string }): JSX.Element {
  const shown = Math.max(0, Math.min(100, percent));
  return (
    <span className="share">
      <span className="share-bar" aria-hidden="true"><span style={{ width: `${shown}%` }} /></span>
      <span className="tabular">{label ?? `${percent.toLocaleString(undefined, { maximumFractionDigits: 1 })}%`}</span>
    </span>
  );
}

/** Labels that break between seats, never within one. */
export function SeatLabels({ seats }: { seats: readonly { seatId: string; seatLabel: string }[] }): JSX.Element {
  return <>{seats.map(({ seatId, seatLabel }, index) => <span key={seatId} className="nowrap">{seatLabel}{index < seats.length - 1 ? ', ' : ''}</span>).flatMap((label) => [label, ' '])}</>;
}
