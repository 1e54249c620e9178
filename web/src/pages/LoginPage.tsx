// /login: email and password, a second factor when the account has one, Google where it is set up.
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../api/client';
import type { AuthAnswer } from '../api/types';
import { Link, useQuery } from '../app/router';
import { Button } from '../components/Button';
import { Field, PasswordField } from '../components/Field';
import { Banner, ErrorBanner } from '../components/states';
import { accountStrings } from '../i18n/tables/account';
import { AuthFrame, GoogleButton, useSignedIn } from './account/AuthFrame';
import { type Problems, checkEmail, collect, focusFirst, problemsOf, text } from './account/form';

export default function LoginPage(): JSX.Element {
  const strings = accountStrings();
  const words = strings.login;
  const query = useQuery();
  const done = useSignedIn();
  const [problems, setProblems] = useState<Problems>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [needsCode, setNeedsCode] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const found = collect({ email: checkEmail(text(data, 'email'), strings.problems), password: text(data, 'password') ? null : strings.problems.required });
    setProblems(found);
    setError(null);
    if (Object.keys(found).length) { focusFirst(form); return; }
    setBusy(true);
    try {
      done(await api.post<AuthAnswer>('/api/auth/login', { email: text(data, 'email').trim(), password: text(data, 'password'), ...(needsCode ? { totp: text(data, 'totp').replace(/\s/g, '') } : {}) }, { keepsSession: true }));
    } catch (failure) {
      const failed = ApiError.from(failure);
      if (failed.code === 'TOTP_REQUIRED') setNeedsCode(true);
      setError(failed);
      setProblems(problemsOf(failed, strings.problems));
      focusFirst(form);
    } finally {
      setBusy(false);
    }
  }

  const next = query.get('next');
  const suffix = next ? `?next=${encodeURIComponent(next)}` : '';
  return (
    <AuthFrame title={words.title} lead={next ? undefined : words.lead}>
      {next && !error && <Banner>{words.ended}</Banner>}
      {error && <ErrorBanner error={error} />}
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <Field label={words.email} name="email" type="email" autoComplete="username" inputMode="email" autoCapitalize="none" problem={problems.email} required />
        <PasswordField label={words.password} name="password" autoComplete="current-password" problem={problems.password} required />
        {needsCode && <Field label={words.code} hint={words.codeHint} name="totp" inputMode="numeric" autoComplete="one-time-code" maxLength={7} autoFocus />}
        <Button type="submit" size="large" isWide isBusy={isBusy}>{words.submit}</Button>
      </form>
      <GoogleButton onDone={done} />
      <p className="between small"><Link to="/reset">{words.forgot}</Link><span>{words.none} <Link to={`/register${suffix}`}>{words.register}</Link></span></p>
    </AuthFrame>
  );
}
