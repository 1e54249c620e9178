// The frame of every organiser's page: menu, heading, and the refusal for everybody else. The server checks the role at every call.
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from '../../../app/router';
import { session } from '../../../app/session';
import { useStore } from '../../../app/store';
import { ButtonLink } from '../../../components/Button';
import { Heading } from '../../../components/Heading';
import { EmptyState } from '../../../components/states';
import { commonStrings } from '../../../i18n/tables/common';
import { adminStrings } from '../words';

const pages = [
  ['dashboard', '/admin', 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 4v4h6V4z'],
  ['events', '/admin/events', 'M5 6h14v14H5zM5 10h14M9 3v4M15 3v4'],
  ['reservations', '/admin/reservations', 'M4 8h16v3a2 2 0 0 0 0 4v3H4v-3a2 2 0 0 0 0-4zM14 8v10'],
  ['payments', '/admin/payments', 'M3 6h18v12H3zM3 10h18M7 15h4'],
  ['statistics', '/admin/statistics', 'M4 20V9M10 20V4M16 20v-8M21 20H3'],
  ['users', '/admin/users', 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21c0-4 3-6 7-6s7 2 7 6M17 11a3 3 0 1 0-1-6M19 20h3c0-3-2-5-5-5'],
  ['news', '/admin/news', 'M4 5h13v14H6a2 2 0 0 1-2-2zM17 9h3v8a2 2 0 0 1-3 2M8 9h5M8 13h5'],
  ['layouts', '/admin/layouts', 'M8 3h8v3H8zM4 10h4v4H4zM10 10h4v4h-4zM16 10h4v4h-4zM4 17h4v4H4zM10 17h4v4h-4zM16 17h4v4h-4z'],
  ['keywords', '/admin/keywords', 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM15 15l6 6'],
  ['sessions', '/admin/sessions', 'M3 5h13v10H3zM6 19h7M18 9h3v10h-4v-2'],
  ['audit', '/admin/audit', 'M6 3h9l4 4v14H6zM9 11h6M9 15h6'],
] as const;

interface Props {
  title: string;
  /** What can be done here, beside the heading. */
  actions?: ReactNode;
  /** A line under the heading. */
  intro?: ReactNode;
  children: ReactNode;
}

export function AdminPage({ title, actions, intro, children }: Props): JSX.Element {
  const words = adminStrings();
  const common = commonStrings();
  const user = useStore(session)?.user;
  const { path } = useLocation();
  const nav = useRef<HTMLElement>(null);
  // On a phone the menu scrolls sideways: the page that is open is in sight.
  useEffect(() => {
    const item = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && item) nav.current.scrollLeft = item.offsetLeft - (nav.current.clientWidth - item.offsetWidth) / 2;
  }, [path]);
  if (user && user.role !== 'admin') {
    return (
      <div className="page-narrow">
        <Heading title={words.refused.title} hidden />
        <EmptyState title={words.refused.title} action={<ButtonLink to="/">{common.notFound.home}</ButtonLink>}>{words.refused.text}</EmptyState>
      </div>
    );
  }
  return (
    <div className="admin">
      <nav ref={nav} className="admin-nav" aria-label={words.nav.label}>
        {pages.map(([name, to, icon]) => (
          <Link key={name} to={to} aria-current={path === to || (to !== '/admin' && path.startsWith(`${to}/`)) ? 'page' : undefined}>
            <svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true"><path d={icon} /></svg>
            {words.nav[name]}
          </Link>
        ))}
      </nav>
      <div className="admin-body">
        <div className="admin-head">
          <div className="stack-s grow"><Heading title={title} />{intro && <p className="soft">{intro}</p>}</div>
          {actions && <div className="row">{actions}</div>}
        </div>
        {children}
      </div>
    </div>
  );
}
