// Loads an event's seats: the JSON of the contract for halls of usual size, the compact form (layout and a character a seat) for large ones.
import { type Hall } from '../seatmap/hall';
import { type LayoutJSON, decodeCompact, decodeSeats } from '../seatmap/decode';
import type { CompactAnswer, FeedSource } from '../live/SeatFeed';
import { ApiError, api } from './client';
import type { EventDetail, MySeat, ReservationList, SeatMapAnswer } from './types';

export interface LoadedSeats { hall: Hall; states: Uint8Array; version: number; source: FeedSource }

const largeHall = 2500;

async function loadCompact(path: string, signal: AbortSignal): Promise<LoadedSeats | null> {
  try {
    const [layout, now] = await Promise.all([
      api.get<LayoutJSON>(`${path}/layout`, { signal, isShared: true, attempts: 2 }),
      api.get<CompactAnswer>(`${path}/states`, { signal, isShared: true, attempts: 2 }),
    ]);
    const source: FeedSource = { since: (version, over) => api.get<CompactAnswer | SeatMapAnswer>(`${path}/states`, { signal: over, query: { since: version }, isShared: true, attempts: 1 }) };
    return { ...decodeCompact(layout, now.states), version: now.version, source };
  } catch (error) {
    // Another revision of the layout came in between, or the service has no compact form.
    if (error instanceof RangeError || (error instanceof ApiError && error.status === 404)) return null;
    throw error;
  }
}

export async function loadSeats(event: EventDetail, signal: AbortSignal): Promise<LoadedSeats> {
  const path = `/api/seats/${encodeURIComponent(event.id)}`;
  const total = event.ticketTypes.reduce((sum, type) => sum + type.totalSeats, 0);
  const compact = total > largeHall ? await loadCompact(path, signal) : null;
  if (compact) return compact;
  const answer = await api.get<SeatMapAnswer>(path, { signal, isShared: true });
  const source: FeedSource = { since: (version, over) => api.get<SeatMapAnswer>(path, { signal: over, query: { since: version }, isShared: true, attempts: 1 }) };
  return { ...decodeSeats(answer.seats, event.ticketTypes.map((type) => type.section)), version: answer.version, source };
}

/** The visitor's own seats of an event, as the server knows them: what a reload or another tab starts from. */
export async function loadMine(eventId: string, signal?: AbortSignal): Promise<MySeat[]> {
  try {
    return (await api.get<{ seats: MySeat[] }>(`/api/seats/${encodeURIComponent(eventId)}/mine`, { signal })).seats;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    // A service of the version before knows reservations only.
    const { reservations } = await api.get<ReservationList>('/api/reservations/my', { signal, query: { limit: 100 } });
    return reservations.filter((one) => (one.eventId ?? one.event.id) === eventId && one.status !== 'cancelled').flatMap((one) =>
      one.seats.map((seat): MySeat => ({ id: seat.seatId, status: one.status === 'confirmed' ? 'reserved' : 'pending', expiresAt: one.expiresAt, reservationId: one.id })));
  }
}
