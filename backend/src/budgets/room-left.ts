import type { Budget } from './budget.ts';
import { lengthOf, windowOf } from './budget-window.ts';
import type { CounterDay } from './counter-repository.ts';
import type { NoRoom } from './doors.ts';
import { Money, zero } from './money.ts';
import { addDays, startOfDay, type Day } from './zoned-day.ts';

/** What the counters of a budget's present window add up to. */
export interface Counted {
  settled: Money;
  reserved: Money;
  /** Never less than 0. */
  left: Money;
}

export function countedOf(budget: Budget, days: readonly CounterDay[]): Counted {
  const settled = days.reduce((sum, day) => sum.plus(day.settled), zero);
  const reserved = days.reduce((sum, day) => sum.plus(day.reserved), zero);
  return { settled, reserved, left: Money.max(0, new Money(budget.settings.amount).minus(settled).minus(reserved)) };
}

/** Undefined where the amount fits; else what there is, and when there will be room. */
export function noRoomFor(amount: Money, budget: Budget, days: readonly CounterDay[], today: Day): NoRoom | undefined {
  const { left } = countedOf(budget, days);
  if (amount.lte(left)) return undefined;
  const ends = roomAgain(amount, budget, days, today);
  return {
    budgetId: budget.id,
    name: budget.settings.name,
    amount: budget.settings.amount,
    currency: budget.settings.currency,
    left: left.toFixed(),
    ...(ends === undefined ? {} : { windowEnds: new Date(startOfDay(ends, budget.settings.timeZone)).toISOString() }),
  };
}

/** The first day on which the amount fits, if nothing more is spent; undefined where it never does. */
function roomAgain(amount: Money, budget: Budget, days: readonly CounterDay[], today: Day): Day | undefined {
  const { settings } = budget;
  if (amount.gt(settings.amount)) return undefined;
  const window = windowOf(settings.window, today);
  if (settings.window.kind === 'calendar') return addDays(window.to, 1);
  let used = days.reduce((sum, day) => sum.plus(day.settled).plus(day.reserved), zero);
  for (const day of days) {
    used = used.minus(day.settled).minus(day.reserved);
    if (used.plus(amount).lte(settings.amount)) return addDays(day.day, lengthOf(window));
  }
  return addDays(today, lengthOf(window));
}
