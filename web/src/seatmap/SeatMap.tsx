// The seat map as a React component: mounts the canvas once, gives it the keyboard and a voice, and offers the list instead of it.
import { useCallback, useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, useState, forwardRef, type KeyboardEvent, type ReactNode } from 'react';
import type { Hall } from './hall';
import { stepOf } from './roving';
import { SeatList } from './SeatList';
import { SeatLegend } from './SeatLegend';
import { SeatMapView, type Mark } from './seatMapView';
import { AVAILABLE } from './states';
import { themeFor } from './theme';
import { mapWords, stateWord } from './words';

export interface SeatMapHandle {
  readonly view: SeatMapView | undefined;
  /** Gathered and painted with the next frame. */
  change(seat: number, state: number): void;
  replace(states: Uint8Array): void;
  showSeats(seats: readonly number[]): void;
  showSection(section: number): void;
  overview(): void;
  focus(): void;
  /** Said by a screen reader. */
  say(text: string): void;
}

export interface SeatMapProps {
  hall: Hall;
  /** The first snapshot; later ones through the handle. */
  states: Uint8Array;
  language: 'ko' | 'en';
  marks?: ReadonlyMap<number, Mark>;
  proposed?: readonly number[];
  canChoose?: boolean;
  isDark?: boolean;
  onToggle?(seat: number): void;
  onView?(view: { isOverview: boolean; section: number | undefined }): void;
  /** Between the map's buttons. */
  tools?: ReactNode;
  /** A label of its own where a page has several maps. */
  label?: string;
}

const NO_MARKS: ReadonlyMap<number, Mark> = new Map();
const NONE: readonly number[] = [];

