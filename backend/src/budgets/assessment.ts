import { labelOf, limitOf, thresholdKey, type Budget, type Threshold } from './budget.ts';
import { horizonOf, lengthOf, windowOf, type DaySpan } from './budget-window.ts';
import type { BudgetState, BudgetStatus, BurnDown, Notice } from './contract.ts';
import { estimate, Money, shareOf, zero } from './money.ts';
import { noPattern, patternOf, type SpendPattern } from './spend-forecast.ts';
import { addDays, daysBetween, daysFrom, type Day } from './zoned-day.ts';

/** Spend by day in the currency of the budget. */
export interface DailySpend {
  /** All of it. */
  all: ReadonlyMap<Day, Money>;
  /** The part that comes day by day: usage and credits. */
  usual: ReadonlyMap<Day, Money>;
  /** The last day for which the bills are complete; absent without any. */
  completeUntil?: Day;
  /** The first day for which there are bills; absent without any. */
  since?: Day;
  notices: Notice[];
}

export interface PassedThreshold {
  key: string;
  label: string;
  threshold: Threshold;
  limit: Money;
  /** What was compared; undefined where there is no forecast. */
  value: Money | undefined;
  passed: boolean;
}

export interface Assessment {
  window: DaySpan;
  status: BudgetStatus;
  thresholds: PassedThreshold[];
  days: BurnDown['days'];
  /** Last day that is shown. */
  horizon: Day;
  method: string;
  dataUntil?: Day;
  notices: Notice[];
}

/** How many days before the window an assessment reads: four weeks for the pattern, and late bills. */
export const daysBefore = 42;

interface Course {
  budget: Budget;
  spend: DailySpend;
  window: DaySpan;
  today: Day;
  pattern: SpendPattern | undefined;
  /** Sums from the first day that any total needs. */
  sums: { start: Day; billed: Money[]; expected: Money[] };
}

/** Where a budget stands on a day: spend, forecast with its band, thresholds, and the curve behind them. Pure. */
export function assess(budget: Budget, spend: DailySpend, today: Day): Assessment {
  const { settings } = budget;
  const window = windowOf(settings.window, today);
  const pattern =
    spend.completeUntil === undefined || spend.since === undefined
      ? undefined
      : patternOf(spend.usual, spend.since, spend.completeUntil);
  const horizon = horizonOf(settings.window, today);
  const sums = runningSums(spend, pattern, addDays(window.from, 1 - lengthOf(window)), horizon);
  const course = { budget, spend, window, today, pattern, sums };
  const amount = new Money(settings.amount);
  const spent = actualUpTo(course, today);
  const end = pattern && expectedUpTo(course, horizon);
  const passesOn = passingDay(course, horizon, amount);
  const status: BudgetStatus = {
    id: budget.id,
    name: settings.name,
    spent: spent.toFixed(),
    amount: settings.amount,
    share: shareOf(spent, amount),
    ...(end === undefined
      ? {}
      : { forecast: estimate(end.value), forecastLow: estimate(end.low), forecastHigh: estimate(end.high) }),
    ...(passesOn === undefined ? {} : { passesOn }),
    state: stateOf(spent, end?.value, amount),
    currency: settings.currency,
    windowFrom: window.from,
    windowTo: window.to,
  };
  return {
    window,
    status,
    thresholds: thresholdsOf(budget, spent, end?.value),
    days: curveOf(course, horizon),
    horizon,
    method: pattern?.method ?? noPattern,
    ...(spend.completeUntil === undefined ? {} : { dataUntil: spend.completeUntil }),
    notices: spend.notices,
  };
}

/** A window that is over: what was spent, without a forecast. */
export function assessPast(budget: Budget, spend: DailySpend, lastDay: Day): Assessment {
  const { completeUntil: _, ...known } = spend;
  const past = assess(budget, known, lastDay);
  const days = past.days.filter(({ day }) => day <= lastDay).map((day) => ({ ...day, complete: true }));
  return { ...past, days, horizon: lastDay, method: 'The window is over; nothing is forecast.' };
}

function stateOf(spent: Money, forecast: Money | undefined, amount: Money): BudgetState {
  if (spent.gt(amount)) return 'over';
  return forecast?.gt(amount) ? 'at-risk' : 'ok';
}

