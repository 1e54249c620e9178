// Short notices at the foot of the window, read out politely.
import { createStore, useStore } from '../app/store';
import { commonStrings } from '../i18n/tables/common';

interface Toast { id: number; text: string }

const toasts = createStore<readonly Toast[]>([]);
let next = 1;

const dismiss = (id: number): void => toasts.set((list) => list.filter((toast) => toast.id !== id));

export function toast(text: string, milliseconds = 6000): void {
  const id = next;
  next += 1;
  toasts.set((list) => [...list.filter((other) => other.text !== text).slice(-2), { id, text }]);
  setTimeout(() => dismiss(id), milliseconds);
}

export function Toasts(): JSX.Element {
  const words = commonStrings();
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map(({ id, text }) => (
        <div className="toast" key={id}><span>{text}</span><button type="button" aria-label={words.close} onClick={() => dismiss(id)}>✕</button></div>
      ))}
    </div>
  );
}
