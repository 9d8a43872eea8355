import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAnycostRoom } from '../anycost/index.ts';
import { billCsv } from '../anycost/fixtures/bill-fixture.ts';
import { everything, openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createCostRoom, type Cost, type CostAsked } from './index.ts';

let stand: CostStand;
let cost: Cost;
let ingest: (source: string, rows: Record<string, string>[]) => Promise<unknown>;

/** A charge of one hour in September 2024. */
const charge = (day: string, billed: string, more: Record<string, string> = {}): Record<string, string> => ({
  ChargePeriodStart: `2024-09-${day}:00:00Z`,
  ChargePeriodEnd: `2024-09-${day}:59:59Z`,
  BilledCost: billed,
  ...more,
});
const team = (name: string) => ({ Tags: JSON.stringify({ team: name }) });

beforeAll(async () => {
  stand = await openCostStand('2024-09-21T09:30:00Z');
  const anycost = createAnycostRoom(stand.platform);
  cost = createCostRoom(stand.platform).cost;
  ingest = async (source, rows) => anycost.ingestFocusFile(await stand.file('bill.csv', billCsv(rows)), { source });
  await ingest('main', [
    charge('03T10', '1.000000000000000000000000000001', team('search')),
    charge('03T23', '2', team('search')),
    charge('04T00', '4', team('ads')),
    charge('05T01', '8', { ...team('ads'), ServiceName: '=cmd|calc' }),
    charge('05T02', '-3', { Tags: '{}' }),
    charge('10T00', '16', team("'; DROP TABLE cost_daily; --")),
  ]);
  await ingest('euro', [charge('04T05', '5', { BillingCurrency: 'EUR', ...team('search') })]);
});
afterAll(() => stand.close());

function summary(changes: Partial<CostAsked> = {}, scope = everything) {
  const asked: CostAsked = {
    metric: 'BilledCost',
    dims: [],
    from: new Date('2024-09-01'),
    to: new Date('2024-10-01'),
    granularity: 'total',
    filters: [],
    limit: 100,
  };
  return cost.summary({ ...asked, ...changes }, scope);
}
const compact = async (changes: Partial<CostAsked>, scope = everything) =>
  (await summary(changes, scope)).rows.map(({ at, keys, cost: amount }) =>
    [...(at ? [at.slice(5, 16)] : []), ...Object.values(keys), amount].join(' '),
  );

describe('a summary', () => {
  test('adds up one currency, exactly, and says that there is another', async () => {
    const answer = await summary();
    expect(answer).toMatchObject({
      currency: 'USD',
      currencies: ['EUR', 'USD'],
      total: { cost: '28.000000000000000000000000000001', lines: 6 },
    });
    expect(answer.notices).toContainEqual({
      severity: 'warning',
      text: 'Only USD is shown; costs in EUR are not added. Choose a currency to see them.',
    });
    expect(await summary({ currency: 'eur' })).toMatchObject({ currency: 'EUR', total: { cost: '5', lines: 1 } });
  });

  test('groups by dimensions, the largest first, with shares and the part without a team', async () => {
    const answer = await summary({ dims: ['x_Team'] });
    expect(answer.rows.map((row) => [row.keys.x_Team, row.cost])).toEqual([
      ["'; DROP TABLE cost_daily; --", '16'],
      ['ads', '12'],
      ['search', '3.000000000000000000000000000001'],
      ['', '-3'],
    ]);
    expect(answer.rows[0]).toMatchObject({ share: '0.571429', lines: 1 });
    expect(answer.quality).toEqual({ withoutTeamShare: '0.088235' });
    expect(answer.freshness).toEqual({ newestChargePeriodEnd: '2024-09-10T00:59:59Z' });
  });

  test('shows the groups beyond the limit as one, a large credit not among them', async () => {
    const answer = await summary({ dims: ['ServiceName', 'x_Team'], limit: 2 });
    expect(answer.rows.map((row) => [row.keys, row.cost, row.other ?? false])).toEqual([
      [{ ServiceName: 'EC2', x_Team: "'; DROP TABLE cost_daily; --" }, '16', false],
      [{ ServiceName: '=cmd|calc', x_Team: 'ads' }, '8', false],
      [{ ServiceName: 'other', x_Team: 'other' }, '4.000000000000000000000000000001', true],
    ]);
    expect(answer.notices).toContainEqual({
      severity: 'info',
      text: 'The 2 largest groups are shown; the rest is `other`.',
    });
  });

  test('along days and hours shows the groups that are largest in all, and the rest of each bucket', async () => {
    expect(await compact({ granularity: 'day', dims: ['x_Team'], limit: 2, to: new Date('2024-09-06') })).toEqual([
      '09-03T00:00 search 3.000000000000000000000000000001',
      '09-04T00:00 ads 4',
      expect.stringMatching(/^09-05T00:00 (ads 8|other -3)$/),
      expect.stringMatching(/^09-05T00:00 (ads 8|other -3)$/),
    ]);
    expect(await compact({ granularity: 'hour', to: new Date('2024-09-04T01:00:00Z') })).toEqual([
      '09-03T10:00 1.000000000000000000000000000001',
      '09-03T23:00 2',
      '09-04T00:00 4',
    ]);
  });

  test('of whole days and of ragged hours is the same as of the lines', async () => {
    for (const [from, to, sum] of [
      ['2024-09-03T11:00:00Z', '2024-09-05T02:00:00Z', '14'],
      ['2024-09-03T23:00:00Z', '2024-09-04T01:00:00Z', '6'],
      ['2024-09-04T00:00:00Z', '2024-09-05T00:00:00Z', '4'],
    ] as const)
      for (const granularity of ['total', 'day', 'hour'] as const)
        expect(
          (await summary({ from: new Date(from), to: new Date(to), granularity, currency: 'USD' })).total.cost,
        ).toBe(sum);
  });

  test('compares nothing with a span that the bills do not cover, and says since when they are', async () => {
    const answer = await summary({ from: new Date('2024-09-04'), to: new Date('2024-09-07'), compare: true });
    expect(answer.total).not.toHaveProperty('previousCost');
    expect(answer.notices.map((notice) => notice.text).join()).toContain('The bills begin at 2024-09-03T10:00:00Z');
  });

  test('sets the span before beside it', async () => {
    const answer = await summary({
      dims: ['x_Team'],
      from: new Date('2024-09-05'),
      to: new Date('2024-09-07'),
      compare: true,
    });
    expect(answer.total).toEqual({ cost: '5', previousCost: '7.000000000000000000000000000001', lines: 2 });
    expect(answer.rows.find((row) => row.keys.x_Team === 'ads')).toMatchObject({ cost: '8', previousCost: '4' });
    const series = await summary({
      granularity: 'day',
      from: new Date('2024-09-05'),
      to: new Date('2024-09-07'),
      compare: true,
    });
    expect(series.rows.map((row) => [row.at, row.cost, row.previousCost])).toEqual([
      ['2024-09-05T00:00:00Z', '5', '3.000000000000000000000000000001'],
      ['2024-09-06T00:00:00Z', '0', '4'],
    ]);
  });

  test('without any cost is empty and says why', async () => {
    const answer = await summary({ from: new Date('2024-10-10'), to: new Date('2024-10-11'), dims: ['x_Team'] });
    expect(answer).toMatchObject({ rows: [], total: { cost: '0', lines: 0 }, currencies: [] });
    expect(answer.notices[0]?.text).toMatch(/newest charge ends at 2024-09-10T00:59:59Z/);
  });

  test('has an answer for a dimension without groups along time', async () => {
    expect(
      await compact({ granularity: 'day', dims: ['x_Model'], filters: [{ dim: 'x_Team', values: ['nobody'] }] }),
    ).toEqual([]);
  });
});

