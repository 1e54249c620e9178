// Storage that may be absent or full (private windows, policies): reading gives null and writing is forgotten.
type Area = 'local' | 'session';

function area(kind: Area): Storage | null {
  try {
    return kind === 'local' ? window.localStorage : window.sessionStorage;
  } catch {
    return null;
  }
}

export function read(key: string, kind: Area = 'local'): string | null {
  try {
    return area(kind)?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

export function write(key: string, value: string | null, kind: Area = 'local'): void {
  try {
    if (value === null) area(kind)?.removeItem(key);
    else area(kind)?.setItem(key, value);
  } catch { /* nothing to keep it in */ }
}

export function readJSON<T>(key: string, kind: Area = 'local'): T | null {
  try {
    const text = read(key, kind);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export const writeJSON = (key: string, value: unknown, kind: Area = 'local'): void => write(key, JSON.stringify(value), kind);
