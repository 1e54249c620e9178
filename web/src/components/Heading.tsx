// The heading of a page: the document's title, and where focus goes after a navigation.
import { type ReactNode, useContext, useEffect, useLayoutEffect, useRef } from 'react';
import { PathContext, arrive, useLocation } from '../app/router';
import { commonStrings } from '../i18n/tables/common';

/** A focused heading went: the one that takes its place (loaded after loading) takes the focus as well. */
let isHandedOver = false;

export function Heading({ title, children, hidden = false }: { title: string; children?: ReactNode; hidden?: boolean }): JSX.Element {
  const words = commonStrings();
  const ref = useRef<HTMLHeadingElement>(null);
  const { key, path } = useLocation();
  // While the next page's code is on its way the page before is still here, and must not take what is meant for the next.
  const isArrived = useContext(PathContext) === path;
  useLayoutEffect(() => {
    const heading = ref.current;
    return () => { if (heading && document.activeElement === heading) isHandedOver = true; };
  }, []);
  useEffect(() => { document.title = title ? `${title} · ${words.brand}` : words.brand; }, [title, words.brand]);
  useEffect(() => {
    if (!ref.current || !isArrived) return;
    if (isHandedOver) { isHandedOver = false; ref.current.focus({ preventScroll: true }); }
    arrive(ref.current);
  }, [key, isArrived]);
  return <h1 ref={ref} tabIndex={-1} className={hidden ? 'visually-hidden' : undefined}>{children ?? title}</h1>;
}
