import { describe, expect, test } from '@jest/globals';
import type { Scope } from '../platform/identity/index.ts';
import { finopsSources } from './finops-sources.fixture.ts';
import type { FrameJson } from './frame.ts';
import { operationsSources } from './operations-sources.fixture.ts';
import { answerQueries, type PanelSources } from './panel-queries.ts';
import type { RoutingAnswer, RoutingSource } from './ports.ts';

const scope: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const span = { from: Date.parse('2026-11-20T11:00:00Z'), to: Date.parse('2026-11-20T12:00:00Z') };
const none = async () => [];

const row = (policy: string, at: string | undefined, calls: number): RoutingAnswer['rows'][number] => ({
  keys: { policy },
  ...(at === undefined ? {} : { at }),
  ...{ calls, tries: calls, failed: 1, inputTokens: 10, outputTokens: 5, cost: '1.25', saved: '0.5' },
  ...(calls > 0 ? { errorShare: 1 / calls, cacheShare: 0.5, firstTokenMs: { p50: 100, p95: 300 } } : {}),
});
const [first, second] = ['2026-11-20T11:00:00.000Z', '2026-11-20T11:01:00.000Z'];

let asked: Parameters<RoutingSource['usage']>[0] | undefined;
let rows: RoutingAnswer['rows'] = [];
const sources: PanelSources = {
  ...finopsSources(),
  ...operationsSources(),
  cost: { summary: () => Promise.reject(new Error('not asked')), dimensions: none, values: none },
  traffic: { workloads: none, series: () => Promise.reject(new Error('not asked')) },
  changes: { between: none },
  routing: {
    dimensions: [{ text: 'Policy', value: 'policy' }],
    usage: async (query) => {
      asked = query;
      const { stepSeconds } = query;
      return { currency: 'USD', notices: [], rows, ...(stepSeconds === undefined ? {} : { stepSeconds }) };
    },
  },
};

async function frames(query: object): Promise<FrameJson[]> {
  const { A } = await answerQueries([{ refId: 'A', ...span, queryType: 'routing', ...query }], sources, scope);
  expect(A!.error).toBeUndefined();
  return A!.frames as FrameJson[];
}

describe('calls through the gateway', () => {
  test('are a line for each policy, with a gap where a share is not known and zero where nothing was called', async () => {
    rows = [row('chat', first, 4), row('chat', second, 2), row('search', second, 1)];
    const lines = await frames({ measure: 'errorShare', groupBy: ['policy'], intervalMs: 60_000 });
    expect(asked).toMatchObject({ dims: ['policy'], stepSeconds: 60, limit: 10 });
    expect(lines.map(({ schema, data }) => [schema.name, data.values[1]])).toEqual([
      ['chat', [0.25, 0.5]],
      ['search', [null, 1]],
    ]);
    const rates = await frames({ measure: 'requestRate', groupBy: ['policy'], intervalMs: 60_000 });
    expect(rates[1]!.data.values[1]).toEqual([0, 1 / 60]);
    expect(rates[1]!.schema.fields[1]!.config).toMatchObject({ unit: 'reqps' });
  });

  test('never come in buckets too short to say anything', async () => {
    await frames({ intervalMs: 200 });
    expect(asked!.stepSeconds).toBe(10);
  });

  test('are a row for each group, of which an alert rule takes one number', async () => {
    rows = [row('chat', undefined, 4)];
    const [table] = await frames({ format: 'table', groupBy: ['policy'], number: 'firstTokenP95' });
    expect(asked).not.toHaveProperty('stepSeconds');
    expect(table!.schema.fields.map(({ name }) => name)).toEqual(['policy', 'firstTokenP95']);
    expect(table!.data.values).toEqual([['chat'], [300]]);
  });

  test('that are not there give no frame, so that a rule says no data and not zero', async () => {
    rows = [row('', undefined, 0)];
    expect(await frames({ format: 'table' })).toEqual([]);
    const { A } = await answerQueries(
      [{ refId: 'A', ...span, queryType: 'routing' }],
      { ...sources, routing: undefined } as never,
      scope,
    );
    expect(A!.frames).toEqual([]);
  });
});

describe('experiments', () => {
  const bounded = (estimate: number) => ({ estimate, low: estimate - 0.05, high: estimate + 0.05 });
  const found = {
    ...{ name: 'cheaper', policy: 'chat', b: { policy: 'chat', version: 'v2' }, kind: 'shadow', state: 'ended' },
    comparison: { observations: 80, decision: 'B', sentence: 'B is 23 % cheaper.', cost: bounded(-0.23) },
    ...{ spent: '0.5', budget: '2', currency: 'USD' },
  };
  const asked: object[] = [];
  const withThem: PanelSources = {
    ...sources,
    experiments: {
      experiments: async (query) => {
        asked.push(query);
        return 'state' in query && query.state === 'running' ? [] : [found];
      },
    },
  };

  test('are a row each, with the bounds of what is known and nothing for what is not', async () => {
    const ask = async (more: object) => {
      const query = { refId: 'A', ...span, queryType: 'experiments', ...more };
      return (await answerQueries([query], withThem, scope))['A']!.frames as FrameJson[];
    };
    const [table] = await ask({});
    const cells = Object.fromEntries(table!.schema.fields.map(({ name }, at) => [name, table!.data.values[at]![0]]));
    expect(cells).toMatchObject({ experiment: 'cheaper', tried: 'chat v2', better: 'B', cost: -0.23, quality: null });
    expect(cells['costHigh']).toBeCloseTo(-0.18, 9);
    expect(await ask({ by: 'running', limit: 5 })).toEqual([]);
    expect(asked).toEqual([{ limit: 50 }, { state: 'running', limit: 5 }]);
  });
});
