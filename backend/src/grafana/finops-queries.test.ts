import { describe, expect, test } from '@jest/globals';
import type { Scope } from '../platform/identity/index.ts';
import { finopsSources } from './finops-sources.fixture.ts';
import type { FrameJson } from './frame.ts';
import { operationsSources } from './operations-sources.fixture.ts';
import { answerQueries, type PanelSources } from './panel-queries.ts';

const scope: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const span = { from: Date.parse('2026-11-20T00:00:00Z'), to: Date.parse('2026-11-22T00:00:00Z') };
const none = async () => [];
const sources: PanelSources = {
  ...finopsSources(),
  ...operationsSources(),
  cost: { summary: () => Promise.reject(new Error('not asked')), dimensions: none, values: none },
  traffic: { workloads: none, series: () => Promise.reject(new Error('not asked')) },
  changes: { between: none },
};

async function ask(query: object) {
  const { A } = await answerQueries([{ refId: 'A', ...span, ...query }], sources, scope);
  return A!;
}

async function framesOf(query: object): Promise<FrameJson[]> {
  const answer = await ask(query);
  expect(answer.error).toBeUndefined();
  return [...(answer.frames as FrameJson[])];
}

/** Rows of a frame by the names of its fields. */
function rowsOf({ schema, data }: FrameJson): Record<string, unknown>[] {
  return (data.values[0] ?? []).map((_, row) =>
    Object.fromEntries(schema.fields.map(({ name }, column) => [name, data.values[column]![row]])),
  );
}

describe('the queries of FinOps', () => {
  test('a unit is a line by day, without a value on a day without units', async () => {
    const [frame] = await framesOf({ queryType: 'unit', unit: 'request' });
    expect(frame!.data.values).toEqual([
      [Date.parse('2026-11-20'), Date.parse('2026-11-21')],
      [0.0123, null],
    ]);
    expect(frame!.schema.fields[1]).toMatchObject({ labels: { unit: 'request' }, config: { unit: 'currencyUSD' } });
    expect(frame!.schema.meta?.type).toBe('timeseries-multi');
  });

  test('a unit without data is no frame, not an error', async () => {
    expect(await framesOf({ queryType: 'unit', unit: 'gpu-hour' })).toEqual([]);
  });

  test('units by customer are a table; margin stands where revenue is known', async () => {
    const [frame] = await framesOf({ queryType: 'unit', by: 'x_Customer', format: 'table' });
    const [first, second] = rowsOf(frame!);
    expect(first).toMatchObject({ x_Customer: 'x_Customer', cost: 10, costPerRequest: 2, revenue: 12, margin: 2 });
    expect(second).toMatchObject({ x_Customer: '(none)', cost: 0.5, revenue: null });
    expect(Object.keys(first!)).not.toContain('previousCost');
  });

  test('usage is a line for each group; where one had no call it counts 0, and its latency is not known', async () => {
    const frames = await framesOf({ queryType: 'usage', groupBy: ['Model'], measure: 'requests' });
    expect(frames.map(({ schema, data }) => [schema.name, data.values[1]])).toEqual([
      ['gpt-4.1', [4, 0]],
      ['claude-sonnet-4', [0, 5]],
    ]);
    const slow = await framesOf({ queryType: 'usage', groupBy: ['Model'], measure: 'durationP99' });
    expect(slow[0]!.data.values[1]).toEqual([4000, null]);
  });

  test('budgets are a table with a number an alert rule can test', async () => {
    const [frame] = await framesOf({ queryType: 'budget' });
    expect(rowsOf(frame!)).toEqual([
      {
        budget: 'Research',
        state: 'at-risk',
        share: 0.8105,
        spent: 810.5,
        amount: 1000,
        forecast: 1200,
        forecastShare: 1.2,
        passesOn: '2026-11-24',
        currency: 'USD',
      },
    ]);
  });

  test('a budget along its days has actual, plan, forecast and band', async () => {
    const frames = await framesOf({ queryType: 'budget', budget: 'research', format: 'timeseries' });
    expect(frames.map(({ schema, data }) => [schema.name, data.values[1]])).toEqual([
      ['actual', [800, null]],
      ['plan', [660, 700]],
      ['forecast', [null, 850]],
      ['lower', [null, 820]],
      ['upper', [null, 890]],
    ]);
  });

  test.each([
    [{ budget: 'nobody', format: 'timeseries' }, 404, 'Choose another one'],
    [{ format: 'timeseries' }, 400, 'Choose one'],
  ])('a budget that is not there: %j', async (query, status, help) => {
    expect(await ask({ queryType: 'budget', ...query })).toMatchObject({
      status,
      error: expect.stringContaining(help),
    });
  });

  test('showback closes to the bills, what nobody owns among its rows', async () => {
    const [frame] = await framesOf({ queryType: 'showback', by: 'x_Team' });
    const rows = rowsOf(frame!);
    expect(rows).toEqual([
      { owner: 'search', direct: 60, shared: 11, total: 71 },
      { owner: '(none)', direct: 29, shared: 0, total: 29 },
      { owner: '(not allocated)', direct: 3.5, shared: 0, total: 3.5 },
    ]);
    expect(frame!.schema.meta?.notices?.at(-1)?.text).toContain('103.5 USD');
  });

  test('drivers, GPUs and quality are tables', async () => {
    const [drivers] = await framesOf({ queryType: 'drivers' });
    expect(rowsOf(drivers!)[0]).toMatchObject({ x_Team: 'search', difference: 20, price: 5, volume: 12, mix: 3 });
    const [gpu] = await framesOf({ queryType: 'gpu' });
    expect(rowsOf(gpu!)[0]).toMatchObject({ cluster: 'hpc', total: 192, idle: 41.75, heldIdleCost: 24 });
    const [quality] = await framesOf({ queryType: 'quality', by: 'source' });
    expect(rowsOf(quality!)).toEqual([{ source: 'aws', tag: 'x_Team', share: 0.125, missing: 1, of: 8 }]);
  });

  test('a unit that does not exist is refused with what to do', async () => {
    expect(await ask({ queryType: 'unit', unit: 'smile' })).toMatchObject({
      status: 400,
      error: expect.stringContaining('Open the query editor'),
    });
  });
});
