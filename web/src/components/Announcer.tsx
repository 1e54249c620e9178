// What is said to screen readers only: countdowns, results.
import { createStore, useStore } from '../app/store';

const spoken = createStore<{ text: string; round: number }>({ text: '', round: 0 });

export const announce = (text: string): void => spoken.set(({ round }) => ({ text, round: round + 1 }));

export function Announcer(): JSX.Element {
  const { text, round } = useStore(spoken);
  // The same words twice are two announcements: the text differs by a space that cannot be heard.
  return <div className="visually-hidden" role="status" aria-live="assertive" data-testid="announcer">{text + (round % 2 ? '\u00a0' : '')}</div>;
}
