import type { BudgetInput } from './contract.ts';
import { addDays, daysBetween, weekdayOf, type Day } from './zoned-day.ts';

export type WindowSettings = BudgetInput['window'];

/** A span of days, both included. */
export interface DaySpan {
  from: Day;
  to: Day;
}

const unitMonths = { month: 1, quarter: 3, year: 12 } as const;
/** A rolling window has no end; its forecast looks this many days ahead at most. */
const furthestAhead = 30;

/** What is wrong with the settings of a window, or undefined. */
export function windowProblem(window: WindowSettings): string | undefined {
  if (window.kind === 'rolling') {
    if (window.days === undefined) return 'window.days must say how many days a rolling window has';
    const extra = (['unit', 'startDay', 'startMonth'] as const).find((field) => window[field] !== undefined);
    return extra && `window.${extra} belongs to a calendar window; leave it out`;
  }
  const { unit, startDay, startMonth } = window;
  if (unit === undefined) return 'window.unit must be day, week, month, quarter or year';
  if (window.days !== undefined) return 'window.days belongs to a rolling window; leave it out';
  if (unit === 'day' && startDay !== undefined) return 'window.startDay means nothing for a day; leave it out';
  if (unit === 'week' && startDay !== undefined && startDay > 7)
    return 'window.startDay of a week is 1 (Monday) to 7 (Sunday)';
  if (startMonth !== undefined && unit !== 'quarter' && unit !== 'year')
    return 'window.startMonth belongs to a quarter or a year; leave it out';
  return undefined;
}

/** The window that a day lies in. A rolling window ends on that day. */
export function windowOf(window: WindowSettings, day: Day): DaySpan {
  if (window.kind === 'rolling') return { from: addDays(day, 1 - (window.days ?? 1)), to: day };
  switch (window.unit ?? 'month') {
    case 'day':
      return { from: day, to: day };
    case 'week': {
      const from = addDays(day, -((weekdayOf(day) - (window.startDay ?? 1) + 7) % 7));
      return { from, to: addDays(from, 6) };
    }
    case 'month':
    case 'quarter':
    case 'year':
      return monthsOf(window, unitMonths[window.unit as 'month' | 'quarter' | 'year'], day);
  }
}

/** How far a forecast looks: the end of the window; for a rolling one as many days ahead as it has, 30 at most. */
export function horizonOf(window: WindowSettings, day: Day): Day {
  return window.kind === 'rolling' ? addDays(day, Math.min(window.days ?? 1, furthestAhead)) : windowOf(window, day).to;
}

export function lengthOf({ from, to }: DaySpan): number {
  return daysBetween(from, to) + 1;
}

function monthsOf(window: WindowSettings, months: number, day: Day): DaySpan {
  const startDay = window.startDay ?? 1;
  const month = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  const running = Number(day.slice(8)) >= startDay ? month : month - 1;
  const offset = (window.startMonth ?? 1) - 1;
  const first = running - ((((running - offset) % months) + months) % months);
  return { from: dayInMonth(first, startDay), to: addDays(dayInMonth(first + months, startDay), -1) };
}

function dayInMonth(month: number, day: number): Day {
  return new Date(Date.UTC(Math.floor(month / 12), ((month % 12) + 12) % 12, day)).toISOString().slice(0, 10);
}
