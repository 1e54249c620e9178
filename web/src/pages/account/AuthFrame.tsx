// The frame around the small forms of an account: a heading, a card, and Google's button where it is set up.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../../api/client';
import { config, loadConfig } from '../../api/config';
import type { AuthAnswer } from '../../api/types';
import { forgetResources } from '../../app/resource';
import { navigate, safeNext, useQuery } from '../../app/router';
import { session, startSession } from '../../app/session';
import { useStore } from '../../app/store';
import { Heading } from '../../components/Heading';
import { ErrorBanner } from '../../components/states';
import { useLanguage } from '../../i18n/language';
import { accountStrings } from '../../i18n/tables/account';

export function AuthFrame({ title, lead, children }: { title: string; lead?: string; children: ReactNode }): JSX.Element {
  return (
    <div className="auth">
      <div className="page-head"><Heading title={title} />{lead && <p className="soft">{lead}</p>}</div>
      <div className="card stack">{children}</div>
    </div>
  );
}

/** Where to go once signed in; whoever is signed in already goes there at once. */
export function useSignedIn(): (answer: AuthAnswer) => void {
  const next = safeNext(useQuery().get('next'));
  const isSignedIn = useStore(session) !== null;
  useEffect(() => { if (isSignedIn) navigate(next, { replace: true }); }, [isSignedIn]);
  return ({ token, user }) => { forgetResources(); startSession({ token, user }); };
}

interface Google { accounts: { id: { initialize(options: object): void; renderButton(parent: HTMLElement, options: object): void } } }
declare global { interface Window { google?: Google } }

export function GoogleButton({ onDone }: { onDone: (answer: AuthAnswer) => void }): JSX.Element | null {
  const { googleClientId } = useStore(config);
  const words = accountStrings().login;
  const language = useLanguage();
  const place = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => { void loadConfig(); }, []);
  useEffect(() => {
    if (!googleClientId) return;
    const script = document.createElement('script');
    script.src = 'https://accounts.google.com/gsi/client';
    script.async = true;
    script.onload = () => {
      if (!window.google || !place.current) return;
      window.google.accounts.id.initialize({
        client_id: googleClientId,
        callback: ({ credential }: { credential: string }) => {
          api.post<AuthAnswer>('/api/auth/google', { credential }, { keepsSession: true }).then(onDone, (failure: unknown) => setError(ApiError.from(failure)));
        },
      });
      window.google.accounts.id.renderButton(place.current, { theme: 'outline', size: 'large', width: 320, locale: language });
    };
    document.head.append(script);
    return () => script.remove();
  }, [googleClientId]);
  if (!googleClientId) return null;
  return <><div className="or"><span>{words.or}</span></div><div ref={place} className="google" />{error && <ErrorBanner error={error} />}</>;
}
