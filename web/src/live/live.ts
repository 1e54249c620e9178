// The live connection: the stock Socket.IO client, loaded when the first page needs it. Rooms are entered again after every connection,
// and whoever follows something is told so, because messages may have been missed.
import { createStore } from '../app/store';
import { currentToken, session } from '../app/session';
import type { Socket } from './socket.io-client';

export type Connection = 'idle' | 'connecting' | 'online' | 'lost' | 'refused';
export const connection = createStore<Connection>('idle');

export interface Acknowledgement { success: boolean; version?: number; code?: string; error?: string }
export interface Room {
  join: 'join-event' | 'join-queue' | 'join-seat-selection';
  leave: 'leave-event' | 'leave-queue' | 'leave-seat-selection';
  payload: Readonly<Record<string, string>>;
  /** After each entry, also after a reconnection: what happened before it may have been missed. */
  onJoined?: (answer: Acknowledgement) => void;
}

/** Messages of docs/specification.md §4, and `resync`: the hub itself may have missed some. */
export interface Messages {
  'seat-reserved': { seatId: string; userId: string | null; eventId: string; status: 'locked' | 'reserved'; version: number; count: number };
  'seat-released': { seatId: string; eventId: string; version: number; count: number };
  'reservation-expired': { reservationId: string; message: string };
  'queue-updated': { queueId: string; position: number | null; estimatedWait: number | null };
  'queue-admitted': { eventId: string; queueId: string; message: string; expiresAt: string };
  'event-status-changed': { eventId: string; status: string };
  'payment-updated': { reservationId: string; orderId: string; state: string };
  resync: unknown;
}

const rooms = new Set<Room>();
const handlers = new Map<string, Set<(message: never) => void>>();
let socket: Socket | null = null;
let starting = false;
let users = 0;

async function start(): Promise<void> {
  if (socket || starting || !currentToken()) return;
  starting = true;
  connection.set('connecting');
  try {
    const { io } = await import('./client');
    if (users === 0 || !currentToken()) { connection.set('idle'); return; }
    socket = io({
      transports: ['websocket', 'polling'], tryAllTransports: true, reconnectionDelay: 500, reconnectionDelayMax: 5000,
      auth: (answer) => answer({ token: currentToken() }),
    });
    socket.on('connect', () => { connection.set('online'); for (const room of rooms) enter(room); });
    socket.on('disconnect', (reason: string) => {
      connection.set('lost');
      // The server closed it, as when it drains: the client does not come back by itself.
      if (reason === 'io server disconnect') setTimeout(() => socket?.connect(), 500 + Math.random() * 1500);
    });
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const isRefused = error.message === 'Invalid token' || error.message === 'Authentication error';
      connection.set(isRefused ? 'refused' : 'lost');
      // The user's lost connections still count for a while; the client does not come back by itself.
      if (error.data?.code === 'CONNECTION_LIMIT') setTimeout(() => socket?.connect(), 10_000 + Math.random() * 20_000);
    });
    for (const event of handlers.keys()) listen(event);
  } catch {
    connection.set('lost');
    setTimeout(() => { starting = false; if (users > 0) void start(); }, 3000);
  } finally {
    starting = false;
  }
}

function stop(): void {
  socket?.disconnect();
  socket = null;
  connection.set('idle');
}

function listen(event: string): void {
  socket?.on(event, (message: never) => { for (const handler of [...(handlers.get(event) ?? [])]) handler(message); });
}

function enter(room: Room): void {
  socket?.timeout(10_000).emit(room.join, room.payload, (failed: unknown, answer?: Acknowledgement) => {
    if (!rooms.has(room)) return;
    if (failed) { if (socket?.connected) setTimeout(() => rooms.has(room) && enter(room), 1000); return; }
    room.onJoined?.(answer ?? { success: true });
  });
}

/** Keeps the connection while somebody uses it; returns the end of the use. */
export function useConnectionUntil(): () => void {
  users += 1;
  void start();
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    users -= 1;
    // A page that follows may want it too.
    setTimeout(() => { if (users === 0) stop(); }, 2000);
  };
}

export function follow<E extends keyof Messages>(event: E, handler: (message: Messages[E]) => void): () => void {
  let set = handlers.get(event);
  if (!set) { set = new Set(); handlers.set(event, set); listen(event); }
  set.add(handler as (message: never) => void);
  const release = useConnectionUntil();
  return () => { set?.delete(handler as (message: never) => void); release(); };
}

export function join(room: Room): () => void {
  rooms.add(room);
  const release = useConnectionUntil();
  if (socket?.connected) enter(room);
  return () => {
    rooms.delete(room);
    if (socket?.connected) socket.emit(room.leave, room.payload);
    release();
  };
}

/** Tries at once, as when the browser says that it is online again. */
export function reconnect(): void {
  if (socket && !socket.connected) socket.connect();
}

let lastToken = currentToken();
session.subscribe(() => {
  if (currentToken() === lastToken) return;
  lastToken = currentToken();
  stop();
  if (users > 0) void start();
});
if (typeof window !== 'undefined') window.addEventListener('online', reconnect);
