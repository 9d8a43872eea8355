import { describe, expect, test } from '@jest/globals';
import { dayAt, hoursOf, knownZone, startOf } from './zone-days.ts';

const iso = (at: number) => new Date(at).toISOString();

describe('a day of a zone', () => {
  test.each([
    ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z', 23],
    ['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z', 25],
    ['2026-10-01', 'Asia/Seoul', '2026-09-30T15:00:00.000Z', 24],
    ['2026-10-01', 'Asia/Kolkata', '2026-09-30T18:30:00.000Z', 24],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', 23],
    ['2026-10-01', 'UTC', '2026-10-01T00:00:00.000Z', 24],
  ])('%s in %s begins at %s and has %i hours', (day, zone, start, hours) => {
    expect([iso(startOf(day, zone)), hoursOf(day, zone)]).toEqual([start, hours]);
    expect(dayAt(startOf(day, zone), zone)).toBe(day);
    expect(dayAt(startOf(day, zone) - 1, zone) < day).toBe(true);
  });

  test('needs a zone that has rules', () => {
    expect([knownZone('Asia/Seoul'), knownZone('Mars/Olympus'), knownZone('+09:00'), knownZone("x'; DROP")]).toEqual([
      'Asia/Seoul',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
