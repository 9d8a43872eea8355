/** A span of time, `from` included, `to` not. Unix milliseconds; whole hours in UTC. */
export interface Span {
  from: number;
  to: number;
}

export interface Range extends Span {
  /** The span that `compare=previous` sets beside it. */
  previous: Span;
  /** Set where the asked span was widened to whole hours, the finest grain that is rolled up. */
  widened: boolean;
}

export type ParsedRange = { ok: true; range: Range } | { ok: false; reason: string };

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
const maxDays = 1_100;

const grammar =
  'Write `range=30d` (days), `24h` (hours), `month`, `lastMonth`, or `from=` and `to=` as ISO 8601, e.g. from=2026-11-01T00:00:00Z.';
const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/**
 * Reads the range of a cost query. `30d` is the last thirty UTC days with today, `24h` the last 24 hours with the present
 * one, `month` the present month up to the end of today, `lastMonth` the month before it. `from` and `to` name instants (a
 * date alone is its midnight, UTC); `to` is excluded and defaults to now. Without anything: `30d`.
 */
export function parseRange(query: { range?: string; from?: string; to?: string }, now: Date): ParsedRange {
  if (query.from !== undefined || query.to !== undefined) {
    if (query.range !== undefined) return refuse('Give either `range` or `from` and `to`, not both.');
    return between(query.from, query.to, now);
  }
  const text = (query.range ?? '30d').trim();
  if (text === 'month') return monthToDate(now.getTime());
  if (text === 'lastMonth') return wholeMonth(monthStart(now.getTime(), -1));
  const match = /^(\d{1,5})([dh])$/.exec(text);
  const count = Number(match?.[1] ?? 0);
  if (match === null || count === 0) return refuse(`The range is not understood. ${grammar}`);
  const unit = match[2] === 'd' ? dayMs : hourMs;
  const to = Math.floor(now.getTime() / unit) * unit + unit;
  return spanOf(to - count * unit, to);
}

/**
 * The whole hours that hold `from` to `to` (Unix milliseconds). Whole calendar months of any time zone are set beside as many
 * months before, not as many days: October beside September.
 */
export function spanOf(from: number, to: number): ParsedRange {
  const span = { from: Math.floor(from / hourMs) * hourMs, to: Math.ceil(to / hourMs) * hourMs };
  if (span.to <= span.from) return refuse('`to` must lie after `from`.');
  if (span.to - span.from > maxDays * dayMs)
    return refuse(`The range is longer than ${maxDays} days; ask for a shorter one.`);
  const previous = monthsBefore(from, to) ?? { from: span.from - (span.to - span.from), to: span.from };
  return { ok: true, range: { ...span, previous, widened: span.from !== from || span.to !== to } };
}

function between(from: string | undefined, to: string | undefined, now: Date): ParsedRange {
  if (from === undefined) return refuse('`to` needs `from` beside it.');
  const start = instant(from);
  const end = to === undefined ? now.getTime() : instant(to);
  if (start === undefined || end === undefined)
    return refuse(`\`${start === undefined ? 'from' : 'to'}\` is not an ISO 8601 instant. ${grammar}`);
  return spanOf(start, end);
}

function instant(text: string): number | undefined {
  if (!iso.test(text)) return undefined;
  const ms = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);
  const lastMs = (2 ** 32 - 1) * 1000;
  return Number.isNaN(ms) || ms < 0 || ms > lastMs ? undefined : ms;
}

/** Compared with as many days of the month before, or all of it where it is shorter. */
function monthToDate(now: number): ParsedRange {
  const from = monthStart(now, 0);
  const to = Math.floor(now / dayMs) * dayMs + dayMs;
  const previousFrom = monthStart(now, -1);
  const previous = { from: previousFrom, to: Math.min(previousFrom + (to - from), from) };
  return { ok: true, range: { from, to, previous, widened: false } };
}

function wholeMonth(from: number): ParsedRange {
  const previous = { from: monthStart(from, -1), to: from };
  return { ok: true, range: { from, to: monthStart(from, 1), previous, widened: false } };
}

const minuteMs = 60_000;
/** Time zones lie this far from UTC, in steps of a quarter of an hour; a month may begin in summer time and end in winter time. */
const [westernmost, easternmost, zoneStep] = [-12 * hourMs, 14 * hourMs, hourMs / 4];

function monthsBefore(from: number, to: number): Span | undefined {
  const end = Math.ceil(to / minuteMs) * minuteMs;
  for (let offset = westernmost; offset <= easternmost; offset += zoneStep) {
    const start = from + offset;
    if (start !== monthStart(start, 0)) continue;
    const ends = [0, -hourMs, hourMs].map((shift) => end + offset + shift).find((at) => at === monthStart(at, 0));
    if (ends === undefined || ends <= start) return undefined;
    return { from: monthStart(start, -monthsBetween(start, ends)) - offset, to: from };
  }
  return undefined;
}

function monthsBetween(from: number, to: number): number {
  const [first, last] = [new Date(from), new Date(to)];
  return (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
}

function monthStart(at: number, offset: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1);
}

function refuse(reason: string): ParsedRange {
  return { ok: false, reason };
}
