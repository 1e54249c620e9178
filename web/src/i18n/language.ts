// The visitor's language and typed tables of words. A word that one language lacks is a compiler's error.
import { createStore, useStore } from '../app/store';
import { read, write } from '../app/storage';

export type Language = 'ko' | 'en';
export const languages: readonly Language[] = ['ko', 'en'];

function preferred(): Language {
  const chosen = read('language');
  if (chosen === 'ko' || chosen === 'en') return chosen;
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  for (const tag of wanted) {
    if (tag.startsWith('ko')) return 'ko';
    if (tag.startsWith('en')) return 'en';
  }
  return wanted.length > 0 ? 'en' : 'ko';
}

export const language = createStore<Language>(preferred());

export function chooseLanguage(next: Language): void {
  write('language', next);
  language.set(next);
}

export const useLanguage = (): Language => useStore(language);

type Word = string | ((...values: never[]) => string) | { readonly [key: string]: Word };
export type Table = { readonly [key: string]: Word };

/** The same shape with any words: what a translation must have, no more and no less. */
export type Translation<T> = {
  readonly [K in keyof T]: T[K] extends string ? string : T[K] extends (...values: infer A) => string ? (...values: A) => string : Translation<T[K]>;
};

export interface Strings<T> {
  /** The table in the visitor's language. No hook: the shell draws everything anew when the language changes, so no component may be memoised. */
  (): Translation<T>;
  /** The table as it is now, for code outside components. */
  now(): Translation<T>;
  readonly all: Readonly<Record<Language, Translation<T>>>;
}

/** Korean first; English must have the same keys with the same parameters. */
export function defineStrings<T extends Table>(ko: T, en: Translation<T>): Strings<T> {
  const all = { ko: ko as unknown as Translation<T>, en };
  const strings = (() => all[language.get()]) as Strings<T>;
  return Object.assign(strings, { now: () => all[language.get()], all });
}
