import { describe, expect, test } from '@jest/globals';
import { dropList, seriesStatement, totalsStatement } from './cost-sql.ts';
import { isDimension } from './dimensions.ts';
import { readCursor, writeCursor } from './line-page.ts';
import { parseFilters, refusal, segmentsOf, type CostQuery } from './plan.ts';
import { spanOf } from './range.ts';

function query(from: string, to: string, changes: Partial<CostQuery> = {}): CostQuery {
  const parsed = spanOf(Date.parse(`${from}:00Z`), Date.parse(`${to}:00Z`));
  if (!parsed.ok) throw new Error(parsed.reason);
  const asked: CostQuery = {
    metric: 'BilledCost',
    dims: [],
    range: parsed.range,
    granularity: 'total',
    filters: [],
    limit: 10,
    compare: false,
  };
  return { ...asked, ...changes };
}

const told = (asked: CostQuery) =>
  segmentsOf(asked).map(({ rollUp, from, to, previous, shift }) => {
    const hour = (ms: number) => new Date(ms).toISOString().slice(5, 13);
    return `${rollUp} ${hour(from)} ${hour(to)}${previous ? ` +${shift / 3_600_000}h` : ''}`;
  });

describe('the plan of a query', () => {
  test('takes whole days from the days and ragged ends from the hours', () => {
    expect(told(query('2026-11-01T05:00', '2026-11-04T07:00'))).toEqual([
      'cost_daily 11-02T00 11-04T00',
      'cost_hourly 11-01T05 11-02T00',
      'cost_hourly 11-04T00 11-04T07',
    ]);
    expect(told(query('2026-11-01T00:00', '2026-11-04T00:00'))).toEqual(['cost_daily 11-01T00 11-04T00']);
    expect(told(query('2026-11-01T05:00', '2026-11-02T04:00'))).toEqual(['cost_hourly 11-01T05 11-02T04']);
  });

  test('takes hours from the hours', () => {
    expect(told(query('2026-11-01T00:00', '2026-11-04T00:00', { granularity: 'hour' }))).toEqual([
      'cost_hourly 11-01T00 11-04T00',
    ]);
  });

  test('lays the span before over the present one, whole days over whole days', () => {
    expect(told(query('2026-11-03T12:00', '2026-11-05T00:00', { compare: true, granularity: 'day' }))).toEqual([
      'cost_daily 11-04T00 11-05T00',
      'cost_hourly 11-03T12 11-04T00',
      'cost_daily 11-02T00 11-03T00 +48h',
      'cost_hourly 11-01T12 11-02T00 +48h',
    ]);
  });

  test('refuses more hours than a chart can show', () => {
    expect(refusal(query('2026-01-01T00:00', '2026-11-01T00:00', { granularity: 'hour' }))).toMatch(/granularity=day/);
  });
});

describe('a statement', () => {
  const id = '00000000-0000-4000-8000-000000000001';

  test('holds no value that a caller wrote', () => {
    const hostile = "x'; DROP TABLE cost_daily; --";
    const asked = query('2026-11-01T05:00', '2026-11-04T07:00', {
      dims: ['x_Team'],
      filters: [{ dim: 'x_Team', values: [hostile] }],
      currency: hostile,
    });
    for (const statement of [totalsStatement(asked, [id]), seriesStatement({ ...asked, granularity: 'day' }, [id])]) {
      expect(statement.sql).not.toContain('DROP');
      expect(statement.params['filter0']).toEqual([hostile]);
    }
  });

  test('takes only ids of drops that are ids', () => {
    expect(() => dropList([id, "x') OR ('1'='1"])).toThrow(/not a UUID/);
  });
});

describe('filters', () => {
  test.each([
    ['x_Team:search,ads', ['search', 'ads']],
    ['x_Team:', ['']],
    ['x_Team:a\\,b,c\\\\', ['a,b', 'c\\']],
    ['x_Team:a:b,', ['a:b', '']],
  ])('%s', (text, values) => {
    expect(parseFilters([text], isDimension)).toEqual({ ok: true, filters: [{ dim: 'x_Team', values }] });
  });

  test('on one dimension widen each other', () => {
    expect(parseFilters(['x_Team:a', 'x_Team:b', 'RegionId:c'], isDimension)).toMatchObject({
      filters: [{ values: ['a', 'b'] }, { dim: 'RegionId', values: ['c'] }],
    });
  });

  test('are bounded in their length', () => {
    const filters = [{ dim: 'x_Team' as const, values: ['가'.repeat(1_000)] }];
    expect(refusal(query('2026-11-01T00:00', '2026-11-02T00:00', { filters }))).toMatch(/fewer values/);
  });

  test('are bounded in their number', () => {
    expect(
      parseFilters([`x_Team:${'a,'.repeat(10)}${Array.from({ length: 300 }, (_, at) => at).join()}`], isDimension),
    ).toMatchObject({ ok: false });
  });
});

test('a cursor comes back as it was, and another text is none', () => {
  const cursor = {
    region: 'r',
    dropId: '00000000-0000-4000-8000-000000000001',
    start: 1,
    provider: "a'b",
    service: 'ü',
    line: 7,
  };
  expect(readCursor(writeCursor(cursor))).toEqual(cursor);
  for (const text of [
    '',
    'abc',
    Buffer.from('[1,2,3,4,5,6]').toString('base64url'),
    Buffer.from('{}').toString('base64url'),
  ])
    expect(readCursor(text)).toBeUndefined();
});
