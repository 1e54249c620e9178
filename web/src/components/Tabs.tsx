// Tabs with the arrow keys of the ARIA pattern; the panel is the caller's, labelled by `${id}-${key}`.
import { type KeyboardEvent, useRef } from 'react';

interface Props<K extends string> {
  id: string;
  label: string;
  tabs: readonly { key: K; text: string }[];
  selected: K;
  onSelect: (key: K) => void;
}

export function Tabs<K extends string>({ id, label, tabs, selected, onSelect }: Props<K>): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = (tabs.findIndex(({ key }) => key === selected) + step + tabs.length) % tabs.length;
    const next = tabs[index];
    if (!next) return;
    onSelect(next.key);
    list.current?.querySelectorAll('button')[index]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map(({ key, text }) => (
        <button
          key={key} type="button" role="tab" id={`${id}-${key}`} aria-selected={key === selected} aria-controls={`${id}-panel`}
          tabIndex={key === selected ? 0 : -1} onClick={() => onSelect(key)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
