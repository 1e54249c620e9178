// Numbers and times as people read them. Times are always Seoul's, whatever the visitor's own zone is.
import type { Language } from './language';

const zone = 'Asia/Seoul';
const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', { timeZone: zone, ...options });
    formats.set(key, made);
  }
  return made;
}

export const money = (won: number, language: Language): string =>
  language === 'ko' ? `${won.toLocaleString('ko-KR')}원` : `₩${won.toLocaleString('en-GB')}`;

export const count = (value: number, language: Language): string => value.toLocaleString(language === 'ko' ? 'ko-KR' : 'en-GB');

export type TimeStyle = 'full' | 'date' | 'short' | 'time' | 'seconds';

const styles: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  full: { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  date: { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' },
  short: { month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
};

/** Empty for a time that cannot be read. */
export function dateTime(time: string | number | null | undefined, language: Language, style: TimeStyle = 'full'): string {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? '' : format(language, styles[style]).format(date);
}

const two = (value: number): string => String(value).padStart(2, '0');

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
