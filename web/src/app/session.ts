// Who is signed in: the token under `token`, as the specification says, and the user beside it. Tabs follow each other.
import type { User } from '../api/types';
import { createStore } from './store';
import { read, readJSON, write, writeJSON } from './storage';

export interface Session {
  token: string;
  user: User;
}

function stored(): Session | null {
  const token = read('token');
  const user = readJSON<User>('user');
  return token && user ? { token, user } : null;
}

export const session = createStore<Session | null>(stored());

export function startSession(next: Session): void {
  write('token', next.token);
  writeJSON('user', next.user);
  session.set(next);
}

export function updateUser(user: User): void {
  const now = session.get();
  if (now) startSession({ ...now, user: { ...now.user, ...user } });
}

export function endSession(): void {
  write('token', null);
  write('user', null);
  session.set(null);
}

/** The token as it is now; a test or another tab may have put one without the user. */
export const currentToken = (): string | null => session.get()?.token ?? read('token');

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === 'token' || event.key === 'user' || event.key === null) session.set(stored());
  });
}
