// Money, times, states of events: one way to show each.
import type { EventStatus } from '../api/types';
import { type TimeStyle, dateTime, money } from '../i18n/format';
import { useLanguage } from '../i18n/language';
import { commonStrings } from '../i18n/tables/common';

export function Money({ won }: { won: number }): JSX.Element {
  return <span className="tabular">{money(won, useLanguage())}</span>;
}

/** In Seoul, with the weekday. */
export function DateTime({ at, style = 'full' }: { at: string | null | undefined; style?: TimeStyle }): JSX.Element {
  const language = useLanguage();
  return <time dateTime={at ?? undefined} className="tabular">{dateTime(at, language, style)}</time>;
}

const tones: Record<EventStatus, string> = { upcoming: 'info', on_sale: 'good live', sold_out: 'bad', ended: '', cancelled: 'bad' };

export function StatusBadge({ status }: { status: EventStatus }): JSX.Element {
  return <span className={`badge ${tones[status]}`}>{commonStrings().status[status]}</span>;
}
