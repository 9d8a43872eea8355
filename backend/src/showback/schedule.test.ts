import { describe, expect, test } from '@jest/globals';
import { periodOf } from './report-period.ts';
import { checkCron, dueAt, nextAfter } from './schedule.ts';

describe('a period', () => {
  const now = new Date('2026-10-31T16:00:00Z');
  const days = (period: Parameters<typeof periodOf>[0]['period'], timeZone = 'Asia/Seoul') => {
    const { firstDay, lastDay } = periodOf({ period, timeZone }, now);
    return `${firstDay} ${lastDay}`;
  };

  test('is counted in the days of its zone: in Seoul it is November already', () => {
    expect(days({ range: 'lastMonth' })).toBe('2026-10-01 2026-10-31');
    expect(days({ range: 'lastMonth' }, 'UTC')).toBe('2026-09-01 2026-09-30');
    expect(days({ range: 'month' })).toBe('2026-11-01 2026-11-01');
    expect(days({ range: '7d' })).toBe('2026-10-26 2026-11-01');
    expect(days({ month: '2024-02' })).toBe('2024-02-01 2024-02-29');
    expect(days({ firstDay: '2026-01-30', lastDay: '2026-02-02' })).toBe('2026-01-30 2026-02-02');
  });

  test.each([
    [{ range: 'ever' }, 'UTC', /lastMonth/],
    [{ range: '0d' }, 'UTC', /lastMonth/],
    [{ firstDay: '2026-02-30', lastDay: '2026-03-01' }, 'UTC', /not a day/],
    [{ firstDay: '2026-03-02', lastDay: '2026-03-01' }, 'UTC', /before the first/],
    [{ firstDay: '2024-03-02', lastDay: '2026-03-01' }, 'UTC', /longer than 400/],
    [{ range: 'month' }, 'Mars/Olympus', /no time zone/],
  ])('%j in %s is refused with what to write', (period, zone, reason) => {
    expect(() => days(period, zone)).toThrow(reason);
  });
});

describe('a schedule', () => {
  const now = new Date('2026-03-07T20:00:00Z');

  test('is due by the clock on the wall, also when it changes', () => {
    const times = ['2026-03-07T20:00:00Z', '2026-03-08T20:00:00Z'].map((at) =>
      nextAfter('0 9 * * *', 'America/New_York', new Date(at)).toISOString(),
    );
    expect(times).toEqual(['2026-03-08T13:00:00.000Z', '2026-03-09T13:00:00.000Z']);
  });

  test('that missed times stands for all of them with its latest', () => {
    const next = new Date('2026-03-01T00:00:00Z');
    expect(dueAt({ cron: '0 0 * * *', timeZone: 'UTC' }, next, now)).toEqual({
      due: new Date('2026-03-07T00:00:00Z'),
      missed: 6,
      next: new Date('2026-03-08T00:00:00Z'),
    });
    const longAgo = dueAt({ cron: '0 * * * *', timeZone: 'UTC' }, new Date('2020-01-01T00:00:00Z'), now);
    expect(longAgo).toMatchObject({ missed: 1_000, next: new Date('2026-03-07T21:00:00Z') });
  });

  test.each([
    ['* * * * *', 'UTC', /more often than every hour/],
    ['*/30 9 * * *', 'UTC', /more often/],
    ['0 0 9 1 * *', 'UTC', /five fields/],
    ['@daily', 'UTC', /five fields/],
    ['0 9 31 2 *', 'UTC', /not understood/],
    ['0 25 * * *', 'UTC', /not understood/],
    ['0 9 1 * *', 'Mars/Olympus', /no time zone/],
  ])('%s in %s is refused with what to write', (cron, zone, reason) => {
    expect(() => checkCron(cron, zone, now)).toThrow(reason);
  });

  test('once a month is taken', () => {
    expect(() => checkCron('0 9 1 * *', 'Asia/Seoul', now)).not.toThrow();
    expect(() => checkCron('30 8 * * MON', 'Asia/Seoul', now)).not.toThrow();
  });
});
