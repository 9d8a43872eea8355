import { describe, expect, test } from '@jest/globals';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { finopsSources } from './finops-sources.fixture.ts';
import { operationsSources } from './operations-sources.fixture.ts';
import { answerQueries, type PanelSources } from './panel-queries.ts';
import type { TrafficSeries } from './ports.ts';

const minute = 60_000;
const start = Date.parse('2026-11-21T10:00:00Z');
const scope: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };

function series(actual: readonly (number | null)[]): TrafficSeries {
  return {
    workload: 'shop/frontend',
    forecaster: 'ridge',
    minutes: actual.map((_, i) => start + i * minute),
    actual,
    predicted: actual.map(() => 100),
    lower: actual.map(() => 90),
    upper: actual.map(() => 110),
    replicas: actual.map(() => 3),
  };
}

function sources(
  over: Partial<PanelSources> = {},
  actual: readonly (number | null)[] = [100, 101, null, 99],
): PanelSources {
  return {
    cost: {
      summary: async (query) => ({
        metric: query.metric,
        currency: 'USD',
        rows: [
          { keys: { x_Team: 'search' }, cost: '10.1', at: '2026-11-20T00:00:00Z' },
          { keys: { x_Team: 'search' }, cost: '0.2', at: '2026-11-21T00:00:00Z' },
          { keys: { x_Team: '' }, cost: '3', at: '2026-11-21T00:00:00Z' },
        ],
        notices: [],
      }),
      dimensions: async () => [],
      values: async () => [],
    },
    traffic: {
      workloads: async () => [{ workload: 'shop/frontend', requestsPerMinute: 100 }],
      series: async () => series(actual),
    },
    changes: { between: async () => [] },
    ...finopsSources(),
    ...operationsSources(),
    ...over,
  };
}

const at = { from: start, to: start + 10 * minute };
interface Framed {
  schema: {
    name: string;
    fields: { name: string; labels?: Record<string, string> }[];
    meta?: { notices?: { text: string }[] };
  };
  data: { values: unknown[][] };
}
const frames = (result: { frames?: readonly object[] } | undefined): Framed[] => (result?.frames ?? []) as Framed[];

