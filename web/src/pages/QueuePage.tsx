// /events/:id/queue: lobby, line and door. Joining again keeps the place, so a reload, Back, a sleep or a second tab loses nothing.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, api } from '../api/client';
import type { DrawProof, EventDetail, QueuePlace } from '../api/types';
import { useResource } from '../app/resource';
import { navigate, useParam } from '../app/router';
import { read, write } from '../app/storage';
import { useNow } from '../app/useNow';
import { announce } from '../components/Announcer';
import { Button, ButtonLink } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { Heading } from '../components/Heading';
import { Banner, ErrorState, Loading, Skeleton } from '../components/states';
import { DateTime } from '../components/values';
import { count, duration } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { bookingStrings } from '../i18n/tables/booking';
import { follow, join } from '../live/live';
import { type DrawCheck, checkDraw } from './booking/draw';

/** Two short tones; browsers play them only after the visitor has touched the page, which the click into the queue was. */
function chime(): void {
  try {
    const context = new AudioContext();
    for (const [index, pitch] of [880, 1320].entries()) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, context.currentTime + index * 0.18);
      volume.gain.exponentialRampToValueAtTime(0.2, context.currentTime + index * 0.18 + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + index * 0.18 + 0.3);
      tone.connect(volume).connect(context.destination);
      tone.start(context.currentTime + index * 0.18);
      tone.stop(context.currentTime + index * 0.18 + 0.32);
    }
    setTimeout(() => void context.close(), 1000);
  } catch { /* a browser without sound */ }
}

interface Line { place: QueuePlace | null; error: ApiError | null; isClosed: boolean; ask: () => void; leave: () => Promise<void> }

function useLine(eventId: string, isReady: boolean): Line {
  const [place, setPlace] = useState<QueuePlace | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isClosed, setClosed] = useState(false);
  const now = useRef<QueuePlace | null>(null);
  const isOver = useRef(false);
  const asking = useRef(false);

  const take = (next: QueuePlace): void => {
    if (isOver.current) return;
    now.current = next;
    setPlace(next);
    setError(null);
    setClosed(false);
  };

  const ask = useCallback(async () => {
    if (asking.current || isOver.current) return;
    asking.current = true;
    try {
      let next = now.current
        ? await api.get<QueuePlace>(`/api/queue/position/${now.current.queueId}`, { attempts: 1 }).catch((failure: unknown) => {
          if (failure instanceof ApiError && failure.status === 404) return null;
          throw failure;
        }) : null;
      // Let in and not come, or Redis was wiped: the line begins anew for this visitor.
      if (!next || next.status === 'ended') next = await api.post<QueuePlace>('/api/queue', { eventId }, { attempts: 1 });
      take(next);
    } catch (failure) {
      const failed = ApiError.from(failure);
      if (failed.isTemporary) setClosed(true); else setError(failed);
    } finally {
      asking.current = false;
    }
  }, [eventId]);

  // First, and again at a calm pace: a message may be lost with its connection. While the gate is closed a little faster.
  useEffect(() => {
    if (!isReady) return;
    isOver.current = false;
    void ask();
    return () => { isOver.current = true; };
  }, [ask, isReady]);
  useEffect(() => {
    if (!isReady) return;
    const timer = setInterval(() => void ask(), isClosed ? 2000 + Math.random() * 2000 : 20_000);
    return () => clearInterval(timer);
  }, [ask, isClosed, isReady]);

  const queueId = place?.queueId;
  useEffect(() => {
    if (!queueId) return;
    const wake = (): void => { if (!document.hidden) void ask(); };
    const ends = [
      join({ join: 'join-queue', leave: 'leave-queue', payload: { queueId }, onJoined: () => void ask() }),
      follow('queue-updated', (message) => {
        if (message.queueId === queueId && now.current) take({ ...now.current, status: 'waiting', position: message.position, estimatedWait: message.estimatedWait });
      }),
      follow('queue-admitted', (message) => {
        if (message.eventId === eventId && now.current) take({ ...now.current, queueId: message.queueId, status: 'admitted', position: null, expiresAt: message.expiresAt });
      }),
      follow('resync', () => { setTimeout(() => void ask(), Math.random() * 2000); }),
    ];
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    return () => {
      for (const end of ends) end();
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
    };
  }, [queueId, eventId, ask]);

  return {
    place, error, isClosed, ask: () => void ask(),
    async leave() {
      isOver.current = true;
      if (now.current) await api.delete(`/api/queue/${now.current.queueId}`, undefined, { attempts: 3 }).catch(() => undefined);
      navigate(`/events/${eventId}`, { replace: true });
    },
  };
}