describe('what callers write never reaches the SQL', () => {
  const hostile = "'; DROP TABLE cost_daily; --";

  test('values of filters are compared as they are', async () => {
    expect(await compact({ filters: [{ dim: 'x_Team', values: [hostile] }] })).toEqual(['16']);
    expect(await compact({ filters: [{ dim: 'ServiceName', values: ['=cmd|calc'] }], dims: ['ServiceName'] })).toEqual([
      '=cmd|calc 8',
    ]);
    for (const value of ["' OR 1=1 --", "\\' OR 1=1 --", '{f:String}', "a','b"])
      expect(await compact({ filters: [{ dim: 'x_Team', values: [value] }] })).toEqual([]);
  });

  test('a NUL character is refused', async () => {
    await expect(summary({ filters: [{ dim: 'x_Team', values: ['\u0000'] }] })).rejects.toThrow(/NUL/);
    expect(await cost.values('x_Team', '\u0000', everything)).toEqual([]);
  });

  test.each(['x_Team; DROP TABLE cost_daily', '__proto__', 'constructor', 'Tenant', '1', 'x_Team)', ''])(
    'the dimension %p is refused',
    async (name) => {
      await expect(summary({ dims: [name] })).rejects.toThrow(/dimension does not exist/);
      await expect(summary({ filters: [{ dim: name, values: ['a'] }] })).rejects.toThrow(
        /dimension that does not exist/,
      );
      await expect(cost.values(name, '', everything)).rejects.toThrow(/no such dimension/);
    },
  );

  test('neither are a metric or a currency or a search', async () => {
    await expect(summary({ metric: 'BilledCost) FROM system.tables --' })).rejects.toThrow(/metric is none/);
    expect((await summary({ currency: "U' OR '1'='1" })).rows).toEqual([]);
    expect(await cost.values('x_Team', "%' OR 1=1", everything)).toEqual([]);
    expect(await cost.values('x_Team', 'DROP', everything)).toEqual([hostile]);
  });
});

describe('a scope', () => {
  test('hides other tenants, regions and teams from sums, values and dimensions', async () => {
    expect(await summary({}, { ...everything, tenant: 'other' })).toMatchObject({ total: { cost: '0' }, rows: [] });
    expect(await summary({}, { ...everything, regions: ['moon'] })).toMatchObject({ total: { cost: '0' } });
    const ads = { ...everything, teams: ['ads'] };
    expect((await summary({}, ads)).total).toEqual({ cost: '12', lines: 2 });
    expect(await compact({ granularity: 'day', dims: ['x_Team'] }, ads)).toEqual([
      '09-04T00:00 ads 4',
      '09-05T00:00 ads 8',
    ]);
    expect(await cost.values('x_Team', '', ads)).toEqual(['ads']);
    expect((await cost.dimensions(ads)).find(({ name }) => name === 'ServiceName')).toMatchObject({
      label: 'Service',
      values: 2,
    });
  });
});

test('a corrected bill shows at once, although answers are cached', async () => {
  await ingest('corrected', [charge('20T00', '1', team('late'))]);
  const ask = () => compact({ filters: [{ dim: 'x_Source', values: ['corrected'] }] });
  expect([await ask(), await ask()]).toEqual([['1'], ['1']]);
  await ingest('corrected', [charge('20T00', '2', team('late'))]);
  expect(await ask()).toEqual(['2']);
});
