// The router: paths with parameters, history with scroll positions, focus to the heading of a new page.
// Automatic moves (sent to the queue, let in, paid) use `replace`, so that Back never leads into a trap.
import { type AnchorHTMLAttributes, type ComponentType, type MouseEvent, type ReactNode, createContext, useContext, useMemo } from 'react';
import { createStore, useStore } from './store';
import { readJSON, writeJSON } from './storage';

export interface Location {
  path: string;
  query: string;
  /** One entry of the history. */
  key: string;
}

export type Params = Readonly<Record<string, string>>;
export interface PageModule { default: ComponentType }
export interface Route {
  path: string;
  load: () => Promise<PageModule>;
  /** Only for people who are signed in; others are led to /login and back. */
  isPersonal?: boolean;
}

const newKey = (): string => Math.random().toString(36).slice(2, 10);

function here(): Location {
  const state = window.history.state as { key?: string } | null;
  return { path: window.location.pathname, query: window.location.search, key: state?.key ?? 'first' };
}

export const location = createStore<Location>(here());

// MARK: Scroll and focus

const positions = new Map<string, number>(readJSON<[string, number][]>('scroll', 'session') ?? []);
/** What the next rendered page should do about scroll and focus. */
let pending: { scroll: number; focus: boolean } | null = { scroll: positions.get(location.get().key) ?? 0, focus: false };

function remember(): void {
  positions.delete(location.get().key);
  positions.set(location.get().key, window.scrollY);
  while (positions.size > 50) positions.delete(positions.keys().next().value as string);
  writeJSON('scroll', [...positions], 'session');
}

/** Called by a page's heading once it stands: focus moves there, so that a screen reader says where one is. */
export function arrive(heading: HTMLElement): void {
  if (!pending) return;
  const { scroll, focus } = pending;
  pending = null;
  if (focus) heading.focus({ preventScroll: true });
  settle(scroll);
}

/** Scrolls as soon as the page is long enough: what it shows may still be loading. */
function settle(top: number): void {
  window.scrollTo(0, top);
  if (top === 0 || typeof ResizeObserver === 'undefined') return;
  const observer = new ResizeObserver(() => {
    window.scrollTo(0, top);
    if (Math.abs(window.scrollY - top) < 2) stop();
  });
  const stop = (): void => {
    observer.disconnect();
    clearTimeout(timer);
    for (const name of ['wheel', 'touchstart', 'keydown', 'pointerdown']) window.removeEventListener(name, stop);
  };
  const timer = setTimeout(stop, 3000);
  for (const name of ['wheel', 'touchstart', 'keydown', 'pointerdown']) window.addEventListener(name, stop, { passive: true, once: true });
  observer.observe(document.body);
}

// MARK: Moving

export interface MoveOptions {
  replace?: boolean;
  /** Stays where it is: for filters and tabs in the query. */
  keepScroll?: boolean;
}

/** Asked before leaving; false keeps the visitor here. */
let guard: (() => boolean) | null = null;
export const setGuard = (next: (() => boolean) | null): void => { guard = next; };

export function navigate(to: string, { replace = false, keepScroll = false }: MoveOptions = {}): void {
  const url = new URL(to, window.location.href);
  if (url.origin !== window.location.origin) { window.location.assign(url); return; }
  if (guard && !guard()) return;
  remember();
  const target = url.pathname + url.search + url.hash;
  const isSame = target === window.location.pathname + window.location.search + window.location.hash;
  const key = newKey();
  if (replace || isSame) window.history.replaceState({ key }, '', target);
  else window.history.pushState({ key }, '', target);
  if (!keepScroll) pending = { scroll: 0, focus: true };
  location.set(here());
}

export const refresh = (): void => location.set({ ...here(), key: newKey() });

export function startRouter(): void {
  window.history.scrollRestoration = 'manual';
  if (!(window.history.state as { key?: string } | null)?.key) window.history.replaceState({ key: newKey() }, '');
  location.set(here());
  window.addEventListener('popstate', () => {
    const next = here();
    remember();
    pending = { scroll: positions.get(next.key) ?? 0, focus: next.path !== location.get().path };
    location.set(next);
  });
  window.addEventListener('pagehide', remember);
}

// MARK: Matching

export function match(pattern: string, path: string): Params | null {
  const names = pattern.split('/');
  const parts = path.replace(/\/+$/, '').split('/');
  if (path === '/') parts.splice(1);
  if (pattern === '/') return path === '/' || path === '' ? {} : null;
  if (names.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const part = parts[index] as string;
    if (name.startsWith(':')) {
      if (!part) return null;
      try { params[name.slice(1)] = decodeURIComponent(part); } catch { return null; }
    } else if (name !== part) return null;
  }
  return params;
}

// MARK: For components

export const ParamsContext = createContext<Params>({});
/** The path of the page that is shown, which lags behind the address while its code is loaded. */
export const PathContext = createContext('');
export const useLocation = (): Location => useStore(location);

export function useParam(name: string): string {
  return useContext(ParamsContext)[name] ?? '';
}

export function useQuery(): URLSearchParams {
  const { query } = useLocation();
  return useMemo(() => new URLSearchParams(query), [query]);
}

/** The path with some of its query changed; empty values go. */
export function withQuery(changes: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  return window.location.pathname + (text ? `?${text}` : '');
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string; replace?: boolean; keepScroll?: boolean; children?: ReactNode };

export function Link({ to, replace, keepScroll, onClick, ...rest }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !isPlain || rest.target) return;
    event.preventDefault();
    navigate(to, { replace, keepScroll });
  };
  return <a href={to} onClick={follow} {...rest} />;
}

/** A path of our own to return to after signing in; anything else (another site, a script) leads home. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || /[\\\u0000-\u001f]/.test(next)) return '/';
  return /^\/(login|register)(\/|\?|$)/.test(next) ? '/' : next;
}

export function toLogin(): void {
  const { path, query } = here();
  if (path === '/login') return;
  navigate(`/login?next=${encodeURIComponent(path + query)}`, { replace: true });
}