export const SeatMap = forwardRef<SeatMapHandle, SeatMapProps>(function SeatMap(props, ref) {
  const { hall, states, language, marks = NO_MARKS, proposed = NONE, canChoose = true, tools, label } = props;
  const words = mapWords[language];
  const isDark = useDark(props.isDark);
  const host = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const live = useRef<HTMLDivElement>(null);
  const current = useRef<HTMLDivElement>(null);
  const view = useRef<SeatMapView>();
  const latest = useRef(props);
  latest.current = props;
  const [isList, setList] = useState(false);
  const [listStates, setListStates] = useState(states);
  const [isOverview, setOverview] = useState(true);
  const id = useId();

  const describe = useCallback((seat: number) => {
    const { marks: now = NO_MARKS } = latest.current;
    const row = hall.rows[hall.rowOf[seat]!]!;
    const mark = now.get(seat);
    const state = view.current?.states[seat] ?? states[seat]!;
    const word = mark === 'chosen' ? words.chosen : mark === 'mine' ? words.mine : mark === 'lost' ? words.lost : stateWord(words, state);
    return `${words.seat(hall.sections[row.section]!.name, row.label, hall.numbers[seat]!)}, ${words.won(hall.prices[seat]!)}, ${word}`;
  }, [hall, states, words]);

  const tell = useCallback((seat: number) => {
    if (!current.current) return;
    current.current.textContent = describe(seat);
    current.current.setAttribute('aria-selected', String((latest.current.marks ?? NO_MARKS).has(seat)));
    current.current.setAttribute('aria-disabled', String(view.current?.states[seat] !== AVAILABLE));
  }, [describe]);

  const told = useRef({ describe, tell });
  told.current = { describe, tell };

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const map = new SeatMapView(element, hall, states, {
      theme: themeFor(isDark), words,
      reducedMotion: matchMedia('(prefers-reduced-motion: reduce)').matches,
      onToggle: (seat) => latest.current.onToggle?.(seat),
      onFocus: (seat) => told.current.tell(seat),
      onHover: (seat, x, y) => {
        if (!tip.current) return;
        tip.current.hidden = seat === undefined;
        if (seat === undefined) return;
        tip.current.textContent = told.current.describe(seat);
        // Kept inside the map: over the seat, or under it near the upper edge.
        const width = tip.current.offsetWidth;
        const left = Math.min(Math.max(4, x - width / 2), element.clientWidth - width - 4);
        const above = y - map.scale * 0.6 - tip.current.offsetHeight - 6;
        tip.current.style.transform = `translate(${Math.round(left)}px, ${Math.round(above > 4 ? above : y + map.scale * 0.6 + 6)}px)`;
      },
      onView: (now) => {
        setOverview(now.isOverview);
        latest.current.onView?.(now);
      },
    });
    view.current = map;
    return () => {
      view.current = undefined;
      map.destroy();
    };
    // The map lives as long as its hall; everything else is given to it below.
  }, [hall]);

  useEffect(() => view.current?.setTheme(themeFor(isDark)), [isDark, hall]);
  useEffect(() => view.current?.setWords(words), [words, hall]);
  useEffect(() => { if (view.current) view.current.canChoose = canChoose; }, [canChoose, hall]);
  useEffect(() => {
    view.current?.mark(marks);
    if (view.current?.focused !== undefined) tell(view.current.focused);
  }, [marks, hall, tell]);
  useEffect(() => view.current?.propose(proposed), [proposed, hall]);

  const say = useCallback((text: string) => { if (live.current) live.current.textContent = text; }, []);

  useImperativeHandle(ref, () => ({
    get view() { return view.current; },
    change: (seat, state) => view.current?.change(seat, state),
    replace: (next) => view.current?.replace(next),
    showSeats: (seats) => view.current?.showSeats(seats),
    showSection: (section) => view.current?.showSection(section),
    overview: () => view.current?.overview(),
    focus: () => box.current?.focus(),
    say,
  }), [say]);

  // The list is made anew at a calm pace; a screen reader could not follow every change.
  useEffect(() => {
    if (!isList) return;
    const copy = () => { if (view.current) setListStates(view.current.states.slice()); };
    copy();
    const timer = setInterval(copy, 1000);
    return () => clearInterval(timer);
  }, [isList]);

  const onKeyDown = (event: KeyboardEvent) => {
    const map = view.current;
    if (!map || event.altKey || event.metaKey || event.ctrlKey) return;
    const step = stepOf(event.key, event.shiftKey);
    if (step) map.step(step);
    else if (event.key === 'Enter' || event.key === ' ') {
      if (map.focused === undefined) map.step('right');
      else if (canChoose) latest.current.onToggle?.(map.focused);
    } else if (event.key === '+' || event.key === '=') map.zoom(1.5);
    else if (event.key === '-') map.zoom(1 / 1.5);
    else if (event.key === '0' || event.key === 'Escape') map.overview();
    else return;
    event.preventDefault();
  };

  return (
    <div className="seatmap">
      <div className="seatmap-tools" role="group" aria-label={words.map}>
        <button type="button" className="seatmap-tool" onClick={() => view.current?.zoom(1.6)} aria-label={words.zoomIn} title={words.zoomIn} disabled={isList}>＋</button>
        <button type="button" className="seatmap-tool" onClick={() => view.current?.zoom(1 / 1.6)} aria-label={words.zoomOut} title={words.zoomOut} disabled={isList}>－</button>
        <button type="button" className="seatmap-tool seatmap-wide" onClick={() => view.current?.overview()} disabled={isList || isOverview}>{words.whole}</button>
        {tools}
        <button type="button" className="seatmap-tool seatmap-wide seatmap-switch" aria-pressed={isList} onClick={() => setList(!isList)}>{isList ? words.asMap : words.asList}</button>
      </div>
      <div className="seatmap-frame" hidden={isList}>
        <div
          ref={box} className="seatmap-box" tabIndex={0} role="application" aria-label={label ?? words.map} aria-describedby={`${id}help`}
          aria-activedescendant={`${id}seat`} onKeyDown={onKeyDown}
          onFocus={(event) => view.current?.showFocus(event.currentTarget.matches(':focus-visible'))} onBlur={() => view.current?.showFocus(false)}
        >
          <div ref={host} className="seatmap-canvas" />
          <div role="listbox" aria-label={label ?? words.map} className="visually-hidden">
            <div ref={current} id={`${id}seat`} role="option" aria-selected="false">{words.map}</div>
          </div>
        </div>
        <div ref={tip} className="seatmap-tip" hidden aria-hidden="true" />
        {isOverview && <p className="seatmap-hint" aria-hidden="true">{words.tapHelp}</p>}
      </div>
      {isList && <SeatList hall={hall} states={listStates} marks={marks} words={words} onToggle={canChoose ? props.onToggle : undefined} />}
      <p id={`${id}help`} className="visually-hidden">{words.mapHelp}</p>
      <div ref={live} className="visually-hidden" role="status" aria-live="polite" />
      <SeatLegend hall={hall} words={words} isDark={isDark} hasMine={canChoose} />
    </div>
  );
});

/** The page's own choice of dark, else the system's. */
function useDark(given: boolean | undefined): boolean {
  const read = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  };
  const [isDark, setDark] = useState(read);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const update = () => setDark(read());
    query.addEventListener('change', update);
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      query.removeEventListener('change', update);
      observer.disconnect();
    };
  }, []);
  return given ?? isDark;
}
