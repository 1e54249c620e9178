// Data of the server for a component: what is cached is shown at once and renewed behind it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';

export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload: () => void;
  /** Puts a newer value in place, such as one that a message brought. */
  put: (value: T) => void;
}

const cache = new Map<string, unknown>();
const cacheLimit = 60;

export const forgetResources = (): void => cache.clear();

function keep(key: string, value: unknown): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > cacheLimit) cache.delete(cache.keys().next().value as string);
}

/**
 * Loads by key; null loads nothing. A new key keeps the old data out unless `keepsPrevious`, which lists want while a page turns.
 */
export function useResource<T>(
  key: string | null, load: (signal: AbortSignal) => Promise<T>, { keepsPrevious = false }: { keepsPrevious?: boolean } = {},
): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: ApiError }>({ key: null });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    loader.current(controller.signal).then(
      (data) => { if (!controller.signal.aborted) { keep(key, data); setState({ key, data }); } },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setState((before) => ({ key, data: before.key === key ? before.data : (cache.get(key) as T | undefined), error: ApiError.from(error) }));
      });
    return () => controller.abort();
  }, [key, round]);

  const isCurrent = state.key === key;
  const cached = key === null ? undefined : (cache.get(key) as T | undefined);
  const data = isCurrent ? state.data : cached ?? (keepsPrevious ? state.data : undefined);
  return {
    data,
    error: isCurrent ? state.error : undefined,
    isLoading: key !== null && (!isCurrent || (state.data === undefined && state.error === undefined)),
    reload: useCallback(() => setRound((count) => count + 1), []),
    put: useCallback((value: T) => { if (key !== null) { keep(key, value); setState({ key, data: value }); } }, [key]),
  };
}
