// The time that is left of a hold, by the server's clock; said aloud at 5, 1 and 0 minutes.
import { useEffect, useRef } from 'react';
import { useNow } from '../../app/useNow';
import { announce } from '../../components/Announcer';
import { clock } from '../../i18n/format';
import { bookingStrings } from '../../i18n/tables/booking';

interface Props {
  until: string;
  label?: string;
  /** Once, when it is over. */
  onEnd?: () => void;
  /** Other words than those of a hold are not said. */
  isSpoken?: boolean;
}

/** The minute to say when the rest passes it: 5, 1 or 0. */
export function minuteToSay(before: number, now: number): number | null {
  for (const minutes of [0, 1, 5]) if (now <= minutes * 60_000 && before > minutes * 60_000) return minutes;
  return null;
}

export function Countdown({ until, label, onEnd, isSpoken = true }: Props): JSX.Element {
  const words = bookingStrings();
  const rest = Math.max(0, Date.parse(until) - useNow());
  const before = useRef(Infinity);
  const ended = useRef('');
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    // The first look at it says nothing unless it is late already.
    const last = before.current === Infinity ? rest + 1 : before.current;
    const minute = minuteToSay(last, rest);
    before.current = rest;
    if (minute !== null && isSpoken) announce(words.seats.minutesLeft(minute));
    if (rest === 0 && ended.current !== until) { ended.current = until; end.current?.(); }
  }, [rest, until, isSpoken, words]);
  return (
    <span className={`countdown tabular ${rest < 60_000 ? 'late' : rest < 300_000 ? 'soon' : ''}`}>
      {label && <span className="countdown-label">{label}</span>}
      <b role="timer" aria-live="off">{clock(rest)}</b>
    </span>
  );
}
