import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createAnycostRoom, type AnycostRoom } from '../anycost/index.ts';
import { createCostRoom } from '../cost/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { openJobs } from '../platform/queue/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { Exact } from './capacity.ts';
import { gpuPrices } from './fixtures/cluster-stand.ts';
import { dataFolder, hasData } from './fixtures/map-records.ts';
import { hourRecords } from './fixtures/kubernetes-series.ts';
import { createClustersRoom, type ClustersRoom } from './index.ts';

const scope: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const never = new AbortController().signal;
const clock = new ManualClock('2026-11-10T12:30:00Z');
let stores: TestStores;
let folder: string;
let platform: Platform;
let clusters: ClustersRoom;
let anycost: AnycostRoom;

beforeAll(async () => {
  stores = await testStores();
  folder = await mkdtemp(join(tmpdir(), 'amadeus-clusters-'));
  const jobs = await openJobs({ store: stores.store, log: pino({ level: 'silent' }), backoffMs: 20 });
  const { warehouse, store } = stores;
  const config = { ...stores.config, dataDir: folder };
  platform = {
    config,
    clock,
    telemetry: createSilentTelemetry(),
    warehouse,
    store,
    jobs,
  } as Partial<Platform> as Platform;
  clusters = createClustersRoom(platform, {
    prices: gpuPrices({ h100: '2.10', a100: '1.35', v100: '0.80' }),
    sendCharges: (place, charges) => anycost.sendCharges(place, charges),
  });
  anycost = createAnycostRoom(platform, { connectors: clusters.connectors, sinks: clusters.sinks });
});
afterAll(async () => {
  await platform.jobs.close();
  await stores.close();
  await rm(folder, { recursive: true, force: true });
});

const ingest = (text: string | Readable, connector: string, source: string, fileName = 'dump.txt') =>
  anycost.ingest(typeof text === 'string' ? Readable.from([Buffer.from(text)]) : text, {
    ...{ tenant: 'default', region: 'default', source, connector, fileName },
  });
const cost = () => createCostRoom(platform).cost;

const header =
  'JobID☃JobName☃User☃Account☃Partition☃State☃Submit☃Start☃End☃Elapsed☃AllocCPUS☃AllocTRES☃NodeList☃Cluster';
const line = (id: string, account: string, hours: number, gpus: number, more = '') =>
  [
    ...[id, 'say "hi", twice', 'u1', account, 'gpu', 'COMPLETED', '2026-11-02T00:00:00', '2026-11-02T00:00:00'],
    ...[`2026-11-02T${String(hours).padStart(2, '0')}:00:00`, `${String(hours).padStart(2, '0')}:00:00`, '8'],
    ...[`cpu=8,gres/gpu:h100=${gpus},gres/gpu=${gpus},mem=64G,node=1${more}`, 'gpu1', 'hpc'],
  ].join('☃');

test('a dump of sacct becomes jobs, its bad lines quarantine, and the cluster a bill that closes', async () => {
  const text = [
    header,
    line('1', 'physics', 10, 4),
    line('1.batch', '', 10, 4),
    line('2', 'bio', 5, 8),
    line('3', 'bio', 5, 8, ',odd'),
    '',
  ].join('\n');
  const report = await ingest(text, 'slurm-sacct', 'hpc-sacct');
  expect(report).toMatchObject({ state: 'completed', quarantined: 1 });
  const again = await ingest(
    [header, ...text.trimEnd().split('\n').slice(1).reverse()].join('\n'),
    'slurm-sacct',
    'hpc-sacct',
    'shuffled.txt',
  );
  expect(again.state).toBe('completed');
  const { rows } = await stores.warehouse.query<{ id: string; line: string }>(
    "SELECT JobId AS id, JobName AS name, toString(SourceLine) AS line FROM fact_job FINAL WHERE Cluster = 'hpc' ORDER BY id",
  );
  expect(rows.map(({ id }) => id)).toEqual(['1', '2']);
  await clusters.bill(never);
  const bill = await cost().summary(
    {
      ...{ metric: 'BilledCost', dims: ['x_Team'], from: new Date('2026-11-01'), to: new Date('2026-12-01') },
      ...{ granularity: 'total', filters: [{ dim: 'x_Source', values: ['cluster-hpc'] }], limit: 10 },
    },
    scope,
  );
  expect(bill.total.cost).toBe(new Exact(80).times('2.10').toFixed());
  expect(Object.fromEntries(bill.rows.map(({ keys, cost: amount }) => [keys['x_Team'], amount]))).toEqual({
    physics: '84',
    bio: '84',
  });
  const facts = await stores.warehouse.query<Record<string, string>>(
    `SELECT toString(sum(x_GpuHours)) AS hours, any(x_CostBasis) AS basis, any(PricingUnit) AS unit, any(x_PriceId) AS price,
            arrayStringConcat(arraySort(groupUniqArray(x_JobId)), ',') AS jobs
     FROM fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = 'cluster-hpc')`,
  );
  expect(facts.rows).toEqual([{ hours: '80', basis: 'allocated', unit: 'GPU-Hours', price: 'p-h100', jobs: '1,2' }]);
});

