// Numbers and times as people read them. Times are always Seoul's, whatever the visitor's own zone is.
import type { Language } from './language';

export const money = (won: number, language: Language): string =>
  language === 'ko' ? `${won.toLocaleString('ko-KR')}원` : `₩${won.toLocaleString('en-GB')}`;

export const count = (value: number, language: Language): string => value.toLocaleString(language === 'ko' ? 'ko-KR' : 'en-GB');

const two = (value: number): string => String(value).padStart(2, '0');

/** 300만, 3M: for axes. */
export const compact = (value: number, language: Language): string =>
  new Intl.NumberFormat(language === 'ko' ? 'ko-KR' : 'en-GB', { notation: 'compact', maximumFractionDigits: 1 }).format(value);

export type TimeStyle = 'full' | 'date' | 'short' | 'time' | 'seconds';

const weekdays = { ko: ['일', '월', '화', '수', '목', '금', '토'], en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] };
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** Empty for a time that cannot be read. Written here rather than by Intl, whose texts differ from browser to browser. */
export function dateTime(time: string | number | null | undefined, language: Language, style: TimeStyle = 'full'): string {
  // Seoul is nine hours ahead the whole year.
  const date = new Date(new Date(time ?? NaN).getTime() + 9 * 3600 * 1000);
  if (Number.isNaN(date.getTime())) return '';
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const weekday = weekdays[language][date.getUTCDay()] ?? '';
  const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const clockTime = style === 'seconds' ? `${minutes}:${two(date.getUTCSeconds())}` : minutes;
  if (style === 'time') return clockTime;
  const isLong = style === 'full' || style === 'date';
  const name = months[month] ?? '';
  const calendar = language === 'ko'
    ? `${isLong ? `${year}년 ` : ''}${month + 1}월 ${day}일${style === 'seconds' ? '' : ` (${weekday})`}`
    : `${style === 'seconds' ? '' : `${weekday} `}${day} ${isLong ? `${name} ${year}` : name.slice(0, 3)}`;
  return style === 'date' ? calendar : `${calendar}${language === 'ko' ? ' ' : ', '}${clockTime}`;
}

/** 14:59, or 1:02:03 from an hour on. Rounds up: nought is shown when it is over. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

/** "3 days 4 hours", "12 minutes", "40 seconds": the two largest units. */
export function duration(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const parts: [number, string, string][] = [
    [Math.floor(seconds / 86400), '일', 'day'], [Math.floor((seconds % 86400) / 3600), '시간', 'hour'],
    [Math.floor((seconds % 3600) / 60), '분', 'minute'], [seconds % 60, '초', 'second'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = (first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)).filter(([value], index) => value > 0 || index === 0);
  return shown.map(([value, ko, en]) => (language === 'ko' ? `${value}${ko}` : `${value} ${en}${value === 1 ? '' : 's'}`)).join(' ');
}

/** The calendar day in Seoul as YYYY-MM-DD. */
export function seoulDay(time: string | number): string {
  return new Date(new Date(time).getTime() + 9 * 3600 * 1000).toISOString().slice(0, 10);
}
