// /reset: asks for a link, and with the link's token sets a new password.
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../api/client';
import { endSession } from '../app/session';
import { useQuery } from '../app/router';
import { Button, ButtonLink } from '../components/Button';
import { Field, PasswordField } from '../components/Field';
import { Banner, ErrorBanner } from '../components/states';
import { accountStrings } from '../i18n/tables/account';
import { AuthFrame } from './account/AuthFrame';
import { checkEmail, checkPassword, focusFirst, text } from './account/form';

function Ask(): JSX.Element {
  const strings = accountStrings();
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [state, setState] = useState<'idle' | 'busy' | 'sent'>('idle');
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const email = text(new FormData(form), 'email');
    const found = checkEmail(email, strings.problems);
    setProblem(found);
    if (found) { focusFirst(form); return; }
    setState('busy');
    setError(null);
    try {
      await api.post('/api/auth/password/forgot', { email: email.trim() }, { keepsSession: true });
      setState('sent');
    } catch (failure) { setError(ApiError.from(failure)); setState('idle'); }
  }
  return (
    <AuthFrame title={strings.reset.title} lead={strings.reset.lead}>
      {error && <ErrorBanner error={error} />}
      {state === 'sent' ? <div role="status"><Banner tone="good">{strings.reset.sent}</Banner></div> : (
        <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
          <Field label={strings.login.email} name="email" type="email" autoComplete="username" problem={problem} required />
          <Button type="submit" size="large" isWide isBusy={state === 'busy'}>{strings.reset.send}</Button>
        </form>
      )}
    </AuthFrame>
  );
}

function Choose({ token }: { token: string }): JSX.Element {
  const strings = accountStrings();
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [state, setState] = useState<'idle' | 'busy' | 'done' | 'invalid'>('idle');
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const newPassword = text(new FormData(form), 'newPassword');
    const found = checkPassword(newPassword, strings.problems);
    setProblem(found);
    if (found) { focusFirst(form); return; }
    setState('busy');
    setError(null);
    try {
      await api.post('/api/auth/password/reset', { token, newPassword }, { keepsSession: true });
      endSession();
      setState('done');
    } catch (failure) {
      const failed = ApiError.from(failure);
      const isPassword = failed.fields.some(({ field }) => field === 'newPassword');
      if (isPassword) setProblem(strings.problems.common);
      const isDead = !isPassword && failed.status >= 400 && failed.status < 500 && failed.status !== 429;
      if (!isDead && !isPassword) setError(failed);
      setState(isDead ? 'invalid' : 'idle');
    }
  }
  return (
    <AuthFrame title={strings.reset.newTitle}>
      {error && <ErrorBanner error={error} />}
      {state === 'done' ? <div role="status" className="stack"><Banner tone="good">{strings.reset.done}</Banner><ButtonLink to="/login" isWide>{strings.reset.login}</ButtonLink></div>
        : state === 'invalid' ? <div role="alert" className="stack"><Banner tone="bad">{strings.reset.invalid}</Banner><ButtonLink to="/reset" isWide>{strings.reset.again}</ButtonLink></div>
          : (
            <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
              <PasswordField label={strings.profile.next} hint={strings.register.passwordHint} name="newPassword" autoComplete="new-password" problem={problem} required />
              <Button type="submit" size="large" isWide isBusy={state === 'busy'}>{strings.reset.submit}</Button>
            </form>
          )}
    </AuthFrame>
  );
}

export default function ResetPage(): JSX.Element {
  const token = useQuery().get('token');
  return token ? <Choose token={token} /> : <Ask />;
}