/** How the place has moved over the last minutes, against the pace before. */
function useTrend(place: QueuePlace | null): 'faster' | 'slower' | 'steady' | null {
  const points = useRef<{ at: number; wait: number }[]>([]);
  const [trend, setTrend] = useState<'faster' | 'slower' | 'steady' | null>(null);
  useEffect(() => {
    if (place?.status !== 'waiting' || place.estimatedWait === null) return;
    const at = performance.now();
    points.current.push({ at, wait: place.estimatedWait });
    if (points.current.length > 40) points.current.shift();
    const first = points.current.find((point) => at - point.at < 180_000);
    if (!first || at - first.at < 15_000) return;
    // A wait that is right falls by one second a second.
    const drift = (first.wait - place.estimatedWait) / ((at - first.at) / 1000);
    setTrend(drift > 1.3 ? 'faster' : drift < 0.7 ? 'slower' : 'steady');
  }, [place?.position, place?.estimatedWait]);
  return trend;
}

function Draw({ event, place, isDrawn }: { event: EventDetail; place: QueuePlace; isDrawn: boolean }): JSX.Element | null {
  const words = bookingStrings().queue;
  const language = useLanguage();
  const key = `commitment:${event.id}`;
  const [state, setState] = useState<'idle' | 'busy' | 'early' | 'failed'>('idle');
  const [result, setResult] = useState<DrawCheck | null>(null);
  // What was promised before the draw, kept here: a promise that changes afterwards is found out.
  useEffect(() => { if (event.queueCommitment && read(key, 'session') === null) write(key, event.queueCommitment, 'session'); }, [event.queueCommitment]);
  const promised = event.queueCommitment ?? read(key, 'session');
  if (!promised) return null;
  const check = async (): Promise<void> => {
    setState('busy');
    try {
      const proof = await api.get<DrawProof>(`/api/queue/${event.id}/proof`);
      if (!proof.seed) { setState('early'); return; }
      setResult(await checkDraw(proof, place.queueId, read(key, 'session')));
      setState('idle');
    } catch { setState('failed'); }
  };
  const canCheck = typeof crypto !== 'undefined' && crypto.subtle !== undefined;
  const total = result ? count(result.total, language) : '';
  return (
    <details className="draw" open={result !== null || undefined}>
      <summary>{words.commitment}</summary>
      <div className="stack-s">
        <p className="small soft">{words.commitmentText}</p>
        <code className="mono" data-testid="commitment">{promised}</code>
        {!canCheck ? <p className="small">{words.noCrypto}</p>
          : <div><Button look="secondary" size="small" isBusy={state === 'busy'} disabled={!isDrawn} onClick={() => void check()}>{words.check}</Button></div>}
        <div role="status" className="small">
          {state === 'early' || !isDrawn ? words.notYet : state === 'failed' ? words.closed : result
            && <Banner tone={result.isTrue ? 'good' : 'bad'}>{!result.isTrue ? words.checkedBad : result.place === null ? words.checkedNotIn(total) : words.checkedGood(count(result.place, language), total)}</Banner>}
        </div>
      </div>
    </details>
  );
}

