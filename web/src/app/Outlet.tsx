// Shows the page of the current address. The page before stays until the next one's code is here.
import { Component, type ComponentType, type ReactNode, useEffect, useState } from 'react';
import { errorStrings } from '../api/errors';
import { Button, ButtonLink } from '../components/Button';
import { Heading } from '../components/Heading';
import { EmptyState } from '../components/states';
import { commonStrings } from '../i18n/tables/common';
import { type Params, ParamsContext, PathContext, type Route, match, toLogin, useLocation } from './router';
import { session } from './session';
import { useStore } from './store';

const loaded = new Map<Route, ComponentType>();

interface Found { route: Route | null; params: Params }
interface Shown extends Found { path: string; Page: ComponentType | null; failed: boolean }

function find(routes: readonly Route[], path: string): Found {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return { route: null, params: {} };
}

function NotFound(): JSX.Element {
  const words = commonStrings();
  return (
    <div className="page-narrow">
      <Heading title={words.notFound.title} hidden />
      <EmptyState title={words.notFound.title} action={<ButtonLink to="/">{words.notFound.home}</ButtonLink>}>{words.notFound.text}</EmptyState>
    </div>
  );
}

/** The code of a page is gone (a new version was put out) or cannot be reached. */
function Failed(): JSX.Element {
  const words = commonStrings();
  return (
    <div className="page-narrow">
      <Heading title={words.newVersion} hidden />
      <EmptyState title={words.newVersion} action={<Button onClick={() => window.location.reload()}>{words.reload}</Button>} />
    </div>
  );
}

/** A fault of a page's own code: said, never a white window. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError(): { failed: boolean } { return { failed: true }; }
  override render(): ReactNode { return this.state.failed ? <Fault /> : this.props.children; }
}

function Fault(): JSX.Element {
  const words = commonStrings();
  return (
    <div className="page-narrow" role="alert">
      <EmptyState title={errorStrings().other} action={<Button onClick={() => window.location.reload()}>{words.reload}</Button>} />
    </div>
  );
}

export function Outlet({ routes }: { routes: readonly Route[] }): JSX.Element {
  const { path } = useLocation();
  const isSignedIn = useStore(session) !== null;
  const found = find(routes, path);
  const ready = found.route ? loaded.get(found.route) : undefined;
  const [shown, setShown] = useState<Shown | null>(null);
  const needsLogin = found.route?.isPersonal === true && !isSignedIn;

  useEffect(() => {
    if (needsLogin) { toLogin(); return; }
    if (!found.route || ready) return;
    const { route } = found;
    let isCurrent = true;
    const done = (Page: ComponentType | null): void => {
      if (Page) loaded.set(route, Page);
      if (isCurrent) setShown({ ...found, path, Page, failed: Page === null });
    };
    route.load().then((module) => done(module.default), () => done(null));
    return () => { isCurrent = false; };
  }, [path, needsLogin]);

  const current: Shown | null = !found.route ? { ...found, path, Page: NotFound, failed: false }
    : needsLogin ? null
      : ready ? { ...found, path, Page: ready, failed: false } : shown?.path === path ? shown : null;

  useEffect(() => { if (current) setShown(current); }, [path, current?.Page]);

  const visible = current ?? (needsLogin ? null : shown);
  const Page = visible?.failed ? Failed : visible?.Page;
  return (
    <>
      {!current && <div className="progress" role="presentation" />}
      {visible && Page && (
        <PathContext.Provider value={visible.path}>
          <ParamsContext.Provider value={visible.params}><Boundary key={visible.path}><Page /></Boundary></ParamsContext.Provider>
        </PathContext.Provider>
      )}
    </>
  );
}
