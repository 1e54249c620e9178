// /profile: one's details, password, signed-in devices, language and colours.
import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../api/client';
import type { User, UserSession } from '../api/types';
import { useResource } from '../app/resource';
import { updateUser } from '../app/session';
import { useStore } from '../app/store';
import { chooseTheme, theme, themes } from '../app/theme';
import { Button } from '../components/Button';
import { Field, PasswordField } from '../components/Field';
import { Heading } from '../components/Heading';
import { Banner, ErrorBanner, ErrorState, Loading, Skeleton } from '../components/states';
import { toast } from '../components/Toasts';
import { DateTime } from '../components/values';
import { chooseLanguage, languages, useLanguage } from '../i18n/language';
import { accountStrings } from '../i18n/tables/account';
import { commonStrings } from '../i18n/tables/common';
import { type Problems, checkName, checkPassword, checkPhone, collect, focusFirst, problemsOf, text } from './account/form';

function Details({ user, onSaved }: { user: User; onSaved: (user: User) => void }): JSX.Element {
  const strings = accountStrings();
  const [problems, setProblems] = useState<Problems>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const [name, phone] = [text(data, 'name'), text(data, 'phone')];
    const found = collect({ name: checkName(name, strings.problems), phone: checkPhone(phone, strings.problems) });
    setProblems(found);
    setError(null);
    if (Object.keys(found).length) { focusFirst(form); return; }
    setBusy(true);
    try {
      const answer = await api.put<{ user: User }>('/api/auth/profile', { name: name.trim(), ...(phone.trim() || user.phone ? { phone: phone.trim() } : {}) });
      updateUser(answer.user);
      onSaved({ ...user, ...answer.user });
      toast(strings.profile.saved);
    } catch (failure) {
      const failed = ApiError.from(failure);
      setProblems(problemsOf(failed, strings.problems));
      setError(failed);
    } finally { setBusy(false); }
  }
  return (
    <section className="card stack" aria-labelledby="details">
      <h2 id="details">{strings.profile.details}</h2>
      <dl className="facts"><dt>{strings.profile.email}</dt><dd>{user.email}</dd>{user.createdAt && <><dt>{strings.profile.since}</dt><dd><DateTime at={user.createdAt} style="date" /></dd></>}</dl>
      {error && <ErrorBanner error={error} />}
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <Field label={strings.register.name} name="name" defaultValue={user.name} autoComplete="name" problem={problems.name} required />
        <Field label={strings.register.phone} name="phone" type="tel" defaultValue={user.phone ?? ''} autoComplete="tel" problem={problems.phone} />
        <div><Button type="submit" isBusy={isBusy}>{strings.profile.save}</Button></div>
      </form>
    </section>
  );
}

function Password(): JSX.Element {
  const strings = accountStrings();
  const words = strings.profile;
  const [problems, setProblems] = useState<Problems>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const [currentPassword, newPassword] = [text(data, 'currentPassword'), text(data, 'newPassword')];
    const found = collect({ currentPassword: currentPassword ? null : strings.problems.required, newPassword: checkPassword(newPassword, strings.problems) });
    setProblems(found);
    setError(null);
    if (Object.keys(found).length) { focusFirst(form); return; }
    setBusy(true);
    try {
      await api.put('/api/auth/profile', { currentPassword, newPassword }, { keepsSession: true });
      form.reset();
      toast(words.changed);
    } catch (failure) {
      const failed = ApiError.from(failure);
      if (failed.status === 401) setProblems({ currentPassword: words.wrong });
      else if (failed.fields.length) setProblems(problemsOf(failed, strings.problems));
      else setError(failed);
      focusFirst(form);
    } finally { setBusy(false); }
  }
  return (
    <section className="card stack" aria-labelledby="password">
      <h2 id="password">{words.passwordTitle}</h2>
      {error && <ErrorBanner error={error} />}
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        <PasswordField label={words.current} name="currentPassword" autoComplete="current-password" problem={problems.currentPassword} required />
        <PasswordField label={words.next} hint={strings.register.passwordHint} name="newPassword" autoComplete="new-password" problem={problems.newPassword} required />
        <div><Button type="submit" look="secondary" isBusy={isBusy}>{words.change}</Button></div>
      </form>
    </section>
  );
}

function Sessions(): JSX.Element {
  const words = accountStrings().profile;
  const sessions = useResource('sessions', (signal) => api.get<{ sessions: UserSession[] }>('/api/auth/sessions', { signal }));
  const [ending, setEnding] = useState<string | null>(null);
  async function end(id: string): Promise<void> {
    setEnding(id);
    try { await api.delete(`/api/auth/sessions/${id}`); toast(words.ended); } catch (failure) { if (ApiError.from(failure).status !== 404) toast(words.sessionsUnavailable); }
    setEnding(null);
    sessions.reload();
  }
  return (
    <section className="card stack" aria-labelledby="sessions">
      <div className="stack-s"><h2 id="sessions">{words.sessions}</h2><p className="small soft">{words.sessionsText}</p></div>
      {sessions.error ? <Banner tone="warn">{words.sessionsUnavailable}</Banner> : !sessions.data ? <Loading><Skeleton height="64px" /></Loading> : (
        <ul className="session-list" role="list">
          {sessions.data.sessions.map((one) => (
            <li key={one.id}>
              <div className="grow"><b>{one.device ?? words.unknownDevice}</b><span className="small soft"> {words.lastUsed} <DateTime at={one.lastUsedAt} style="short" /></span></div>
              {one.current ? <span className="badge good">{words.thisOne}</span> : <Button size="small" look="secondary" isBusy={ending === one.id} onClick={() => void end(one.id)}>{words.end}</Button>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Preferences(): JSX.Element {
  const words = accountStrings().profile;
  const common = commonStrings();
  const language = useLanguage();
  const chosen = useStore(theme);
  const choose = (next: 'ko' | 'en'): void => {
    chooseLanguage(next);
    // Mails come in the account's language; a service that does not know it yet is no reason to complain.
    void api.put('/api/auth/profile', { language: next }).catch(() => undefined);
  };
  return (
    <section className="card stack" aria-labelledby="preferences">
      <h2 id="preferences">{words.preferences}</h2>
      <div className="between"><span>{words.language}</span><div className="choice" role="group" aria-label={words.language}>{languages.map((one) => <button key={one} type="button" lang={one} aria-pressed={one === language} onClick={() => choose(one)}>{one === 'ko' ? '한국어' : 'English'}</button>)}</div></div>
      <div className="between"><span>{words.theme}</span><div className="choice" role="group" aria-label={words.theme}>{themes.map((one) => <button key={one} type="button" aria-pressed={one === chosen} onClick={() => chooseTheme(one)}>{common.theme[one]}</button>)}</div></div>
    </section>
  );
}

export default function ProfilePage(): JSX.Element {
  const words = accountStrings().profile;
  const me = useResource('me', (signal) => api.get<{ user: User }>('/api/auth/me', { signal }).then((answer) => answer.user));
  return (
    <div className="page-narrow stack-l">
      <Heading title={words.title} />
      {me.error && !me.data ? <ErrorState error={me.error} onRetry={me.reload} /> : !me.data ? <Loading><Skeleton height="320px" /></Loading> : <Details user={me.data} onSaved={me.put} />}
      <Password />
      <Sessions />
      <Preferences />
    </div>
  );
}
