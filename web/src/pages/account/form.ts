// What forms of accounts share: checks before sending, and the server's findings at their fields.
import type { ApiError } from '../../api/client';
import { accountStrings } from '../../i18n/tables/account';

export type Problems = Readonly<Record<string, string>>;
type Words = ReturnType<typeof accountStrings>['problems'];

const bytes = (text: string): number => new TextEncoder().encode(text).length;

export const checkEmail = (value: string, words: Words): string | null =>
  !value.trim() ? words.required : /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) && value.trim().length <= 255 ? null : words.email;
export const checkPassword = (value: string, words: Words): string | null =>
  !value ? words.required : bytes(value) < 8 ? words.short : bytes(value) > 72 ? words.long : null;
export const checkName = (value: string, words: Words): string | null =>
  !value.trim() ? words.required : value.trim().length > 100 ? words.name : null;
export const checkPhone = (value: string, words: Words): string | null => (value.trim().length > 20 ? words.phone : null);

export function collect(found: Record<string, string | null>): Problems {
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The server's findings by field, in our words where we have them. */
export function problemsOf(error: ApiError, words: Words): Problems {
  return Object.fromEntries(error.fields.map(({ field, message }) => {
    if (/common/i.test(message)) return [field, words.common];
    const own: Record<string, string> = { email: words.email, password: words.short, newPassword: words.short, name: words.name, phone: words.phone };
    return [field, own[field] ?? words.other];
  }));
}

/** Focus goes to the first field that is wrong. */
export function focusFirst(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}

export const text = (data: FormData, name: string): string => String(data.get(name) ?? '');
