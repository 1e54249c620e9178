// Light, dark, or as the system says.
import { createStore } from './store';
import { read, write } from './storage';

export type Theme = 'auto' | 'light' | 'dark';
export const themes: readonly Theme[] = ['auto', 'light', 'dark'];

const stored = read('theme');
export const theme = createStore<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');

export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function chooseTheme(next: Theme): void {
  write('theme', next === 'auto' ? null : next);
  theme.set(next);
  applyTheme();
}
