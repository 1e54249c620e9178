// Everything the seat page knows: the map with its feed, what is chosen, what was lost, what is the visitor's own, and the order to buy it.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, api, newKey } from '../../api/client';
import { type LoadedSeats, loadMine, loadSeats } from '../../api/seats';
import type { EventDetail, MySeat, Reservation } from '../../api/types';
import { navigate } from '../../app/router';
import { session } from '../../app/session';
import { useStore } from '../../app/store';
import { announce } from '../../components/Announcer';
import { toast } from '../../components/Toasts';
import { bookingStrings } from '../../i18n/tables/booking';
import { SeatFeed } from '../../live/SeatFeed';
import { follow, join } from '../../live/live';
import { arrange } from '../../seatmap/geometry';
import { nearestAlternative, bestTogether } from '../../seatmap/adjacent';
import { type Hall, seatLabel } from '../../seatmap/hall';
import { AVAILABLE } from '../../seatmap/states';
import type { Mark } from '../../seatmap/seatMapView';

export interface SeatSale {
  hall: Hall | null;
  states: Uint8Array | null;
  error: ApiError | null;
  /** What the last order failed of. */
  problem: ApiError | null;
  mine: readonly MySeat[];
  selection: readonly number[];
  lost: readonly number[];
  /** In place of the lost ones; null when there is nothing near. */
  alternative: readonly number[] | null;
  marks: ReadonlyMap<number, Mark>;
  isBusy: boolean;
  isSoldOut: boolean;
  notice: string | null;
  room: number;
  toggle: (seat: number) => void;
  drop: (seat: number) => void;
  takeAlternative: () => void;
  dismissLost: () => void;
  findTogether: (count: number, section: number | undefined) => void;
  order: () => Promise<void>;
  release: () => Promise<void>;
  expire: () => void;
  retry: () => void;
}

type Painter = { change(seat: number, state: number): void; replace(states: Uint8Array): void };

