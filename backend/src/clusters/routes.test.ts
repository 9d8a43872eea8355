import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobRun } from '../anycost/index.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { gpuPrices, openClusterStand, type ClusterStand } from './fixtures/cluster-stand.ts';

let stand: ClusterStand;
let app: App;

/** `eu` sees one region, `nobody` has no permission. */
function caller(name: string): Caller {
  return {
    ...{ kind: 'program', id: `key:${name}`, name, roles: [] },
    permissions: new Set(name === 'nobody' ? [] : (['cost:read'] as const)),
    scope: { tenant: 'default', regions: name === 'eu' ? ['eu'] : 'all', teams: 'all', products: 'all' },
  };
}

beforeAll(async () => {
  stand = await openClusterStand('2026-11-10T12:30:00Z', gpuPrices({ h100: '2' }));
  app = await createHttpServer({
    ...stand.platform,
    version: '0.0.0-test',
    identity: {
      anonymous: caller('nobody'),
      authenticate: async (headers) => caller(String(headers.authorization ?? 'all').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  await app.register(async (scope) => stand.room.routes!(scope as unknown as App));
  await app.ready();
  const common: Omit<JobRun, 'jobId' | 'state' | 'gpus'> = {
    ...{ cluster: 'hpc', scheduler: 'slurm', user: 'u1', account: 'physics', partition: 'gpu', jobName: 'train' },
    ...{
      submittedAt: '2026-11-01T00:00:00Z',
      startedAt: '2026-11-01T00:00:00Z',
      cpus: 8,
      memoryBytes: 2 ** 30,
      gpuType: 'h100',
    },
  };
  await stand.keepJobs([
    { ...common, record: 'node', jobId: 'dgx', state: 'declared', nodes: 1, gpus: 8 },
    { ...common, jobId: '1', state: 'COMPLETED', endedAt: '2026-11-01T10:00:00Z', gpus: 4 },
  ]);
  await stand.room.bill(new AbortController().signal);
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

async function get(url: string, as = 'all') {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${as}` } });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}
const span = 'from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z';

test('accounting, jobs and bills are answered as their schemas say', async () => {
  const accounting = await get(`/api/clusters/gpu-accounting?${span}`);
  expect(accounting).toMatchObject({
    status: 200,
    body: {
      from: '2026-11-01T00:00:00Z',
      rows: [
        {
          ...{ cluster: 'hpc', gpuType: 'h100', totalGpuHours: '192', allocatedGpuHours: '40', idleGpuHours: '152' },
          cost: { currency: 'USD', total: '384', allocated: '80', idle: '304' },
        },
      ],
    },
  });
  const jobs = await get(`/api/clusters/jobs?${span}&cluster=hpc`);
  expect(jobs).toMatchObject({
    status: 200,
    body: { total: 1, jobs: [{ jobId: '1', gpuHours: '40', gpuCost: { amount: '80' } }] },
  });
  const bills = await get('/api/clusters/bills');
  expect(bills).toMatchObject({
    status: 200,
    body: { bills: [{ cluster: 'hpc', period: '2026-11', source: 'cluster-hpc', notices: [] }] },
  });
});

test('another region sees neither rows nor names', async () => {
  expect((await get(`/api/clusters/gpu-accounting?${span}`, 'eu')).body).toMatchObject({ rows: [] });
  expect((await get(`/api/clusters/jobs?${span}`, 'eu')).body).toMatchObject({ total: 0, jobs: [] });
  expect((await get('/api/clusters/bills', 'eu')).body).toEqual({ bills: [] });
});

test('who may not read costs is refused, and what is no span is told', async () => {
  for (const path of ['gpu-accounting', 'jobs', 'bills'])
    expect((await get(`/api/clusters/${path}`, 'nobody')).status).toBe(403);
  for (const query of [
    'from=yesterday',
    'from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z',
    'from=2020-01-01T00:00:00Z',
    'threshold=101',
  ])
    expect((await get(`/api/clusters/gpu-accounting?${query}`)).status).toBe(400);
});