function thresholdsOf({ settings }: Budget, spent: Money, forecast: Money | undefined): PassedThreshold[] {
  return settings.thresholds.map((threshold) => {
    const limit = limitOf(threshold, settings.amount);
    const value = threshold.on === 'actual' ? spent : forecast;
    return {
      key: thresholdKey(threshold),
      label: labelOf(threshold, settings.currency),
      threshold,
      limit,
      value,
      passed: value?.gte(limit) ?? false,
    };
  });
}

/** First day of what adds up to the total of a day: the window's, or as many days before as a rolling window has. */
function firstDay({ budget, window }: Course, day: Day): Day {
  return budget.settings.window.kind === 'rolling' ? addDays(day, 1 - lengthOf(window)) : window.from;
}

/**
 * What was billed, and what is expected, from `start` up to each day. Days whose bills are not complete are expected as the
 * pattern says, or as billed where that is more already.
 */
function runningSums(spend: DailySpend, pattern: SpendPattern | undefined, start: Day, end: Day): Course['sums'] {
  const billed: Money[] = [];
  const expected: Money[] = [];
  for (const day of daysFrom(start, end)) {
    const cost = spend.all.get(day) ?? zero;
    const likely = pattern && !isComplete(spend, day) ? Money.max(cost, pattern.expected(day)) : cost;
    billed.push((billed.at(-1) ?? zero).plus(cost));
    expected.push((expected.at(-1) ?? zero).plus(likely));
  }
  return { start, billed, expected };
}

function isComplete({ completeUntil }: DailySpend, day: Day): boolean {
  return completeUntil !== undefined && day <= completeUntil;
}

function between({ start }: Course['sums'], sums: readonly Money[], from: Day, to: Day): Money {
  const before = sums[daysBetween(start, from) - 1] ?? zero;
  return (sums[daysBetween(start, to)] ?? zero).minus(before);
}

function actualUpTo(course: Course, day: Day): Money {
  return between(course.sums, course.sums.billed, firstDay(course, day), day);
}

function expectedUpTo(course: Course, day: Day): { value: Money; low: Money; high: Money } {
  const { spend, pattern, sums } = course;
  const first = firstDay(course, day);
  const value = between(sums, sums.expected, first, day);
  const open = isComplete(spend, first) && spend.completeUntil !== undefined ? addDays(spend.completeUntil, 1) : first;
  const half = pattern && open <= day ? pattern.halfBand(open, day) : zero;
  const low = value.minus(half);
  // What is billed does not go away, except where credits are usual.
  const floor = pattern?.grows ? Money.min(between(sums, sums.billed, first, day), value) : low;
  return { value, low: Money.max(low, floor), high: value.plus(half) };
}

/** The first day from which on the amount is passed, by what was billed or is expected. */
function passingDay(course: Course, horizon: Day, amount: Money): Day | undefined {
  if (actualUpTo(course, course.today).gt(amount)) return daysOver(course, amount)[0];
  if (course.pattern === undefined) return undefined;
  const { completeUntil } = course.spend;
  const open = daysFrom(course.window.from, horizon).filter(
    (day) => day >= course.today || (completeUntil !== undefined && day > completeUntil),
  );
  return open.find((day) => expectedUpTo(course, day).value.gt(amount));
}

/** The days up to today on which the total has been over the amount without a break. */
function daysOver(course: Course, amount: Money): Day[] {
  const over: Day[] = [];
  for (let day = course.today; day >= course.window.from && actualUpTo(course, day).gt(amount); day = addDays(day, -1))
    over.unshift(day);
  return over;
}

function curveOf(course: Course, horizon: Day): BurnDown['days'] {
  const { budget, spend, window, today, pattern } = course;
  const rolling = budget.settings.window.kind === 'rolling';
  const amount = new Money(budget.settings.amount);
  const length = lengthOf(window);
  return daysFrom(window.from, horizon).map((day, index) => {
    const complete = isComplete(spend, day);
    const plan = rolling ? amount : amount.times(index + 1).div(length);
    const expected = pattern && !complete ? expectedUpTo(course, day) : undefined;
    return {
      day,
      ...(day <= today
        ? { spent: (spend.all.get(day) ?? zero).toFixed(), actual: actualUpTo(course, day).toFixed() }
        : {}),
      complete,
      plan: estimate(plan),
      ...(expected === undefined
        ? {}
        : { forecast: estimate(expected.value), low: estimate(expected.low), high: estimate(expected.high) }),
    };
  });
}