export function useSeatSale(event: EventDetail | undefined, most: number, painter: () => Painter | null): SeatSale {
  const userId = useStore(session)?.user.id;
  const [loaded, setLoaded] = useState<LoadedSeats | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [mine, setMine] = useState<readonly MySeat[]>([]);
  const [selection, setSelection] = useState<readonly number[]>([]);
  const [lost, setLost] = useState<readonly number[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [isSoldOut, setSoldOut] = useState(false);
  const [notice, setNotice] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const feed = useRef<SeatFeed | null>(null);
  const paint = useRef(painter);
  paint.current = painter;
  const now = useRef({ selection, lost, mine, isBusy });
  now.current = { selection, lost, mine, isBusy };
  const eventId = event?.id;

  const readMine = useCallback(async () => {
    if (!eventId) return;
    try { setMine(await loadMine(eventId)); } catch { /* the next change or visit tells */ }
  }, [eventId]);

  /** What was chosen and is not free any more: shown at the place, never dropped in silence. */
  const noticeLost = useCallback((hall: Hall, states: Uint8Array) => {
    if (now.current.isBusy) return;
    const own = new Set(now.current.mine.map(({ id }) => id));
    const gone = now.current.selection.filter((seat) => states[seat] !== AVAILABLE && !own.has(hall.ids[seat]!));
    if (!gone.length) return;
    now.current.selection = now.current.selection.filter((seat) => !gone.includes(seat));
    now.current.lost = [...now.current.lost, ...gone.filter((seat) => !now.current.lost.includes(seat))];
    setSelection(now.current.selection);
    setLost(now.current.lost);
    announce(bookingStrings.now().seats.lost(gone.map((seat) => seatLabel(hall, seat)).join(', ')));
  }, []);

  // The map, once; own seats beside it.
  useEffect(() => {
    if (!event) return;
    const controller = new AbortController();
    setError(null);
    Promise.all([loadSeats(event, controller.signal), loadMine(event.id, controller.signal).catch(() => [])]).then(
      ([seats, own]) => { setMine(own); setLoaded(seats); },
      (failure: unknown) => { if (!controller.signal.aborted) setError(ApiError.from(failure)); });
    return () => controller.abort();
  }, [eventId, round]);

  useEffect(() => {
    if (!loaded || !eventId) return;
    const { hall } = loaded;
    let free = 0;
    const count = (): void => {
      free = made.freeCount();
      setSoldOut((before) => {
        if (before && free > 0) toast(bookingStrings.now().seats.returned);
        return free === 0;
      });
    };
    const made = new SeatFeed(eventId, hall, loaded.states, loaded.version, loaded.source, {
      onChange(seats) {
        const handle = paint.current();
        for (const seat of seats) handle?.change(seat, made.states[seat]!);
        noticeLost(hall, made.states);
        count();
      },
    });
    feed.current = made;
    count();
    let mineTimer: ReturnType<typeof setTimeout> | undefined;
    const ownSoon = (): void => { clearTimeout(mineTimer); mineTimer = setTimeout(() => void readMine(), 250); };
    const isOwn = (seatId: string): boolean => now.current.mine.some(({ id }) => id === seatId);
    const ends = [
      follow('seat-reserved', (message) => {
        if (message.eventId !== eventId) return;
        const seat = hall.indexOf(message.seatId);
        if (message.userId && message.userId === userId) {
          // Taken by this visitor, in this tab or another.
          if (seat !== undefined && now.current.selection.includes(seat) && !now.current.isBusy) setSelection((now.current.selection = now.current.selection.filter((one) => one !== seat)));
          ownSoon();
        }
        made.message(message, message.status ?? 'locked');
      }),
      follow('seat-released', (message) => {
        if (message.eventId === eventId && isOwn(message.seatId)) ownSoon();
        made.message(message, 'available');
      }),
      follow('reservation-expired', ownSoon),
      follow('resync', () => { setTimeout(() => made.refresh(), Math.random() * 1500); }),
      join({
        join: 'join-seat-selection', leave: 'leave-seat-selection', payload: { eventId },
        onJoined: (answer) => { made.joined(answer.version); void readMine(); },
      }),
    ];
    const wake = (): void => { if (!document.hidden) { made.refresh(); void readMine(); } };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    return () => {
      clearTimeout(mineTimer);
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
      for (const end of ends) end();
      made.close();
      feed.current = null;
    };
  }, [loaded, eventId, userId]);

  const hall = loaded?.hall ?? null;
  const geometry = useMemo(() => (hall ? arrange(hall) : null), [hall]);
  const states = feed.current?.states ?? loaded?.states ?? null;
  const room = Math.max(0, most - mine.length - selection.length);

  const marks = useMemo(() => {
    const made = new Map<number, Mark>();
    if (!hall) return made;
    for (const seat of selection) made.set(seat, 'chosen');
    for (const seat of lost) made.set(seat, 'lost');
    for (const { id } of mine) { const seat = hall.indexOf(id); if (seat !== undefined) made.set(seat, 'mine'); }
    return made;
  }, [hall, selection, lost, mine]);

  const alternative = useMemo(
    () => (hall && geometry && states && lost.length ? nearestAlternative(hall, geometry, states, lost, selection) ?? null : null),
    [hall, geometry, states, lost, selection]);

  const choose = (next: readonly number[]): void => { setProblem(null); setNotice(null); setSelection((now.current.selection = next)); };

  return {
    hall, states, error, problem, mine, selection, lost, alternative, marks, isBusy, isSoldOut, notice, room,
    toggle(seat) {
      if (!hall || !feed.current || now.current.isBusy) return;
      const words = bookingStrings.now().seats;
      if (now.current.lost.includes(seat)) { setLost((now.current.lost = now.current.lost.filter((one) => one !== seat))); return; }
      if (now.current.selection.includes(seat)) {
        choose(now.current.selection.filter((one) => one !== seat));
        announce(words.dropped(seatLabel(hall, seat)));
      } else if (feed.current.states[seat] !== AVAILABLE) {
        toast(words.taken);
      } else if (now.current.mine.length + now.current.selection.length >= most) {
        setNotice(words.full(most));
        announce(words.full(most));
      } else {
        choose([...now.current.selection, seat]);
        announce(words.chosen(seatLabel(hall, seat)));
      }
    },
    drop: (seat) => choose(now.current.selection.filter((one) => one !== seat)),
    takeAlternative() {
      if (!alternative) return;
      setLost((now.current.lost = []));
      choose([...now.current.selection, ...alternative].slice(0, Math.max(0, most - mine.length)));
    },
    dismissLost: () => setLost((now.current.lost = [])),
    findTogether(count, section) {
      if (!hall || !geometry || !feed.current) return;
      const words = bookingStrings.now().seats;
      const found = bestTogether(hall, geometry, feed.current.states, { count, section });
      if (!found) { choose([]); setNotice(words.noTogether(count)); announce(words.noTogether(count)); return; }
      choose(found.seats);
      if (!found.areAdjacent) setNotice(words.apart);
      announce(words.chosen(found.seats.map((seat) => seatLabel(hall, seat)).join(', ')));
    },
    async order() {
      if (!hall || !eventId || now.current.isBusy) return;
      const held = now.current.mine.filter(({ status }) => status === 'held').map(({ id }) => id);
      const pending = now.current.mine.find(({ status, reservationId }) => status === 'pending' && reservationId);
      if (pending && !now.current.selection.length) { navigate(`/payment?reservation=${pending.reservationId}`); return; }
      const seatIds = [...held, ...now.current.selection.map((seat) => hall.ids[seat]!)];
      if (!seatIds.length) return;
      now.current.isBusy = true;
      setBusy(true);
      setProblem(null);
      setNotice(null);
      try {
        const { reservation } = await api.post<{ reservation: Reservation }>('/api/reservations', { eventId, seatIds }, { idempotencyKey: newKey(), attempts: 3 });
        setMine((now.current.mine = [...now.current.mine.filter(({ status }) => status !== 'held'),
          ...seatIds.map((id): MySeat => ({ id, status: 'pending', expiresAt: reservation.expiresAt, reservationId: reservation.id }))]));
        setSelection((now.current.selection = []));
        setLost((now.current.lost = []));
        navigate(`/payment?reservation=${reservation.id}`);
      } catch (failure) {
        const failed = ApiError.from(failure);
        now.current.isBusy = false;
        if (failed.code === 'QUEUE_REQUIRED') { navigate(`/events/${eventId}/queue`, { replace: true }); return; }
        const taken = Array.isArray(failed.body.unavailableSeats) ? (failed.body.unavailableSeats as string[]) : [];
        const gone = taken.map((id) => hall.indexOf(id)).filter((seat): seat is number => seat !== undefined);
        if (gone.length) {
          setSelection((now.current.selection = now.current.selection.filter((seat) => !gone.includes(seat))));
          setLost((now.current.lost = gone));
          announce(bookingStrings.now().seats.lost(gone.map((seat) => seatLabel(hall, seat)).join(', ')));
        } else {
          setProblem(failed);
        }
        feed.current?.refresh();
        void readMine();
      } finally {
        now.current.isBusy = false;
        setBusy(false);
      }
    },
    async release() {
      setBusy(true);
      setProblem(null);
      try {
        const reservations = new Set(now.current.mine.filter(({ status }) => status === 'pending').map(({ reservationId }) => reservationId));
        for (const id of reservations) if (id) await api.put(`/api/reservations/${id}/cancel`, {});
        const held = now.current.mine.filter(({ status }) => status === 'held').map(({ id }) => id);
        if (held.length) await api.post('/api/seats/release', { seatIds: held });
        toast(bookingStrings.now().seats.released);
      } catch (failure) {
        setProblem(ApiError.from(failure));
      } finally {
        setBusy(false);
        await readMine();
        feed.current?.refresh();
      }
    },
    expire() {
      const words = bookingStrings.now().seats;
      setMine((now.current.mine = now.current.mine.filter(({ status }) => status === 'reserved')));
      setNotice(words.expired);
      announce(words.expired);
      // The server writes the end within a second of it.
      feed.current?.refresh();
      setTimeout(() => { feed.current?.refresh(); void readMine(); }, 1500);
    },
    retry: () => setRound((count) => count + 1),
  };
}
