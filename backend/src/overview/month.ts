import { Decimal } from 'decimal.js';

const DAY_MS = 86_400_000;

/** Spend of one UTC day, exact decimal. */
export interface DaySpend {
  /** `2026-11-21`. */
  day: string;
  cost: string;
}

export interface MonthSpend {
  /** Spend from the first of the month to now. */
  month: string;
  previousMonth: string;
  /** Spend of the previous month up to the same day and hour share, for a fair comparison. */
  previousToDate: string;
  /** Whole month at the present pace; null on days with too little to go by. */
  forecastMonth: string | null;
}

const MINIMUM_DAYS = 3;

/**
 * Sums the days of the present and the previous month (UTC). The month's forecast is spend so far plus, for each day that is
 * left, the mean of the last complete days of the same kind (weekday or weekend) within 28 days.
 */
export function monthSpend(days: readonly DaySpend[], now: Date): MonthSpend {
  const monthStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const previousStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  const nextStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const dated = days.map((day) => ({ at: Date.parse(`${day.day}T00:00:00Z`), cost: new Decimal(day.cost) }));
  const sum = (from: number, to: number): Decimal =>
    dated.filter(({ at }) => at >= from && at < to).reduce((total, { cost }) => total.plus(cost), new Decimal(0));
  const month = sum(monthStart, nextStart);
  return {
    month: month.toFixed(),
    previousMonth: sum(previousStart, monthStart).toFixed(),
    previousToDate: sum(previousStart, Math.min(monthStart, previousStart + (today - monthStart))).toFixed(),
    forecastMonth: forecast(dated, { today, monthStart, nextStart })?.toFixed(2) ?? null,
  };
}

function forecast(
  dated: readonly { at: number; cost: Decimal }[],
  { today, monthStart, nextStart }: { today: number; monthStart: number; nextStart: number },
): Decimal | undefined {
  const complete = dated.filter(({ at }) => at < today && at >= today - 28 * DAY_MS);
  if (complete.length < MINIMUM_DAYS) return undefined;
  const mean = (kind: boolean | undefined): Decimal | undefined => {
    const some = complete.filter(({ at }) => kind === undefined || weekend(at) === kind);
    return some.length === 0
      ? undefined
      : some.reduce((total, { cost }) => total.plus(cost), new Decimal(0)).div(some.length);
  };
  let total = dated
    .filter(({ at }) => at >= monthStart && at < today)
    .reduce((sum, { cost }) => sum.plus(cost), new Decimal(0));
  for (let day = today; day < nextStart; day += DAY_MS) total = total.plus(mean(weekend(day)) ?? mean(undefined)!);
  return total;
}

function weekend(at: number): boolean {
  return new Date(at).getUTCDay() % 6 === 0;
}
