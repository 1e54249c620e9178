// Cancelling an event refunds everybody: the organiser types how many and how much before it happens.
import { useState } from 'react';
import { api } from '../../../api/client';
import { useResource } from '../../../app/resource';
import { Field } from '../../../components/Field';
import { Banner, ErrorBanner } from '../../../components/states';
import { toast } from '../../../components/Toasts';
import { Money } from '../../../components/values';
import { count } from '../../../i18n/format';
import { useLanguage } from '../../../i18n/language';
import { adminStrings } from '../words';
import { Confirm } from './shared';
import type { AdminReservationList } from './types';

export interface Refunds { bookings: number; won: number }

/** Every confirmed booking of the event, page by page: the sum is the money that goes back. */
export async function refundsOf(eventId: string, signal?: AbortSignal): Promise<Refunds> {
  let won = 0;
  for (let page = 1; ; page += 1) {
    const { reservations, pagination } = await api.get<AdminReservationList>('/api/admin/reservations', { signal, query: { eventId, status: 'confirmed', limit: 100, page } });
    won = reservations.reduce((sum, { totalAmount }) => sum + totalAmount, won);
    if (page >= pagination.totalPages) return { bookings: pagination.total, won };
  }
}

const squeezed = (text: string): string => text.replace(/[\s,]/g, '').toLowerCase();

export function CancelEvent({ event, onClose, onDone }: { event: { id: string; title: string }; onClose: () => void; onDone: () => void }): JSX.Element {
  const text = adminStrings().events;
  const language = useLanguage();
  const [typed, setTyped] = useState('');
  const [round, setRound] = useState(0);
  const refunds = useResource(`admin/refunds/${event.id}/${round}`, (signal) => refundsOf(event.id, signal));
  const phrase = refunds.data && text.cancelPhrase(count(refunds.data.bookings, language), count(refunds.data.won, language));
  return (
    <Confirm
      title={text.cancelTitle} action={text.cancel} keep={text.keep} onClose={onClose} isReady={phrase !== undefined && squeezed(typed) === squeezed(phrase)}
      onConfirm={async () => {
        const now = await refundsOf(event.id);
        // Typed for other figures than those of this moment.
        if (now.bookings !== refunds.data?.bookings || now.won !== refunds.data.won) {
          setTyped('');
          setRound(round + 1);
          return false;
        }
        await api.post(`/api/admin/events/${event.id}/cancel`);
        toast(text.cancelled);
        onDone();
        return undefined;
      }}
    >
      <p>{text.cancelText(event.title)}</p>
      {refunds.error && <ErrorBanner error={refunds.error} onRetry={refunds.reload} />}
      {!refunds.data && !refunds.error && <p className="soft" role="status">{text.cancelCounting}</p>}
      {round > 0 && <Banner tone="warn" isAlert>{text.cancelChanged}</Banner>}
      {refunds.data && phrase && (
        <>
          <dl className="facts"><dt>{text.refunds}</dt><dd className="tabular">{count(refunds.data.bookings, language)}</dd><dt>{text.refundSum}</dt><dd><Money won={refunds.data.won} /></dd></dl>
          <Field label={text.cancelType(phrase)} value={typed} onChange={({ target }) => setTyped(target.value)} autoComplete="off" spellCheck={false} />
        </>
      )}
    </Confirm>
  );
}
