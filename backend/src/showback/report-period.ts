import { AppError } from '../platform/errors/index.ts';
import type { Definition } from './contract.ts';
import { addDays, dayAt, dayMs, isDay, knownZone, startOf } from '../cost/index.ts';

/** The whole days of a zone that a report covers. */
export interface Period {
  zone: string;
  firstDay: string;
  /** Included. */
  lastDay: string;
  /** Unix milliseconds. */
  from: number;
  /** Unix milliseconds, excluded. */
  to: number;
}

const maxDays = 400;

/**
 * The days that a definition means at an instant.
 * @throws AppError VALIDATION_FAILED: no such zone, no such day, a span that is empty or longer than 400 days
 */
export function periodOf({ period, timeZone = 'UTC' }: Pick<Definition, 'period' | 'timeZone'>, now: Date): Period {
  const zone = knownZone(timeZone);
  if (zone === undefined) throw invalid(`There is no time zone ${timeZone}; write it as Asia/Seoul.`);
  const [firstDay, lastDay] = daysOf(period, dayAt(now.getTime(), zone));
  const [from, to] = [startOf(firstDay, zone), startOf(addDays(lastDay, 1), zone)];
  if (to - from > maxDays * dayMs) throw invalid(`The period is longer than ${maxDays} days; choose a shorter one.`);
  return { zone, firstDay, lastDay, from, to };
}

function daysOf(period: Definition['period'], today: string): [first: string, last: string] {
  if ('month' in period) return monthOf(period.month);
  if ('firstDay' in period) {
    const { firstDay, lastDay } = period;
    for (const day of [firstDay, lastDay])
      if (!isDay(day)) throw invalid(`${day} is not a day; write it as 2026-10-31.`);
    if (lastDay < firstDay) throw invalid('The last day lies before the first.');
    return [firstDay, lastDay];
  }
  const { range } = period;
  if (range === 'month') return [`${today.slice(0, 7)}-01`, today];
  if (range === 'lastMonth') return monthOf(addDays(`${today.slice(0, 7)}-01`, -1).slice(0, 7));
  const days = Number(/^(\d{1,3})d$/.exec(range)?.[1] ?? 0);
  if (days === 0) throw invalid('The range is not understood: write lastMonth, month or a number of days, e.g. 30d.');
  return [addDays(today, 1 - days), today];
}

function monthOf(month: string): [first: string, last: string] {
  const next = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1)).toISOString().slice(0, 10);
  return [`${month}-01`, addDays(next, -1)];
}

function invalid(reason: string): AppError {
  return new AppError('VALIDATION_FAILED', reason);
}
