// The heading of a page: the document's title, and where focus goes after a navigation.
import { type ReactNode, useEffect, useRef } from 'react';
import { arrive, useLocation } from '../app/router';
import { commonStrings } from '../i18n/tables/common';

export function Heading({ title, children, hidden = false }: { title: string; children?: ReactNode; hidden?: boolean }): JSX.Element {
  const words = commonStrings();
  const ref = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();
  useEffect(() => { document.title = title ? `${title} · ${words.brand}` : words.brand; }, [title, words.brand]);
  useEffect(() => { if (ref.current) arrive(ref.current); }, [key]);
  return <h1 ref={ref} tabIndex={-1} className={hidden ? 'visually-hidden' : undefined}>{children ?? title}</h1>;
}
