// /verify?token=: confirms an email address, once.
import { useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../api/client';
import { session, updateUser } from '../app/session';
import { useQuery } from '../app/router';
import { ButtonLink } from '../components/Button';
import { Banner, ErrorBanner } from '../components/states';
import { accountStrings } from '../i18n/tables/account';
import { AuthFrame } from './account/AuthFrame';

export default function VerifyPage(): JSX.Element {
  const words = accountStrings().verify;
  const token = useQuery().get('token');
  const [state, setState] = useState<'busy' | 'done' | 'failed' | ApiError>('busy');
  const asked = useRef('');
  useEffect(() => {
    if (!token || asked.current === token) return;
    asked.current = token;
    api.post('/api/auth/verify', { token }, { keepsSession: true }).then(
      () => { setState('done'); const user = session.get()?.user; if (user) updateUser({ ...user, emailVerified: true }); },
      (failure: unknown) => { const failed = ApiError.from(failure); setState(failed.isTemporary ? failed : 'failed'); });
  }, [token]);
  return (
    <AuthFrame title={words.title}>
      <div role="status" className="stack">
        {!token ? <p>{words.missing}</p> : state === 'busy' ? <p className="row"><span className="spinner" /> {words.checking}</p>
          : state === 'done' ? <Banner tone="good">{words.done}</Banner> : state === 'failed' ? <Banner tone="bad">{words.failed}</Banner> : <ErrorBanner error={state} />}
      </div>
      {state !== 'busy' || !token ? <ButtonLink to="/" isWide>{words.home}</ButtonLink> : null}
    </AuthFrame>
  );
}
