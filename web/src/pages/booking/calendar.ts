// A booking as a calendar file (RFC 5545).
import type { Reservation } from '../../api/types';
import { serverNow } from '../../app/clock';

const escape = (text: string): string => text.replace(/[\\;,]/g, (found) => `\\${found}`).replace(/\r?\n/g, '\\n');
const stamp = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');

/** Lines of at most 75 octets, continued after a space (§3.1). */
function fold(line: string): string {
  const encoder = new TextEncoder();
  let length = 0;
  let made = '';
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (length + size > 74) { made += '\r\n '; length = 1; }
    made += character;
    length += size;
  }
  return made;
}

export function calendarFile(reservation: Reservation, now: number): string {
  const begin = Date.parse(reservation.event.eventDate);
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Tiketi//Tiketi//KO', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH', 'BEGIN:VEVENT',
    `UID:${reservation.id}@tiketi.gg`, `DTSTAMP:${stamp(now)}`, `DTSTART:${stamp(begin)}`, `DTEND:${stamp(begin + 2 * 3600 * 1000)}`,
    `SUMMARY:${escape(reservation.event.title)}`,
    ...(reservation.event.venue ? [`LOCATION:${escape(reservation.event.venue)}`] : []),
    `DESCRIPTION:${escape(`${reservation.reservationNumber}\n${reservation.seats.map(({ seatLabel }) => seatLabel).join(', ')}`)}`,
    'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT3H', `DESCRIPTION:${escape(reservation.event.title)}`, 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR',
  ];
  return `${lines.map(fold).join('\r\n')}\r\n`;
}

export function downloadCalendar(reservation: Reservation): void {
  const url = URL.createObjectURL(new Blob([calendarFile(reservation, serverNow())], { type: 'text/calendar;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${reservation.reservationNumber}.ics`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
