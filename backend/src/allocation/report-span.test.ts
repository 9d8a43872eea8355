import { expect, test } from '@jest/globals';
import { zonedSpan } from './report-span.ts';

const now = new Date('2026-10-31T16:00:00Z');
const span = (asked: Parameters<typeof zonedSpan>[0], zone: string): string => {
  const { from, to } = zonedSpan(asked, zone, now);
  return `${from.toISOString()} ${to.toISOString()}`.replaceAll(':00.000Z', '');
};

test.each([
  [{}, 'UTC', '2026-09-01T00:00 2026-10-01T00:00'],
  [{}, 'Asia/Seoul', '2026-09-30T15:00 2026-10-31T15:00'],
  [{ range: 'month' }, 'Asia/Seoul', '2026-10-31T15:00 2026-11-01T15:00'],
  [{ range: '2d' }, 'Asia/Seoul', '2026-10-30T15:00 2026-11-01T15:00'],
  [{ range: '2d' }, 'UTC', '2026-10-30T00:00 2026-11-01T00:00'],
  [{ range: '24h' }, 'Asia/Seoul', '2026-10-30T15:00 2026-11-01T15:00'],
  [{ from: '2026-10-01', to: '2026-10-03' }, 'Asia/Seoul', '2026-09-30T15:00 2026-10-02T15:00'],
  [{ from: '2026-10-01T00:00:00Z', to: '2026-10-02T15:00:00Z' }, 'Asia/Seoul', '2026-09-30T15:00 2026-10-02T15:00'],
  [{ from: '2026-10-01T01:00:00Z', to: '2026-10-02T15:00:00Z' }, 'UTC', '2026-10-01T00:00 2026-10-03T00:00'],
  [{ from: '2026-03-08', to: '2026-03-09' }, 'America/New_York', '2026-03-08T05:00 2026-03-09T04:00'],
])('%j in %s is %s', (asked, zone, expected) => {
  expect(span(asked, zone)).toBe(expected);
});

test.each([
  [{}, 'Mars/Olympus', 'There is no time zone'],
  [{ range: 'ever' }, 'Asia/Seoul', 'The range is not understood'],
  [{ range: '30d', from: '2026-10-01' }, 'UTC', 'not both'],
])('%j in %s is refused', (asked, zone, reason) => {
  expect(() => span(asked, zone)).toThrow(reason);
});
