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

async function rows(query: object): Promise<Record<string, unknown>[]> {
  const { A } = await answerQueries([{ refId: 'A', ...span, ...query }], sources, scope);
  expect(A!.error).toBeUndefined();
  const [{ schema, data }] = A!.frames as [FrameJson];
  return (data.values[0] ?? []).map((_, row) =>
    Object.fromEntries(schema.fields.map(({ name }, column) => [name, data.values[column]![row]])),
  );
}

describe('what feeds the numbers', () => {
  test('sources tell how old they are, and whether that is too old', async () => {
    expect(await rows({ queryType: 'sources' })).toEqual([
      { source: 'aws', kind: 'aws-cur', state: 'fresh', ageHours: 6, rows: 10, quarantined: 1, late: 0 },
      { source: 'shop', kind: 'metrics', state: 'stale', ageHours: null, rows: 0, quarantined: 0, late: 1 },
    ]);
  });

  test('bills stand beside estimates, with the size of the difference and its largest cause', async () => {
    const [openai] = await rows({ queryType: 'reconciliation' });
    expect(openai).toMatchObject({ provider: 'OpenAI', difference: -2, billed: 98, cause: 'missing-requests' });
    expect(openai!.share).toBeCloseTo(0.020408, 9);
  });
});

describe('the service itself', () => {
  test('is told by its own metrics', async () => {
    const [vitals] = await rows({ queryType: 'service' });
    expect(vitals).toMatchObject({ warehouse: 1, store: 0, uptime: 86_400, requests: 200, failedShare: 0.5 });
    expect(vitals).toMatchObject({ failedTurns: 1, waitingJobs: 2, cacheShare: null });
    // 95 of 100 lie three quarters into the bucket from 100 to 200 ms.
    expect(vitals!.p95).toBeCloseTo(175, 9);
  });

  test('and route by route, loop by loop, job by job', async () => {
    expect(await rows({ queryType: 'service', by: 'routes' })).toEqual([
      { route: 'GET /api/overview', requests: 200, failed: 100, mean: 25, p95: expect.closeTo(175, 9) },
    ]);
    expect(await rows({ queryType: 'service', by: 'loops' })).toEqual([
      { loop: 'estate', done: 3, failed: 1, elsewhere: 0, mean: null },
    ]);
    expect(await rows({ queryType: 'service', by: 'jobs' })).toEqual([
      { job: 'ingest', waiting: 2, completed: 0, retried: 0, failed: 0 },
    ]);
  });
});

describe('one number of a table', () => {
  test('keeps what names the rows, so that an alert rule tells them apart', async () => {
    expect(await rows({ queryType: 'budget', number: 'share' })).toEqual([{ budget: 'Research', share: 0.8105 }]);
    expect(await rows({ queryType: 'reconciliation', number: 'share' })).toEqual([
      { provider: 'OpenAI', share: expect.closeTo(0.020408, 9) },
    ]);
  });

  test('that does not exist is refused with those that do', async () => {
    const { A } = await answerQueries([{ refId: 'A', ...span, queryType: 'gpu', number: 'smile' }], sources, scope);
    expect(A).toMatchObject({ status: 400, error: expect.stringContaining('heldIdleCost') });
  });
});
