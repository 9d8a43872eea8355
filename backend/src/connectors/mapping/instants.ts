const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/;
const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(?:12:00:00 AM|00:00(?::00)?))?$/;
const compactMonth = /^(\d{4})-?(\d{2})$/;

/** What a 32-bit DateTime of the warehouse holds. */
const lastSecond = 2 ** 32 - 1;

/**
 * `YYYY-MM-DDThh:mm:ssZ` of the instant that an ISO 8601 text denotes; without a zone it is UTC, fractions of a second are
 * cut. Undefined for other notations, days that do not exist and what lies outside 1970 to 2106.
 */
export function isoInstant(text: string): string | undefined {
  const match = iso.exec(text.trim().slice(0, 64));
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? '0'));
  return instant([year!, month!, day!, hour!, minute!, second!], zoneSeconds(match[7]));
}

/** The same for days as American spreadsheets write them, `MM/DD/YYYY`, and for ISO ones. */
export function americanOrIsoDay(text: string): string | undefined {
  const match = american.exec(text.trim().slice(0, 64));
  if (match === null) return isoInstant(text);
  return instant([Number(match[3]), Number(match[1]), Number(match[2]), 0, 0, 0], 0);
}

/** Start of the month that `202609` or `2026-09` names. */
export function monthStart(text: string): string | undefined {
  const match = compactMonth.exec(text.trim().slice(0, 16));
  return match === null ? undefined : instant([Number(match[1]), Number(match[2]), 1, 0, 0, 0], 0);
}

/** Start and end of the UTC month in which an instant lies. The end is exclusive, as FOCUS asks. */
export function billingMonth(at: string): { start: string; end: string } {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: written(Date.UTC(year, month, 1)), end: written(Date.UTC(year, month + 1, 1)) };
}

export function plusSeconds(at: string, seconds: number): string {
  return written(Date.parse(at) + seconds * 1000);
}

export const dayInSeconds = 24 * 60 * 60;
export const hourInSeconds = 60 * 60;

type Parts = readonly [number, number, number, number, number, number];

function instant([year, month, day, hour, minute, second]: Parts, zone: number): string | undefined {
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(local);
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  const seconds = local / 1000 - zone;
  return exists && seconds >= 0 && seconds <= lastSecond ? written(seconds * 1000) : undefined;
}

function written(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60;
}
