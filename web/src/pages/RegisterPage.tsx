// /register: an account, and at once signed in.
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../api/client';
import type { AuthAnswer } from '../api/types';
import { Link, useQuery } from '../app/router';
import { Button } from '../components/Button';
import { Field, PasswordField } from '../components/Field';
import { ErrorBanner } from '../components/states';
import { accountStrings } from '../i18n/tables/account';
import { AuthFrame, GoogleButton, useSignedIn } from './account/AuthFrame';
import { type Problems, checkEmail, checkName, checkPassword, checkPhone, collect, focusFirst, problemsOf, text } from './account/form';

export default function RegisterPage(): JSX.Element {
  const strings = accountStrings();
  const words = strings.register;
  const done = useSignedIn();
  const next = useQuery().get('next');
  const [problems, setProblems] = useState<Problems>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const [email, password, name, phone] = [text(data, 'email'), text(data, 'password'), text(data, 'name'), text(data, 'phone')];
    const found = collect({
      email: checkEmail(email, strings.problems), password: checkPassword(password, strings.problems),
      name: checkName(name, strings.problems), phone: checkPhone(phone, strings.problems),
    });
    setProblems(found);
    setError(null);
    if (Object.keys(found).length) { focusFirst(form); return; }
    setBusy(true);
    try {
      done(await api.post<AuthAnswer>('/api/auth/register', { email: email.trim(), password, name: name.trim(), ...(phone.trim() ? { phone: phone.trim() } : {}) }, { keepsSession: true }));
    } catch (failure) {
      const failed = ApiError.from(failure);
      setProblems(problemsOf(failed, strings.problems));
      setError(failed);
      focusFirst(form);
    } finally {
      setBusy(false);
    }
  }

  return (
    <AuthFrame title={words.title} lead={words.lead}>
      {error && <ErrorBanner error={error} />}
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <Field label={strings.login.email} name="email" type="email" autoComplete="email" inputMode="email" autoCapitalize="none" problem={problems.email} required />
        <PasswordField label={strings.login.password} hint={words.passwordHint} name="password" autoComplete="new-password" problem={problems.password} required />
        <Field label={words.name} name="name" autoComplete="name" problem={problems.name} required />
        <Field label={words.phone} hint={words.phoneHint} name="phone" type="tel" autoComplete="tel" problem={problems.phone} />
        <Button type="submit" size="large" isWide isBusy={isBusy}>{words.submit}</Button>
      </form>
      <GoogleButton onDone={done} />
      <p className="small">{words.has} <Link to={`/login${next ? `?next=${encodeURIComponent(next)}` : ''}`}>{words.login}</Link></p>
    </AuthFrame>
  );
}
