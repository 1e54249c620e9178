// States of bookings and payments as badges.
import type { PaymentStatus, ReservationStatus } from '../../../api/types';
import { adminStrings } from '../words';
import type { AdminPayment } from './types';

const reservationTones: Record<ReservationStatus, string> = { pending: 'warn', confirmed: 'good', cancelled: '' };
const paymentTones: Record<PaymentStatus, string> = { pending: 'warn', completed: 'good', failed: 'bad', refunded: 'info' };
const orderTones: Record<AdminPayment['status'], string> = { pending: 'warn', confirmed: 'good', cancelled: 'info', failed: 'bad' };

export function ReservationBadge({ status }: { status: ReservationStatus }): JSX.Element {
  return <span className={`badge ${reservationTones[status]}`}>{adminStrings().reservations.states[status]}</span>;
}

export function PaymentBadge({ status }: { status: PaymentStatus }): JSX.Element {
  return <span className={`badge ${paymentTones[status]}`}>{adminStrings().reservations.payments[status]}</span>;
}

export function OrderBadge({ status }: { status: AdminPayment['status'] }): JSX.Element {
  return <span className={`badge ${orderTones[status]}`}>{adminStrings().payments.states[status]}</span>;
}