export default function QueuePage(): JSX.Element {
  const id = useParam('id');
  const words = bookingStrings().queue;
  const language = useLanguage();
  const [asksLeave, setAsks] = useState(false);
  const event = useResource(`event:${id}`, (signal) => api.get<{ event: EventDetail }>(`/api/events/${encodeURIComponent(id)}`, { signal }).then((answer) => answer.event));
  const isOver = event.data?.status === 'ended' || event.data?.status === 'cancelled';
  const line = useLine(id, event.data !== undefined && !isOver);
  const { place } = line;
  const trend = useTrend(place);
  const opens = event.data ? Date.parse(event.data.saleStartDate) : 0;
  const rest = opens - useNow(1000, place?.status === 'lobby');
  const status = place?.status;
  const seats = `/events/${id}/seats`;

  // The draw is at the opening; the lobby asks for its outcome in the moments after, spread so that not all ask at once.
  const isDue = status === 'lobby' && rest <= 0;
  useEffect(() => {
    if (!isDue) return;
    const timer = setInterval(line.ask, 1500 + Math.random() * 1500);
    return () => clearInterval(timer);
  }, [isDue]);

  useEffect(() => { if (isOver) navigate(`/events/${id}`, { replace: true }); }, [isOver]);

  // Let in: said, shown in the title, and the door is opened. `replace`, so that Back leads to the event and not into the queue again.
  const wasWaiting = useRef(false);
  useEffect(() => {
    if (status === 'waiting' || status === 'lobby') wasWaiting.current = true;
    if (status !== 'admitted') return;
    if (!wasWaiting.current) { navigate(seats, { replace: true }); return; }
    chime();
    announce(words.admitted);
    document.title = words.admittedTitle;
    if ('vibrate' in navigator) navigator.vibrate?.([120, 60, 120]);
    const timer = setTimeout(() => navigate(seats, { replace: true }), 2500);
    return () => clearTimeout(timer);
  }, [status]);

  const spoken = useRef('');
  useEffect(() => {
    if (status !== 'waiting' || place?.position == null) return;
    // Every change would be a torrent: the first, every tenth of the way, and the last ten.
    const text = words.place(count(place.position, language));
    const mark = place.position <= 10 ? String(place.position) : `~${Math.ceil(Math.log(place.position) * 8)}`;
    if (mark === spoken.current) return;
    spoken.current = mark;
    announce(text);
  }, [place?.position, status]);

  const error = line.error ?? (event.data ? null : event.error);
  if (error) return <div className="page-narrow"><Heading title={words.title} hidden /><ErrorState error={error} eventId={id} onRetry={() => { event.reload(); line.ask(); }} /></div>;
  if (!event.data || !place) {
    return <div className="page-narrow queue"><Heading title={words.title} />{line.isClosed ? <Banner tone="warn">{words.closed}</Banner> : <Loading><p className="soft">{words.joining}</p><Skeleton height="220px" /></Loading>}</div>;
  }
  return (
    <div className="page-narrow queue" data-status={status}>
      <header className="stack-s">
        <Heading title={`${status === 'lobby' ? words.lobby : words.title} · ${event.data.title}`}>{status === 'lobby' ? words.lobby : words.title}</Heading>
        <p className="soft">{event.data.title} · <DateTime at={event.data.eventDate} style="short" /></p>
      </header>
      {line.isClosed && <Banner tone="warn">{words.closed}</Banner>}
      {status === 'admitted' ? (
        <section className="card queue-card admitted" role="alert"><p className="queue-place">{words.admitted}</p><p>{words.admittedText}</p><ButtonLink to={seats} replace size="large" isWide>{words.enter}</ButtonLink></section>
      ) : status === 'lobby' ? (
        <section className="card queue-card">
          <p className="soft">{words.opensIn}</p>
          <p className="queue-place tabular" role="timer">{rest > 0 ? duration(rest, language) : words.drawing}</p>
          <p>{words.lobbyText}</p>
        </section>
      ) : (
        <section className="card queue-card">
          <p className="soft">{words.ahead}</p>
          <p className="queue-place tabular">{place.position === null ? words.joining : words.place(count(place.position, language))}</p>
          {place.estimatedWait !== null && <p className="queue-wait">{words.wait(duration(Math.max(place.estimatedWait, 1) * 1000, language))}</p>}
          <div className="queue-bar" aria-hidden="true"><span /></div>
          {trend && <p className="small soft">{words[trend]}</p>}
        </section>
      )}
      {status !== 'admitted' && <p className="soft small">{words.keep}</p>}
      <Draw event={event.data} place={place} isDrawn={status !== 'lobby'} />
      {status !== 'admitted' && <div><Button look="quiet" onClick={() => setAsks(true)}>{words.leave}</Button></div>}
      {asksLeave && (
        <Dialog
          title={words.leaveTitle} onClose={() => setAsks(false)}
          actions={<><Button look="secondary" onClick={() => setAsks(false)}>{words.stay}</Button><Button look="danger" onClick={() => { setAsks(false); void line.leave(); }}>{words.leave}</Button></>}
        >
          <p>{words.leaveText}</p>
        </Dialog>
      )}
    </div>
  );
}
