import { describe, expect, test } from '@jest/globals';
import { Money, zero } from './money.ts';
import { patternOf } from './spend-forecast.ts';
import { addDays, daysFrom, weekdayOf, type Day } from './zoned-day.ts';

/** A sequence of numbers in (0, 1) that is the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

function spendOf(days: readonly Day[], cost: (day: Day) => number): Map<Day, Money> {
  return new Map(days.map((day) => [day, new Money(cost(day).toFixed(6))]));
}

const level = (day: Day) => (weekdayOf(day) >= 6 ? 40 : 100);

describe('the pattern of spend', () => {
  test('has a mean for each day of the week from two weeks on', () => {
    const pattern = patternOf(spendOf(daysFrom('2026-10-05', '2026-11-01'), level), '2026-10-05', '2026-11-01');
    expect(pattern?.expected('2026-11-02').toFixed()).toBe('100');
    expect(pattern?.expected('2026-11-07').toFixed()).toBe('40');
    expect(pattern?.halfBand('2026-11-02', '2026-11-30').toFixed()).toBe('0');
    expect(pattern?.method).toContain('Mean of each day of the week over the last 28 complete days');
  });

  test('is the mean of all days before, and nothing with less than a week', () => {
    const days = daysFrom('2026-11-01', '2026-11-10');
    const pattern = patternOf(
      spendOf(days, () => 12),
      '2026-11-01',
      '2026-11-10',
    );
    expect([pattern?.expected('2026-11-11').toFixed(), pattern?.method]).toEqual([
      '12',
      expect.stringContaining('Mean of the days over the last 10 complete days'),
    ]);
    expect(patternOf(new Map(), '2026-11-05', '2026-11-10')).toBeUndefined();
  });

  test('counts days without cost as nothing, and looks back four weeks only', () => {
    const days = daysFrom('2026-08-01', '2026-10-04');
    const pattern = patternOf(
      spendOf(days, () => 1000),
      '2026-08-01',
      '2026-11-01',
    );
    expect(pattern?.expected('2026-11-02').toFixed()).toBe('0');
  });

  test.each([
    ['that scatter by themselves', 0],
    ['that resemble the day before', 0.5],
  ])('holds the truth in its band about 80 times of 100, for days %s', (_name, memory) => {
    const next = sequence(7);
    const tries = 400;
    let held = 0;
    for (let turn = 0; turn < tries; turn++) {
      let noise = normal(next) * 10;
      const days = daysFrom('2026-10-05', '2026-11-12');
      const spend = spendOf(days, (day) => {
        noise = memory * noise + Math.sqrt(1 - memory ** 2) * normal(next) * 10;
        return level(day) + noise;
      });
      const pattern = patternOf(spend, '2026-10-05', '2026-11-01')!;
      const ahead = daysFrom('2026-11-02', '2026-11-12');
      const truth = ahead.reduce((sum, day) => sum.plus(spend.get(day) ?? 0), zero);
      const expected = ahead.reduce((sum, day) => sum.plus(pattern.expected(day)), zero);
      if (truth.minus(expected).abs().lte(pattern.halfBand('2026-11-02', '2026-11-12'))) held += 1;
    }
    expect(held / tries).toBeGreaterThan(0.68);
    expect(held / tries).toBeLessThan(0.9);
  });

  test('has a band that grows with the days ahead', () => {
    const next = sequence(3);
    const days = daysFrom('2026-10-05', '2026-11-01');
    const pattern = patternOf(
      spendOf(days, (day) => level(day) + normal(next) * 10),
      '2026-10-05',
      '2026-11-01',
    )!;
    const bands = [1, 5, 20].map((count) => pattern.halfBand('2026-11-02', addDays('2026-11-01', count)).toNumber());
    expect(bands).toEqual([...bands].sort((a, b) => a - b));
    expect(bands[0]).toBeGreaterThan(0);
  });
});
