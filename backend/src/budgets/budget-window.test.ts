import { describe, expect, test } from '@jest/globals';
import { horizonOf, windowOf, windowProblem, type WindowSettings } from './budget-window.ts';
import { addDays, canonicalZone, clockOf, dayOf, daysFrom, startOfDay } from './zoned-day.ts';

const calendar = (unit: NonNullable<WindowSettings['unit']>, more: Partial<WindowSettings> = {}): WindowSettings => ({
  kind: 'calendar',
  unit,
  ...more,
});

describe('a window', () => {
  test.each<[string, WindowSettings, string, string, string]>([
    ['a day', calendar('day'), '2026-11-21', '2026-11-21', '2026-11-21'],
    ['a week from Monday', calendar('week'), '2026-11-21', '2026-11-16', '2026-11-22'],
    ['a week from Sunday', calendar('week', { startDay: 7 }), '2026-11-21', '2026-11-15', '2026-11-21'],
    ['a week from Saturday on that day', calendar('week', { startDay: 6 }), '2026-11-21', '2026-11-21', '2026-11-27'],
    ['a month', calendar('month'), '2028-02-10', '2028-02-01', '2028-02-29'],
    ['a month from the 15th, before it', calendar('month', { startDay: 15 }), '2026-01-14', '2025-12-15', '2026-01-14'],
    ['a month from the 15th, on it', calendar('month', { startDay: 15 }), '2026-01-15', '2026-01-15', '2026-02-14'],
    ['a quarter', calendar('quarter'), '2026-11-21', '2026-10-01', '2026-12-31'],
    ['a quarter from February', calendar('quarter', { startMonth: 2 }), '2026-01-31', '2025-11-01', '2026-01-31'],
    ['a fiscal year', calendar('year', { startMonth: 4 }), '2026-03-31', '2025-04-01', '2026-03-31'],
    [
      'a fiscal year from 6 April',
      calendar('year', { startMonth: 4, startDay: 6 }),
      '2026-04-06',
      '2026-04-06',
      '2027-04-05',
    ],
    ['30 rolling days', { kind: 'rolling', days: 30 }, '2026-11-30', '2026-11-01', '2026-11-30'],
  ])('of %s holds the day', (_name, window, day, from, to) => {
    expect(windowOf(window, day)).toEqual({ from, to });
  });

  test('covers every day of a year once, whatever its unit', () => {
    for (const unit of ['day', 'week', 'month', 'quarter', 'year'] as const)
      for (const day of daysFrom('2027-01-01', '2028-12-31')) {
        const { from, to } = windowOf(calendar(unit, { startDay: unit === 'day' ? 1 : 5 }), day);
        expect([from <= day, day <= to]).toEqual([true, true]);
        expect(windowOf(calendar(unit, { startDay: unit === 'day' ? 1 : 5 }), addDays(to, 1)).from).toBe(
          addDays(to, 1),
        );
      }
  });

  test('looks ahead to its end, a rolling one 30 days at most', () => {
    expect(horizonOf(calendar('month'), '2026-11-21')).toBe('2026-11-30');
    expect(horizonOf({ kind: 'rolling', days: 7 }, '2026-11-21')).toBe('2026-11-28');
    expect(horizonOf({ kind: 'rolling', days: 90 }, '2026-11-21')).toBe('2026-12-21');
  });

  test.each<[WindowSettings, string]>([
    [{ kind: 'rolling' }, 'window.days must say'],
    [{ kind: 'rolling', days: 3, unit: 'day' }, 'window.unit belongs to a calendar window'],
    [{ kind: 'calendar' }, 'window.unit must be'],
    [calendar('week', { startDay: 8 }), 'Monday'],
    [calendar('month', { startMonth: 2 }), 'window.startMonth belongs'],
    [calendar('month', { days: 2 }), 'window.days belongs'],
    [calendar('day', { startDay: 2 }), 'means nothing'],
  ])('says what is wrong with %j', (window, problem) => {
    expect(windowProblem(window)).toContain(problem);
  });
});

describe('a day in a zone', () => {
  test.each([
    ['UTC', '2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['Asia/Seoul', '2026-11-21', '2026-11-20T15:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-21', '2026-11-20T18:30:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-21', '2026-11-20T10:00:00.000Z'],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z'],
    ['America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z'],
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    // Clocks go from 24:00 to 01:00: the day has no midnight.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
  ])('%s %s begins at its first instant', (zone, day, instant) => {
    expect(new Date(startOfDay(day, zone)).toISOString()).toBe(instant);
  });

  test('begins where the day before ends, over a year of daylight saving', () => {
    for (const zone of ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe'])
      for (const day of daysFrom('2026-03-01', '2026-11-10')) {
        const start = startOfDay(day, zone);
        expect([dayOf(start, zone), dayOf(start - 1, zone)]).toEqual([day, addDays(day, -1)]);
      }
  });

  test('tells the time on its clocks', () => {
    expect(clockOf(Date.parse('2026-11-21T15:30:00Z'), 'Asia/Seoul')).toEqual({ day: '2026-11-22', minutes: 30 });
  });

  test('has a zone of the list', () => {
    expect(canonicalZone('asia/seoul')).toBe('Asia/Seoul');
    expect(['+09:00', 'Mars/Olympus', "UTC'; --", ''].map(canonicalZone)).toEqual(Array(4).fill(undefined));
  });
});
