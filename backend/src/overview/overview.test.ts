import { describe, expect, test } from '@jest/globals';
import { monthSpend } from './month.ts';
import { overviewSentence } from './sentence.ts';

const day = (date: Date): string => date.toISOString().slice(0, 10);
const flat = (from: string, to: string, cost: string): { day: string; cost: string }[] => {
  const days = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += 86_400_000) days.push({ day: day(new Date(at)), cost });
  return days;
};

describe('the month', () => {
  test('is summed exactly and compared with the same part of the last one', () => {
    const spend = monthSpend(
      [...flat('2026-10-01', '2026-11-01', '0.1'), ...flat('2026-11-01', '2026-11-11', '0.2')],
      new Date('2026-11-11T12:00:00Z'),
    );
    expect(spend).toEqual({
      month: '2',
      previousMonth: '3.1',
      previousToDate: '1',
      forecastMonth: expect.any(String) as unknown as string,
    });
  });

  test('is foreseen from days of the same kind', () => {
    const days = flat('2026-10-12', '2026-11-09', '10').map((one) => ({
      ...one,
      cost: new Date(one.day).getUTCDay() % 6 === 0 ? '1' : '10',
    }));
    // November 2026: 21 weekdays and 9 weekend days.
    expect(monthSpend(days, new Date('2026-11-09T08:00:00Z')).forecastMonth).toBe('219.00');
  });

  test('is not foreseen from two days', () => {
    expect(
      monthSpend(flat('2026-11-01', '2026-11-03', '5'), new Date('2026-11-03T00:10:00Z')).forecastMonth,
    ).toBeNull();
  });
});

describe('the first sentence', () => {
  const facts = {
    currency: 'USD',
    month: '12340.4',
    previousToDate: '11426',
    hasCost: true,
    peak: undefined,
    pendingChanges: 0,
    staleSources: [],
  };

  test('says spend against the same point of last month, the next peak and what waits', () => {
    const { en, ko } = overviewSentence({
      ...facts,
      peak: { at: new Date('2026-11-21T20:10:00Z'), requestsPerMinute: 4610.4, workload: 'shop/frontend' },
      pendingChanges: 1,
      staleSources: ['aws-eu'],
    });
    expect(en).toBe(
      'Spend is $12,340 this month, 8 % above last month at this point; next peak of 4,610 requests a minute on shop/frontend at 20:10 UTC; 1 Change waits for approval; aws-eu is stale.',
    );
    expect(ko).toContain('이번 달 지출은 $12,340입니다');
  });

  test('says so when nothing has arrived', () => {
    expect(overviewSentence({ ...facts, hasCost: false }).en).toBe('No cost has arrived yet.');
  });

  test('compares with nothing when there was nothing', () => {
    expect(overviewSentence({ ...facts, previousToDate: '0' }).en).toBe('Spend is $12,340 this month.');
  });
});
