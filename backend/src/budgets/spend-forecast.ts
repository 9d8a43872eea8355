import { Money, zero } from './money.ts';
import { addDays, daysBetween, weekdayOf, type Day } from './zoned-day.ts';

/** What days to come are expected to cost. */
export interface SpendPattern {
  /** How it was made, in a sentence. */
  method: string;
  expected(day: Day): Money;
  /** True where no day is expected to give money back. */
  grows: boolean;
  /**
   * Half the width of the band that holds the sum over these days, both included, in 80 of 100 cases: the days' own scatter, which adds up
   * by its root (faster where one dear day follows another), and that the means themselves are estimates.
   */
  halfBand(from: Day, to: Day): Money;
}

const fewestDays = 7;
/** From here on each day of the week has its own mean. */
const fewestForWeekdays = 14;
/** Four weeks: enough to average, recent enough for spend that grows. */
const mostDays = 28;
/** Standard normal quantile of 90 %: ten of a hundred outcomes lie above the band, ten below it. */
const z90 = 1.2815515655446004;
const steadiestLag = 0.8;

export const noPattern = `No forecast before there are ${fewestDays} days of complete bills.`;

/**
 * The pattern of the last complete days, at most 28: the mean of each day of the week from two weeks on, before that the mean
 * of all days. Undefined with less than a week.
 * @param usual cost of each day, without what is billed once; days without cost are absent and count as 0
 * @param until the last day for which the bills are complete
 * @param since the first day for which there are bills at all
 */
export function patternOf(usual: ReadonlyMap<Day, Money>, since: Day, until: Day): SpendPattern | undefined {
  const days: Day[] = [];
  for (let day = until; day >= since && days.length < mostDays; day = addDays(day, -1)) days.unshift(day);
  if (days.length < fewestDays) return undefined;
  const byWeekday = days.length >= fewestForWeekdays;
  const groupOf = (day: Day) => (byWeekday ? weekdayOf(day) : 0);
  const groups = new Map<number, Money[]>();
  for (const day of days) groups.set(groupOf(day), [...(groups.get(groupOf(day)) ?? []), usual.get(day) ?? zero]);
  const means = new Map([...groups].map(([group, values]) => [group, meanOf(values)]));
  const residuals = days.map((day) => (usual.get(day) ?? zero).minus(means.get(groupOf(day)) ?? zero));
  const freedom = days.length - groups.size;
  const variance = sumOf(residuals.map((value) => value.times(value))).div(freedom);
  const persistence = persistenceOf(residuals);
  const quantile = studentQuantile(freedom);
  return {
    method: `${byWeekday ? 'Mean of each day of the week' : 'Mean of the days'} over the last ${days.length} complete days; band of 80 % from how far these days lay from it. What is billed once (purchases, taxes, adjustments) counts when it is billed.`,
    grows: [...means.values()].every((mean) => mean.gte(0)),
    expected: (day) => means.get(groupOf(day)) ?? zero,
    halfBand: (from, to) => {
      const count = daysBetween(from, to) + 1;
      const counts = new Map<number, number>();
      // Each seven days hold every day of the week once.
      for (let index = 0; index < Math.min(7, count); index++)
        counts.set(
          groupOf(addDays(from, index)),
          (counts.get(groupOf(addDays(from, index))) ?? 0) + Math.ceil((count - index) / 7),
        );
      const ofMeans = sumOf(
        [...counts].map(([group, each]) => new Money(each * each).div(groups.get(group)?.length ?? 1)),
      );
      const ofDays = persistence.times(count);
      return variance.times(ofDays.plus(ofMeans)).sqrt().times(quantile);
    },
  };
}

function sumOf(values: readonly Money[]): Money {
  return values.reduce((sum, value) => sum.plus(value), zero);
}

function meanOf(values: readonly Money[]): Money {
  return sumOf(values).div(values.length);
}

/** By how much the variance of a sum grows where a day resembles the one before: (1 + r) / (1 - r), r the lag-1 correlation. */
function persistenceOf(residuals: readonly Money[]): Money {
  const power = sumOf(residuals.map((value) => value.times(value)));
  if (power.isZero()) return new Money(1);
  const lagged = sumOf(residuals.slice(1).map((value, index) => value.times(residuals[index] ?? zero)));
  const correlation = Money.max(0, Money.min(steadiestLag, lagged.div(power)));
  return correlation.plus(1).div(correlation.neg().plus(1));
}

/** Student's t at 90 %, by the first two terms of its expansion around the normal quantile. */
function studentQuantile(freedom: number): Money {
  const first = (z90 ** 3 + z90) / 4;
  const second = (5 * z90 ** 5 + 16 * z90 ** 3 + 3 * z90) / 96;
  return new Money(z90 + first / freedom + second / freedom ** 2);
}
