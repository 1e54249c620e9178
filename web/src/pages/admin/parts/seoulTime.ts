// Between the server's UTC and what an organiser types: Seoul has been nine hours ahead, without summer time, since 1988.

const ahead = 9 * 3600 * 1000;

/** `2026-03-15T19:00:00Z` → `2026-03-16T04:00`, as an input of type datetime-local wants it. Empty for a time that cannot be read. */
export function toSeoulInput(time: string | null | undefined): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '' : new Date(at + ahead).toISOString().slice(0, 16);
}

/** The other way; null for what is no complete date and time. */
export function fromSeoulInput(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null;
  const at = Date.parse(`${text}Z`);
  if (Number.isNaN(at)) return null;
  // Date.parse turns February 30th into March 2nd in some browsers.
  if (new Date(at).toISOString().slice(0, 16) !== text.slice(0, 16)) return null;
  return `${new Date(at - ahead).toISOString().slice(0, 19)}Z`;
}

/** Today in Seoul and days before it, as YYYY-MM-DD. */
export function seoulDate(now: number, daysAgo = 0): string {
  return new Date(now + ahead - daysAgo * 86_400_000).toISOString().slice(0, 10);
}