describe('the panels', () => {
  test('draw the busiest workload when none is chosen, a line for each series', async () => {
    const { A } = await answerQueries([{ refId: 'A', queryType: 'traffic', ...at }], sources(), scope);
    expect(A!.status).toBe(200);
    expect(frames(A).map((one) => one.schema.fields[1]!.labels)).toEqual(
      ['actual', 'predicted', 'lower', 'upper', 'replicas'].map((name) => ({
        series: name,
        workload: 'shop/frontend',
      })),
    );
    expect(frames(A)[0]!.data.values[1]).toEqual([100, 101, null, 99]);
  });

  test('draw what the pods could serve, where scaling knows it', async () => {
    const scaling = {
      capacity: async () => [{ minute: start + minute, requestsPerMinute: 240 }],
      marks: async () => [
        { at: new Date(start), workload: 'shop/frontend', kind: 'scale-out', text: '3 pods more', changeId: 41 },
      ],
    };
    const asked = { refId: 'A', queryType: 'traffic', series: ['actual', 'capacity'], ...at } as never;
    const { A } = await answerQueries([asked], sources({ scaling }), scope);
    expect(frames(A).map((one) => one.data.values[1])).toEqual([
      [100, 101, null, 99],
      [null, 240, null, null],
    ]);
    const without = await answerQueries([asked], sources(), scope);
    expect(frames(without.A)).toHaveLength(1);
    const marks = { refId: 'B', queryType: 'annotations', kind: 'scaling', ...at } as never;
    const { B } = await answerQueries([marks], sources({ scaling }), scope);
    expect(frames(B)[0]!.data.values.slice(2)).toEqual([
      ['shop/frontend: scale-out'],
      ['3 pods more (Change 41)'],
      ['scaling,scale-out'],
    ]);
  });

  test('mark events that are known ahead', async () => {
    const sale = { id: 'e-1', name: 'sale', workload: null, note: 'Shoes' };
    const events = { list: async () => [{ ...sale, startsAt: new Date(start), endsAt: new Date(start + minute) }] };
    const query = { refId: 'A', queryType: 'annotations', kind: 'events', ...at } as never;
    const { A } = await answerQueries([query], sources({ events }), scope);
    expect(frames(A)[0]!.data.values).toEqual([[start], [start + minute], ['sale'], ['Shoes'], ['event']]);
  });

  test('mark an event once that is given for several workloads', async () => {
    const at2 = { startsAt: new Date(start), endsAt: new Date(start + minute) };
    const of = (workload: string) => ({ id: workload, name: 'sale', workload, note: '', ...at2 });
    const events = { list: async () => [of('shop/cart'), of('shop/web'), { ...of('shop/web'), name: 'deploy' }] };
    const query = { refId: 'A', queryType: 'annotations', kind: 'events', ...at } as never;
    const { A } = await answerQueries([query], sources({ events }), scope);
    expect(frames(A)[0]!.data.values.slice(2)).toEqual([
      ['sale', 'deploy'],
      ['shop/cart, shop/web', 'shop/web'],
      ['event,shop/cart,shop/web', 'event,shop/web'],
    ]);
  });

  test('thin a long range and say so', async () => {
    const query = { refId: 'A', queryType: 'traffic', series: ['actual'], maxDataPoints: 2, ...at } as never;
    const { A } = await answerQueries([query], sources(), scope);
    expect(frames(A)[0]!.data.values).toEqual([
      [start, start + 2 * minute],
      [100.5, 99],
    ]);
    expect(frames(A)[0]!.schema.meta!.notices![0]!.text).toContain('mean of 2 minutes');
  });

  test('fill a group with 0 where others have cost, the largest first', async () => {
    const { A } = await answerQueries(
      [{ refId: 'A', queryType: 'cost', groupBy: ['x_Team'], ...at } as never],
      sources(),
      scope,
    );
    expect(frames(A).map((one) => [one.schema.name, one.data.values[1]])).toEqual([
      ['search', [10.1, 0.2]],
      ['(none)', [0, 3]],
    ]);
  });

  test('let one wrong query fail alone, with what to do', async () => {
    const answered = await answerQueries(
      [
        { refId: 'A', queryType: 'traffic', ...at },
        { refId: 'B', queryType: 'sql', ...at },
        { refId: 'C', queryType: 'cost', groupBy: 'x_Team', ...at } as never,
        { refId: 'D', queryType: 'traffic', from: at.to, to: at.from } as never,
      ],
      sources(),
      scope,
    );
    expect(answered.A!.status).toBe(200);
    expect(answered.B!.error).toContain('use traffic, cost, unit');
    expect(answered.C!.error).toContain('groupBy');
    expect(answered.D!.error).toContain('ends before it begins');
    expect(answered.B!.errorSource).toBe('plugin');
  });

  test('name a store that is away as downstream', async () => {
    const away = sources({
      traffic: {
        workloads: async () => {
          throw new AppError('UNAVAILABLE', 'ClickHouse is away.');
        },
        series: async () => series([]),
      },
    });
    const { A } = await answerQueries([{ refId: 'A', queryType: 'traffic', ...at }], away, scope);
    expect(A).toMatchObject({ status: 503, errorSource: 'downstream' });
    expect(A!.error).toContain('ClickHouse is away.');
  });

  test('mark what the forecast did not foresee, but not a single minute', async () => {
    const actual = [100, 300, 100, 150, 160, 170, 165, 140, 100];
    const { A } = await answerQueries(
      [{ refId: 'A', queryType: 'annotations', kind: 'forecasts', ...at } as never],
      sources({}, actual),
      scope,
    );
    const [marks] = frames(A);
    expect(marks!.data.values[0]).toEqual([start + 3 * minute]);
    expect(marks!.data.values[1]).toEqual([start + 8 * minute]);
    expect(marks!.data.values[3]![0]).toContain('170 requests a minute came, 100 were predicted (80 %: 90 to 110)');
  });
});
