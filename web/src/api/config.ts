// What the deployment tells the app: keys of Toss and Google, limits. An older gateway does not; then the specification's defaults hold.
import { createStore } from '../app/store';
import { api } from './client';
import type { Config } from './types';

export const config = createStore<Config>({
  tossClientKey: null, googleClientId: null, maxSeatsPerUser: 4, holdSeconds: 900, languages: ['ko', 'en'], serverTime: '',
});

let loading: Promise<Config> | null = null;

/** Once; after a failure the next caller tries again. The answer also sets the clock. */
export function loadConfig(): Promise<Config> {
  loading ??= api.get<Config>('/api/config').then(
    (answer) => { config.set({ ...config.get(), ...answer }); return config.get(); },
    () => { loading = null; return config.get(); });
  return loading;
}
