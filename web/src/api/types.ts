// What the services send, as docs/specification.md §3 says. Names are those on the wire.

export type EventStatus = 'upcoming' | 'on_sale' | 'sold_out' | 'ended' | 'cancelled';

export interface User {
  id: string;
  email: string;
  name: string;
  role: 'user' | 'admin';
  phone?: string | null;
  language?: 'ko' | 'en' | null;
  emailVerified?: boolean;
  createdAt?: string;
}

export interface AuthAnswer { token: string; user: User }
export interface UserSession { id: string; createdAt: string; lastUsedAt: string; device: string | null; current: boolean }

export interface Config {
  tossClientKey: string | null;
  googleClientId: string | null;
  maxSeatsPerUser: number;
  holdSeconds: number;
  languages: string[];
  serverTime: string;
}

export interface Pagination { total: number; page: number; limit: number; totalPages: number }

export interface EventSummary {
  id: string;
  title: string;
  description: string | null;
  venue: string;
  eventDate: string;
  saleStartDate: string;
  saleEndDate: string;
  posterImageUrl: string | null;
  status: EventStatus;
  artistName: string | null;
  availableSeats?: number;
  totalSeats?: number;
  minPrice?: number;
}

export interface TicketType {
  id: string;
  section: string;
  price: number;
  totalSeats: number;
  availableSeats: number;
  description?: string | null;
}

export interface EventDetail extends EventSummary {
  address: string | null;
  queueEnabled: boolean;
  queueCommitment?: string | null;
  ticketTypes: TicketType[];
}

export interface EventList { data: EventSummary[]; pagination: Pagination }

export type SeatStatus = 'available' | 'locked' | 'reserved';

export interface Seat {
  id: string;
  eventId: string;
  section: string;
  rowNumber: string;
  seatNumber: string;
  seatLabel: string;
  price: number;
  status: SeatStatus;
}

/** `full` tells an answer to `?since=` that is the whole map from one that has the changes only. */
export interface SeatMapAnswer { version: number; validUntil?: string | null; since?: number; seats: Seat[] }
export interface MySeat { id: string; status: 'held' | 'pending' | 'reserved'; expiresAt: string | null; reservationId: string | null }
export interface HoldAnswer { message: string; expiresIn: number; expiresAt: string }

export type ReservationStatus = 'pending' | 'confirmed' | 'cancelled';
export type PaymentStatus = 'pending' | 'completed' | 'failed' | 'refunded';
export type PaymentState = 'none' | 'open' | 'confirming' | 'unknown' | 'confirmed' | 'failed' | 'refunding' | 'refunded';

export interface Reservation {
  id: string;
  reservationNumber: string;
  eventId: string;
  userId: string;
  event: { id: string; title: string; eventDate: string; venue?: string };
  seats: { seatId: string; seatLabel: string; price: number }[];
  totalAmount: number;
  status: ReservationStatus;
  paymentStatus: PaymentStatus;
  cancelReason?: 'user' | 'expired' | 'payment_failed' | 'event_cancelled' | 'admin' | null;
  expiresAt: string | null;
  confirmedAt?: string | null;
  cancelledAt?: string | null;
  createdAt: string;
  payment?: { state: PaymentState; orderId: string | null } | null;
}

export interface ReservationList { reservations: Reservation[]; pagination: Pagination }

export interface Payment {
  id: string;
  orderId: string;
  amount: number;
  status: 'pending' | 'confirmed' | 'cancelled' | 'failed';
  method: string | null;
  approvedAt: string | null;
}

export interface ConfirmAnswer { payment: Payment; reservation?: { id: string; status: ReservationStatus; paymentStatus: PaymentStatus } }

export interface QueuePlace {
  queueId: string;
  status: 'waiting' | 'lobby' | 'admitted' | 'ended';
  position: number | null;
  estimatedWait: number | null;
  expiresAt?: string | null;
}

export interface DrawProof { commitment: string; seed: string | null; algorithm: string; entries: string[] }

export interface News {
  id: string;
  title: string;
  content: string;
  author: string;
  views: number;
  isPinned: boolean;
  isDraft: boolean;
  /** The content as the server renders it: no HTML of the author, no address that acts. Only where one item is asked for. */
  html?: string;
  publishedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface NewsList { news: News[]; pagination: Pagination }