test('hosts that held no job are idle, from a list of scontrol and from one of slurmrestd that was sent', async () => {
  const job = [header, line('1', 'physics', 10, 4)].join('\n').replaceAll('☃hpc', '☃hpc-listed');
  await ingest(job, 'slurm-sacct', 'listed-jobs');
  const hosts = ['gpu1', 'gpu2'].map(
    (name) => `NodeName=${name} CPUTot=64 Gres=gpu:h100:4 RealMemory=1000 State=IDLE Partitions=gpu`,
  );
  const listed = ['CLUSTER: hpc-listed', ...hosts, ''].join('\n');
  const name = 'nodes-2026-11-02T0000Z.txt';
  expect(await ingest(listed, 'slurm-nodes', 'listed-nodes', name)).toMatchObject({
    state: 'completed',
    quarantined: 0,
  });
  const answer = JSON.stringify({
    meta: { slurm: { cluster: 'hpc-listed' } },
    last_update: { set: true, infinite: false, number: Date.parse('2026-11-02T12:00:00Z') / 1000 },
    nodes: ['gpu1', 'gpu2', 'gpu3'].map((host) => ({
      ...{ name: host, hostname: host, gres: 'gpu:h100:4', cpus: 64, real_memory: 1000, state: ['IDLE'] },
    })),
  });
  expect(await ingest(answer, 'slurm-rest', 'sent-nodes', 'nodes.json')).toMatchObject({
    state: 'completed',
    quarantined: 0,
  });
  const { rows } = await clusters.accounting.accounting(
    { from: '2026-11-02T00:00:00Z', to: '2026-11-03T00:00:00Z', cluster: 'hpc-listed' },
    scope,
  );
  // Eight GPUs for half a day, twelve for the other half; the job held four of them for ten hours.
  expect(rows).toMatchObject([{ totalGpuHours: '240', allocatedGpuHours: '40', idleGpuHours: '200' }]);
});

test('hours of pods come by the door of Prometheus', async () => {
  const hour = '2026-11-03T10:00:00Z';
  const nodes = [
    { name: 'n1', labels: { nvidia_com_gpu_product: 'a100' }, capacity: { cpu: 64, nvidia_com_mig_3g_40gb: 2 } },
  ];
  const pods = [{ namespace: 'inference', pod: 'p', node: 'n1', requests: { cpu: 1, nvidia_com_mig_3g_40gb: 1 } }];
  const text = [...hourRecords({ hour, nodes, pods })].map(({ value }) => `${JSON.stringify(value)}\n`).join('');
  expect(await ingest(text, 'kubernetes-allocation', 'k8s', 'hour-2026-11-03T10.ndjson')).toMatchObject({
    state: 'completed',
    quarantined: 0,
  });
  await clusters.bill(never);
  const { rows } = await stores.warehouse.query<Record<string, string>>(
    `SELECT ResourceType AS type, toString(sum(x_GpuHours)) AS hours FROM fact_cost_usage
     WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE x_Source = 'cluster-k8s') GROUP BY type ORDER BY type`,
  );
  expect(rows.map(({ type }) => type)).toEqual(['Idle', 'Pod']);
  expect(rows.reduce((sum, { hours }) => sum.plus(hours!), new Exact(0)).toFixed()).toBe('1');
});

(hasData('slurm/slurmrestd-0.0.41') ? test : test.skip)(
  'the public answers of slurmrestd and dumps pass, whole',
  async () => {
    for (const name of [
      'slurm-jobs',
      'slurmdb-job-completed',
      'slurmdb-job-gpus-completed',
      'slurm-job-gpus-multi-types',
    ]) {
      const path = join(dataFolder, 'slurm/slurmrestd-0.0.41', `${name}.json`);
      const report = await ingest(createReadStream(path), 'slurm-rest', `rest-${name}`, `${name}.json`);
      expect(report).toMatchObject({ state: 'completed', quarantined: 0 });
    }
    const { rows } = await stores.warehouse.query<{ jobs: string }>(
      "SELECT arrayStringConcat(arraySort(groupUniqArray(JobId)), ',') AS jobs FROM fact_job FINAL WHERE x_Source LIKE 'rest-%'",
    );
    expect(rows).toEqual([{ jobs: '1,17,2,21,3,4' }]);
  },
);
