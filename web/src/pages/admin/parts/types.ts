// What the gateway answers to organisers (docs/specification.md §3.7, §3.8).
import type { EventDetail, EventSummary, Pagination, PaymentStatus, Reservation, ReservationStatus } from '../../../api/types';
import type { LayoutConfig } from './layoutDraft';

export interface AdminEvent extends EventSummary {
  address: string | null;
  queueEnabled: boolean;
  seatLayoutId: string | null;
  totalSeats: number;
  soldSeats: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export type AdminEventDetail = AdminEvent & EventDetail;
export interface AdminEventList { data: AdminEvent[]; pagination: Pagination }
export interface StoredLayout { id: string; name: string; description: string | null; totalSeats: number; layoutConfig: LayoutConfig; updatedAt: string }
export interface LayoutList { seatLayouts: StoredLayout[]; pagination: Pagination }

export interface EventStat { eventId: string; eventTitle: string; totalReservations: number; totalRevenue: number; availableSeats: number; soldOutPercentage: number }
export interface DayRevenue { date: string; revenue: number }
export interface RecentReservation {
  id: string; reservationNumber: string; eventId: string; eventTitle: string | null; userName: string | null; totalAmount: number;
  status: ReservationStatus; paymentStatus: PaymentStatus; createdAt: string;
}
export interface Dashboard {
  totalEvents: number; totalReservations: number; totalRevenue: number; todayReservations: number; todayRevenue: number;
  eventStats: EventStat[]; revenueByDate: DayRevenue[]; queue: { waiting: number; events: { eventId: string; waiting: number }[] } | null;
  recentReservations: RecentReservation[];
}

export type AdminReservation = Reservation & { user?: { name?: string; email?: string } | null };
export interface AdminReservationList { reservations: AdminReservation[]; pagination: Pagination }

export type Phase = 'created' | 'confirming' | 'approved' | 'settling' | 'done';
export interface AdminPayment {
  id: string; orderId: string; reservationId: string; userId: string; amount: number; status: 'pending' | 'confirmed' | 'cancelled' | 'failed'; phase: Phase;
  method: string | null; providerCode: string | null; providerMessage: string | null; calls: number; refundCalls: number; failures: number; alarm: string | null;
  createdAt: string; approvedAt: string | null; refundedAt: string | null;
}
export interface AdminPaymentList { payments: AdminPayment[]; pagination: Pagination }
export interface PaymentHistory { payment: AdminPayment; history: { step: string; at: string; detail: unknown }[] }

export interface AdminUser { id: string; email: string; name: string; phone: string | null; role: 'user' | 'admin'; createdAt: string }
export interface AdminUserList { users: AdminUser[]; pagination: Pagination }
export interface Keyword { id: string; korean: string; english: string; entityType: string | null }
export interface KeywordList { keywords: Keyword[]; pagination: Pagination }
export interface AuditEntry {
  id: number; at: string; actorId: string; actorEmail: string; action: string; entityType: string; entityId: string | null; outcome: string; before: unknown; after: unknown;
  requestId: string; address: string;
}
export interface AuditList { audit: AuditEntry[]; pagination: Pagination }
