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
