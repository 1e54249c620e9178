// Loading, empty and failed: every list and page has all three.
import type { ReactNode } from 'react';
import type { ApiError } from '../api/client';
import { errorStrings, explain, wayOn } from '../api/errors';
import { commonStrings } from '../i18n/tables/common';
import { Button, ButtonLink } from './Button';

export function Skeleton({ height = '1em', width = '100%' }: { height?: string; width?: string }): JSX.Element {
  return <span className="skeleton" style={{ height, width }} aria-hidden="true" />;
}

/** Says once that something loads, around shapes of what will come. */
export function Loading({ children }: { children: ReactNode }): JSX.Element {
  return <div aria-busy="true"><span className="visually-hidden" role="status">{commonStrings().loading}</span>{children}</div>;
}

export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }): JSX.Element {
  return (
    <div className="empty">
      <svg width="56" height="56" viewBox="0 0 32 32" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
        <path d="M5 11a2 2 0 0 1 2-2h18a2 2 0 0 1 2 2v2.500a2.500 2.500 0 0 0 0 5V21a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-2.500a2.500 2.500 0 0 0 0-5z" /><path d="M20 10v12" strokeDasharray="2 2.500" />
      </svg>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

type Tone = 'info' | 'good' | 'warn' | 'bad';

export function Banner({ tone = 'info', children, action, isAlert = false }: { tone?: Tone; children: ReactNode; action?: ReactNode; isAlert?: boolean }): JSX.Element {
  return <div className={`banner ${tone === 'info' ? '' : tone}`} role={isAlert ? 'alert' : undefined}><div className="grow">{children}</div>{action}</div>;
}

/** An error beside what the visitor was doing, with the way on. */
export function ErrorBanner({ error, eventId = null, onRetry }: { error: ApiError; eventId?: string | null; onRetry?: () => void }): JSX.Element {
  const words = errorStrings();
  const way = wayOn(error, eventId, words);
  return (
    <Banner
      tone="bad" isAlert
      action={way ? <ButtonLink to={way.to} look="quiet" size="small">{way.text}</ButtonLink>
        : onRetry && <Button look="quiet" size="small" onClick={onRetry}>{words.ways.retry}</Button>}
    >
      {explain(error, words)}
    </Banner>
  );
}

/** A page whose data did not come. */
export function ErrorState({ error, eventId = null, onRetry }: { error: ApiError; eventId?: string | null; onRetry: () => void }): JSX.Element {
  const words = errorStrings();
  const way = wayOn(error, eventId, words);
  return (
    <div role="alert">
      <EmptyState
        title={explain(error, words)}
        action={<div className="row">{way ? <ButtonLink to={way.to}>{way.text}</ButtonLink> : <Button onClick={onRetry}>{words.ways.retry}</Button>}</div>}
      >
        {error.requestId && <span className="small">{words.requestId} <code>{error.requestId}</code></span>}
      </EmptyState>
    </div>
  );
}
