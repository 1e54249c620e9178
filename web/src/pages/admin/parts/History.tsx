// Every step that a payment took, as the payment service wrote it down.
import { api } from '../../../api/client';
import { useResource } from '../../../app/resource';
import { DateTime } from '../../../components/values';
import { adminStrings } from '../words';
import type { PaymentHistory } from './types';

function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) return '';
  if (typeof detail !== 'object') return String(detail);
  return Object.entries(detail).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ');
}

export function History({ id }: { id: string }): JSX.Element | null {
  const words = adminStrings();
  const found = useResource(`admin/payment/${id}`, (signal) => api.get<PaymentHistory>(`/api/admin/payments/${id}`, { signal }));
  if (!found.data) return null;
  return (
    <ol className="steps" aria-label={words.payments.history}>
      {found.data.history.map(({ step, at, detail }, index) => (
        <li key={`${at}${step}${index}`}><strong>{step}</strong><span className="soft small tabular"><DateTime at={at} style="seconds" /></span>{detailText(detail) && <span className="small soft">{detailText(detail)}</span>}</li>
      ))}
    </ol>
  );
}
