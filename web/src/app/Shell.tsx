// What stands around every page: head with the menu, connection banner, foot, notices.
import { useEffect, useState } from 'react';
import { api } from '../api/client';
import { Announcer } from '../components/Announcer';
import { Toasts } from '../components/Toasts';
import { chooseLanguage, languages, useLanguage } from '../i18n/language';
import { commonStrings } from '../i18n/tables/common';
import { connection } from '../live/live';
import { Outlet } from './Outlet';
import { forgetResources } from './resource';
import { Link, navigate, useLocation } from './router';
import { routes } from './routes';
import { endSession, session } from './session';
import { useStore } from './store';
import { type Theme, chooseTheme, theme, themes } from './theme';

async function logout(): Promise<void> {
  await api.post('/api/auth/logout', {}, { keepsSession: true }).catch(() => undefined);
  navigate('/');
  endSession();
  forgetResources();
}

function Menu({ onChoose }: { onChoose?: () => void }): JSX.Element {
  const words = commonStrings();
  const { path, query } = useLocation();
  const user = useStore(session)?.user;
  // Where one was, also over the way from signing in to signing up.
  const next = path === '/login' || path === '/register' ? new URLSearchParams(query).get('next') : path === '/' ? null : path + query;
  const suffix = next ? `?next=${encodeURIComponent(next)}` : '';
  const item = (to: string, text: string): JSX.Element => (
    <Link to={to} onClick={onChoose} aria-current={(to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)) ? 'page' : undefined}>{text}</Link>
  );
  return (
    <>
      {item('/', words.nav.events)}
      {item('/news', words.nav.news)}
      {user && item('/my-reservations', words.nav.reservations)}
      {user?.role === 'admin' && item('/admin', words.nav.admin)}
      <span className="push" />
      {user ? (
        <>
          {item('/profile', words.nav.profile)}
          <button type="button" onClick={() => { onChoose?.(); void logout(); }}>{words.nav.logout}</button>
        </>
      ) : (
        <>
          {item(`/login${suffix}`, words.nav.login)}
          {item(`/register${suffix}`, words.nav.register)}
        </>
      )}
    </>
  );
}

function Head(): JSX.Element {
  const words = commonStrings();
  const [isOpen, setOpen] = useState(false);
  const { key } = useLocation();
  useEffect(() => setOpen(false), [key]);
  return (
    <header className="site-head">
      <div className="site-bar">
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" fill="var(--accent)" /><path d="M7 11.500A1.500 1.500 0 0 1 8.500 10h15a1.500 1.500 0 0 1 1.500 1.500v2a2.500 2.500 0 0 0 0 5v2a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 7 20.500v-2a2.500 2.500 0 0 0 0-5z" fill="var(--on-accent)" /><path d="M19 11.500v9" stroke="var(--accent)" strokeWidth="1.600" strokeDasharray="1.800 1.600" /></svg>
          {words.brand}
        </Link>
        <nav className="site-nav grow" aria-label={words.nav.label}><Menu /></nav>
        <button type="button" className="menu-button" aria-label={words.menu} aria-expanded={isOpen} aria-controls="menu" onClick={() => setOpen(!isOpen)}>
          <svg width="24" height="24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true"><path d={isOpen ? 'M6 6l12 12M18 6L6 18' : 'M4 7h16M4 12h16M4 17h16'} /></svg>
        </button>
      </div>
      {isOpen && <nav className="menu-list" id="menu" aria-label={words.nav.label}><Menu onChoose={() => setOpen(false)} /></nav>}
    </header>
  );
}

function useIsOffline(): boolean {
  const [isOffline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const update = (): void => setOffline(!navigator.onLine);
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => { window.removeEventListener('online', update); window.removeEventListener('offline', update); };
  }, []);
  return isOffline;
}

function ConnectionBanner(): JSX.Element | null {
  const words = commonStrings();
  const isOffline = useIsOffline();
  const state = useStore(connection);
  const [isLong, setLong] = useState(false);
  // A short break is mended before anybody needs to know.
  useEffect(() => {
    if (state !== 'lost') { setLong(false); return; }
    const timer = setTimeout(() => setLong(true), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  if (!isOffline && !isLong) return null;
  return <div className="net-banner banner warn" role="status"><span className="spinner" aria-hidden="true" /><div className="grow">{isOffline ? words.offline : words.reconnecting}</div></div>;
}

function Foot(): JSX.Element {
  const words = commonStrings();
  const language = useLanguage();
  const chosen = useStore(theme);
  return (
    <footer className="site-foot">
      <div>
        <span>© {new Date().getFullYear()} {words.foot}</span>
        <div className="row">
          <div className="choice" role="group" aria-label={words.theme.label}>
            {themes.map((one: Theme) => <button key={one} type="button" aria-pressed={one === chosen} onClick={() => chooseTheme(one)}>{words.theme[one]}</button>)}
          </div>
          <div className="choice" role="group" aria-label={words.language}>
            {languages.map((one) => <button key={one} type="button" lang={one} aria-pressed={one === language} onClick={() => chooseLanguage(one)}>{one === 'ko' ? '한국어' : 'English'}</button>)}
          </div>
        </div>
      </div>
    </footer>
  );
}

export function Shell(): JSX.Element {
  const words = commonStrings();
  const language = useLanguage();
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  return (
    <div className="shell">
      <a className="skip" href="#main">{words.skip}</a>
      <ConnectionBanner />
      <Head />
      <main id="main" tabIndex={-1}><Outlet routes={routes} /></main>
      <Foot />
      <Toasts />
      <Announcer />
    </div>
  );
}
