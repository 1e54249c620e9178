// One reservation, pushed and polled: a message asks anew at once, and while an outcome is on its way the server is asked again and again.
import { useEffect, useRef } from 'react';
import { api } from '../../api/client';
import type { Reservation } from '../../api/types';
import { type Resource, useResource } from '../../app/resource';
import { useNow } from '../../app/useNow';
import { follow } from '../../live/live';
import { type Outcome, forgetPaying, isPassing, isPaying, outcomeOf } from './outcome';

export const loadReservation = (id: string, signal?: AbortSignal): Promise<Reservation> =>
  api.get<{ reservation: Reservation }>(`/api/reservations/${encodeURIComponent(id)}`, { signal }).then((answer) => answer.reservation);

export interface FollowedReservation extends Resource<Reservation> { outcome: Outcome | null }

export function useReservation(id: string): FollowedReservation {
  const resource = useResource(id ? `reservation:${id}` : null, (signal) => loadReservation(id, signal));
  const reservation = resource.data;
  const isOpen = reservation?.status === 'pending';
  const now = useNow(1000, isOpen);
  const outcome = reservation ? outcomeOf(reservation, now, isPaying(id)) : null;
  const reload = useRef(resource.reload);
  reload.current = resource.reload;

  useEffect(() => {
    const mine = (message: { reservationId: string }): void => { if (message.reservationId === id) reload.current(); };
    const wake = (): void => { if (!document.hidden) reload.current(); };
    const ends = [follow('payment-updated', mine), follow('reservation-expired', mine)];
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    return () => {
      for (const end of ends) end();
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
    };
  }, [id]);

  const isMoving = outcome !== null && isPassing(outcome);
  // The server ends an expired reservation within a second or a minute; until it says so it is asked.
  const isEnding = outcome === 'expired' && isOpen;
  useEffect(() => {
    if (!isMoving && !isEnding) return;
    const began = performance.now();
    let timer: ReturnType<typeof setTimeout>;
    const ask = (): void => { reload.current(); timer = setTimeout(ask, performance.now() - began < 60_000 ? 2000 : 6000); };
    timer = setTimeout(ask, 1500);
    return () => clearTimeout(timer);
  }, [isMoving, isEnding]);

  useEffect(() => { if (reservation && reservation.status !== 'pending') forgetPaying(id); }, [id, reservation?.status]);
  return { ...resource, outcome };
}
