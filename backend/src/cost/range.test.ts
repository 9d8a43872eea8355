import { describe, expect, test } from '@jest/globals';
import { parseRange } from './range.ts';

const now = new Date('2026-11-21T09:30:10Z');

function spans(query: Parameters<typeof parseRange>[0], at = now) {
  const parsed = parseRange(query, at);
  if (!parsed.ok) return parsed.reason;
  const text = (ms: number) => new Date(ms).toISOString().slice(0, 13);
  const { from, to, previous } = parsed.range;
  return [text(from), text(to), text(previous.from), text(previous.to)];
}

describe('a range', () => {
  test('counts days with today, hours with the present one', () => {
    expect(spans({ range: '30d' })).toEqual(['2026-10-23T00', '2026-11-22T00', '2026-09-23T00', '2026-10-23T00']);
    expect(spans({ range: '24h' })).toEqual(['2026-11-20T10', '2026-11-21T10', '2026-11-19T10', '2026-11-20T10']);
    expect(spans({})).toEqual(spans({ range: '30d' }));
  });

  test('a month to date is compared with as many days of the month before', () => {
    expect(spans({ range: 'month' })).toEqual(['2026-11-01T00', '2026-11-22T00', '2026-10-01T00', '2026-10-22T00']);
    expect(spans({ range: 'month' }, new Date('2026-03-30T12:00:00Z'))).toEqual([
      '2026-03-01T00',
      '2026-03-31T00',
      '2026-02-01T00',
      '2026-03-01T00',
    ]);
  });

  test('the last month is whole, also over the turn of the year', () => {
    expect(spans({ range: 'lastMonth' }, new Date('2026-01-31T23:59:59Z'))).toEqual([
      '2025-12-01T00',
      '2026-01-01T00',
      '2025-11-01T00',
      '2025-12-01T00',
    ]);
  });

  test.each([
    ['a month of UTC', '2026-10-01', '2026-11-01', '2026-09-01T00'],
    ['its last millisecond, as Grafana says it', '2026-10-01', '2026-10-31T23:59:59.999Z', '2026-09-01T00'],
    ['a month in Seoul', '2026-09-30T15:00:00Z', '2026-10-31T14:59:59.999Z', '2026-08-31T15'],
    [
      'a month in which the clocks of Berlin are set back',
      '2026-09-30T22:00:00Z',
      '2026-10-31T23:00:00Z',
      '2026-08-31T22',
    ],
    ['a quarter', '2026-07-01', '2026-10-01', '2026-04-01T00'],
    ['a year', '2025-01-01', '2026-01-01', '2024-01-01T00'],
  ])('%s is compared with the calendar before', (_, from, to, before) => {
    expect(spans({ from, to })[2]).toBe(before);
  });

  test('what is no whole month is compared with as much time before', () => {
    expect(spans({ from: '2026-10-01', to: '2026-10-31' })[2]).toBe('2026-09-01T00');
    expect(spans({ from: '2026-10-02', to: '2026-11-02' })[2]).toBe('2026-09-01T00');
    expect(spans({ from: '2026-03-02', to: '2026-04-02' })[2]).toBe('2026-01-30T00');
  });

  test('instants are widened to whole hours and say so', () => {
    const parsed = parseRange({ from: '2026-11-01T00:30:00Z', to: '2026-11-02T00:00:00Z' }, now);
    expect(parsed).toMatchObject({ ok: true, range: { from: Date.parse('2026-11-01T00:00:00Z'), widened: true } });
    expect(parseRange({ from: '2026-11-01', to: '2026-11-02' }, now)).toMatchObject({ range: { widened: false } });
  });

  test.each([
    [{ range: '0d' }, /not understood/],
    [{ range: 'ever' }, /30d.*lastMonth/],
    [{ range: "30d'; DROP TABLE cost_daily" }, /not understood/],
    [{ range: '9999d' }, /longer than 1100 days/],
    [{ range: '30d', from: '2026-11-01' }, /not both/],
    [{ to: '2026-11-01' }, /needs `from`/],
    [{ from: '2026-11-02', to: '2026-11-01' }, /after `from`/],
    [{ from: '01/11/2026' }, /`from` is not an ISO 8601/],
    [{ from: '2026-11-01', to: '9999-01-01' }, /`to` is not an ISO 8601/],
  ])('%j is refused with a sentence that says what to write', (query, reason) => {
    expect(spans(query)).toMatch(reason);
  });
});
