const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/;

/** What a 32-bit DateTime of the warehouse holds. */
const firstSecond = 0;
const lastSecond = 2 ** 32 - 1;

export type Instant = { ok: true; seconds: number; text: string } | { ok: false; reason: string };

/**
 * The instant that an ISO 8601 text denotes, as Unix seconds and as `YYYY-MM-DD hh:mm:ss` in UTC. A text without a zone is
 * UTC, as FOCUS asks; fractions of a second are cut. Refused with a reason: other notations, days that do not exist,
 * and what lies outside 1970-01-01 to 2106-02-07.
 */
export function parseInstant(text: string): Instant {
  const match = pattern.exec(text.trim().slice(0, 64));
  if (match === null) return { ok: false, reason: 'is not an ISO 8601 date and time' };
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? '0')) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(local);
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exists) return { ok: false, reason: 'is a day or time that does not exist' };
  const seconds = local / 1000 - zoneSeconds(match[7]);
  if (seconds < firstSecond || seconds > lastSecond)
    return { ok: false, reason: 'lies outside 1970-01-01 to 2106-02-07' };
  return { ok: true, seconds, text: instantText(seconds) };
}

/** `YYYY-MM-DD hh:mm:ss` in UTC. */
export function instantText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0;
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60;
}
