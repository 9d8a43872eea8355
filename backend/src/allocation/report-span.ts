import { addDays, dayAt, isDay, knownZone, parseRange, startOf } from '../cost/index.ts';
import { AppError } from '../platform/errors/index.ts';

interface AskedRange {
  range?: string;
  from?: string;
  to?: string;
}

/**
 * The whole days of a zone that a query means: the month before where it names none; `from` and `to` as days of the zone, or as
 * instants, and then the days that hold them.
 * @throws AppError VALIDATION_FAILED with what to write instead
 */
export function zonedSpan(asked: AskedRange, timeZone: string, now: Date): { from: Date; to: Date; timeZone: string } {
  const zone = knownZone(timeZone);
  if (zone === undefined) throw invalid(`There is no time zone ${timeZone}; write it as Asia/Seoul.`);
  const isEmpty = asked.from === undefined && asked.to === undefined && asked.range === undefined;
  const [first, after] = daysOf(isEmpty ? { range: 'lastMonth' } : asked, zone, now);
  return { from: new Date(startOf(first, zone)), to: new Date(startOf(after, zone)), timeZone: zone };
}

/** The first day, and the one after the last. */
function daysOf(asked: AskedRange, zone: string, now: Date): [first: string, after: string] {
  const parsed = parseRange(asked, now);
  if (!parsed.ok) throw invalid(parsed.reason);
  const { from, to } = parsed.range;
  if (asked.range === undefined) {
    const dayIs = (text: string | undefined): text is string => text !== undefined && isDay(text);
    const first = dayIs(asked.from) ? asked.from : dayAt(from, zone);
    return [first, dayIs(asked.to) ? asked.to : addDays(dayAt(to - 1, zone), 1)];
  }
  // The words mean days of the zone, in which today and this month may be others than in UTC.
  const today = dayAt(now.getTime(), zone);
  const month = `${today.slice(0, 7)}-01`;
  const word = asked.range.trim();
  if (word === 'month') return [month, addDays(today, 1)];
  if (word === 'lastMonth') return [`${addDays(month, -1).slice(0, 7)}-01`, month];
  const days = /^(\d+)d$/.exec(word)?.[1];
  if (days !== undefined) return [addDays(today, 1 - Number(days)), addDays(today, 1)];
  return [dayAt(from, zone), addDays(dayAt(to - 1, zone), 1)];
}

function invalid(reason: string): AppError {
  return new AppError('VALIDATION_FAILED', reason);
}
