// Talks to the gateway: JSON in and out, the token along, one kind of error, retries where they are safe, and the server's clock learned
// from answers that no cache can have kept.
import { forgetClock, learn } from '../app/clock';
import { toLogin } from '../app/router';
import { currentToken, endSession } from '../app/session';
import { language } from '../i18n/language';

export interface FieldError { field: string; message: string }

export class ApiError extends Error {
  constructor(
    /** 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Readonly<Record<string, unknown>> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get requestId(): string | null { return typeof this.body.requestId === 'string' ? this.body.requestId : null; }

  get fields(): FieldError[] {
    const { details } = this.body;
    return Array.isArray(details) ? details.filter((entry): entry is FieldError => typeof (entry as FieldError)?.field === 'string') : [];
  }

  get isTemporary(): boolean { return this.status === 0 || this.status === 429 || this.status >= 502; }

  static from(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    return new ApiError(0, 'CLIENT_ERROR', error instanceof Error ? error.message : String(error));
  }
}

export interface CallOptions {
  signal?: AbortSignal;
  query?: Record<string, string | number | boolean | null | undefined>;
  idempotencyKey?: string;
  /** May be answered by the browser's cache after the server said that nothing changed: for large shared answers. */
  isShared?: boolean;
  /** Milliseconds to the answer. */
  timeout?: number;
  /** Attempts for a temporary failure; 3 for GET, 1 otherwise. */
  attempts?: number;
  /** Leaves a 401 to the caller, who asked for a password. */
  keepsSession?: boolean;
}

const sessionCodes = new Set(['NO_TOKEN', 'INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_ENDED']);

export function address(path: string, query: CallOptions['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

const pause = (milliseconds: number, signal?: AbortSignal): Promise<void> => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, milliseconds);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(new DOMException('Aborted', 'AbortError')); });
});

function learnClock(response: Response, sent: number): void {
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (!Number.isNaN(date)) learn(date, date + 1000, sent, performance.now());
}

async function attempt(method: string, url: string, body: unknown, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.get() };
  const token = currentToken();
  if (token) headers.Authorization = `Bearer ${token}`;
  const isForm = typeof FormData !== 'undefined' && body instanceof FormData;
  if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json';
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), options.timeout ?? 35_000);
  const stop = (): void => controller.abort();
  options.signal?.addEventListener('abort', stop);
  const sent = performance.now();
  try {
    const response = await fetch(url, {
      method, headers, signal: controller.signal, cache: options.isShared ? 'no-cache' : 'no-store',
      body: body === undefined ? undefined : isForm ? (body as FormData) : JSON.stringify(body),
    });
    if (!options.isShared) learnClock(response, sent);
    return response;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, controller.signal.aborted ? 'TIMEOUT' : 'OFFLINE', 'No answer');
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

async function failure(response: Response): Promise<ApiError> {
  const body = await response.json().catch(() => ({})) as Record<string, unknown>;
  const retryAfter = Number(response.headers.get('Retry-After'));
  const code = typeof body.code === 'string' ? body.code : `HTTP_${response.status}`;
  const message = typeof body.error === 'string' ? body.error : response.statusText;
  return new ApiError(response.status, code, message, body, Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null);
}

/** One call with its retries; the raw answer, always a successful one. */
export async function send(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Response> {
  const url = address(path, options.query);
  const attempts = options.attempts ?? (method === 'GET' ? 3 : 1);
  for (let round = 1; ; round += 1) {
    let error: ApiError;
    try {
      const token = currentToken();
      const response = await attempt(method, url, body, options);
      if (response.ok) return response;
      error = await failure(response);
      if (error.status === 401 && sessionCodes.has(error.code) && !options.keepsSession) {
        // Another tab may have signed in anew meanwhile.
        if (token === currentToken()) endSession();
        toLogin();
      }
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      error = thrown;
    }
    if (round >= attempts || !error.isTemporary) throw error;
    const wait = Math.min(error.retryAfter !== null ? error.retryAfter * 1000 : 300 * 2 ** round, 5000);
    await pause(wait * (0.75 + Math.random() / 2), options.signal);
  }
}

async function call<T>(method: string, path: string, body: unknown, options?: CallOptions): Promise<T> {
  const response = await send(method, path, body, options);
  if (response.status === 204) return undefined as unknown as T;
  try {
    return await response.json() as T;
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new ApiError(0, 'OFFLINE', 'The answer was cut');
  }
}

export const api = {
  get: <T>(path: string, options?: CallOptions): Promise<T> => call<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: CallOptions): Promise<T> => call<T>('POST', path, body ?? {}, options),
  put: <T>(path: string, body?: unknown, options?: CallOptions): Promise<T> => call<T>('PUT', path, body ?? {}, options),
  patch: <T>(path: string, body?: unknown, options?: CallOptions): Promise<T> => call<T>('PATCH', path, body ?? {}, options),
  delete: <T>(path: string, body?: unknown, options?: CallOptions): Promise<T> => call<T>('DELETE', path, body, options),
};

/** Something unlike any other, for Idempotency-Key; crypto.randomUUID is missing on plain http. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Asks for the time anew, as after a sleep. */
export async function syncClock(): Promise<void> {
  forgetClock();
  await api.get('/api/config', { attempts: 1, timeout: 10_000 }).catch(() => undefined);
}
