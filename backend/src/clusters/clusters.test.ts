import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GpuSample, JobRun } from '../anycost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { Exact } from './capacity.ts';
import { gpuPrices, openClusterStand, type ClusterStand } from './fixtures/cluster-stand.ts';
import { dataFolder, hasData, lineRecords } from './fixtures/map-records.ts';
import { slurmSacctConnector } from './slurm/slurm-sacct-connector.ts';

const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const never = new AbortController().signal;
let stand: ClusterStand;

beforeAll(async () => {
  stand = await openClusterStand('2026-11-10T12:30:00Z', gpuPrices({ h100: '2.10', a100: '1.35' }));
});
afterAll(() => stand.close());

const job = (changes: Partial<JobRun> = {}): JobRun => ({
  ...{
    cluster: 'hpc',
    scheduler: 'slurm',
    jobId: '1',
    jobName: 'train',
    user: 'u1',
    account: 'physics',
    partition: 'gpu',
  },
  ...{ state: 'COMPLETED', submittedAt: '2026-11-01T00:00:00Z', startedAt: '2026-11-01T00:00:00Z' },
  ...{ endedAt: '2026-11-01T10:00:00Z', cpus: 8, memoryBytes: 2 ** 36, gpus: 4, gpuType: 'h100', team: 'physics' },
  ...{ nodes: 1, nodeNames: ['gpu1'] },
  ...changes,
});
const hosts = (cluster: string, count: number, gpuType = 'h100', from = '2026-10-01T00:00:00Z'): JobRun =>
  job({
    ...{ cluster, record: 'node', state: 'declared', jobId: 'dgx', jobName: 'dgx', startedAt: from, submittedAt: from },
    ...{ nodes: count, gpus: 8 * count, gpuType, cpus: 100 * count },
    endedAt: undefined as unknown as string,
  });
const node = (cluster: string, count: number, gpuType?: string, from?: string): JobRun => {
  const { endedAt: _none, ...rest } = hosts(cluster, count, gpuType, from);
  return rest;
};
const november = (day: number, hour = 0) => new Date(Date.UTC(2026, 10, day, hour)).toISOString().replace('.000Z', 'Z');
const span = (cluster: string, from: string, to: string) => ({ cluster, from, to });
const rowsOf = async (cluster: string, from: string, to: string, scope = everything) =>
  (await stand.room.accounting.accounting(span(cluster, from, to), scope)).rows;

describe('what is kept', () => {
  const facts = async (cluster: string) => {
    const { rows } = await stand.platform.warehouse.query<{
      id: string;
      state: string;
      ended: string;
      running: number;
    }>(
      `SELECT JobId AS id, State AS state, toString(EndedAt) AS ended, Running AS running FROM fact_job FINAL
       WHERE Cluster = {cluster:String} ORDER BY JobId, StartedAt`,
      { params: { cluster } },
    );
    return rows.map(({ id, state, ended, running }) => `${id} ${state} ${ended} ${running}`);
  };

  test('a run that is read again while it runs and after it ended is one, in whatever order it comes', async () => {
    const running = (hour: number): JobRun => {
      const { endedAt: _none, ...rest } = job({ cluster: 'order', state: 'RUNNING', observedAt: november(1, hour) });
      return rest;
    };
    const turns = [job({ cluster: 'order' }), running(3), running(7), job({ cluster: 'order' })];
    const expected = ['1 COMPLETED 2026-11-01 10:00:00 0'];
    for (const one of turns) await stand.keepJobs([one]);
    expect(await facts('order')).toEqual(expected);
    for (const one of [...turns].reverse()) await stand.keepJobs([one]);
    await stand.keepJobs([...turns, ...turns]);
    expect(await facts('order')).toEqual(expected);
    await stand.keepJobs([running(7), running(3)].map((one) => ({ ...one, cluster: 'open' })));
    expect(await facts('open')).toEqual(['1 RUNNING 2026-11-01 07:00:00 1']);
  });

  test('each run of a requeued job stays', async () => {
    await stand.keepJobs([
      job({ cluster: 'requeue', state: 'PREEMPTED', endedAt: november(1, 2) }),
      job({ cluster: 'requeue', startedAt: november(1, 4) }),
    ]);
    expect(await facts('requeue')).toHaveLength(2);
    const [row] = await rowsOf('requeue', november(1), november(2));
    expect(row).toMatchObject({ allocatedGpuHours: '32', totalGpuHours: null, idleGpuHours: null });
  });
});

describe('GPU accounting', () => {
  beforeAll(async () => {
    await stand.keepJobs([
      node('full', 2),
      job({ cluster: 'full', jobId: '1' }),
      job({
        cluster: 'full',
        jobId: '2',
        account: 'bio',
        team: 'bio',
        startedAt: november(1, 20),
        endedAt: november(2, 4),
        gpus: 8,
      }),
      job({
        cluster: 'full',
        jobId: '3',
        gpus: 1,
        startedAt: '2026-11-01T00:00:07Z',
        endedAt: '2026-11-01T00:00:08Z',
        nodeNames: ['gpu2'],
      }),
      job({ cluster: 'full', jobId: '4', gpus: 0, gpuType: '' }),
    ]);
    const samples = Array.from({ length: 10 }, (_, hour) =>
      Array.from({ length: 8 }, (_, gpu): GpuSample => ({
        ...{ cluster: 'full', node: 'gpu1', gpu: String(gpu), gpuType: 'h100', hour: november(1, hour), jobId: '' },
        ...{ memoryUsedBytes: 0, memoryTotalBytes: 80e9, powerWatts: 90 },
        utilisation: gpu < 1 ? 80 : 0,
      })),
    ).flat();
    await stand.keepSamples(samples);
    await stand.room.joinSamples(never);
  });

  test('total is allocated and idle, exactly, in hours and money', async () => {
    const [row] = await rowsOf('full', november(1), november(3));
    expect(row).toMatchObject({ cluster: 'full', gpuType: 'h100', totalGpuHours: '768', scheduler: 'slurm' });
    const second = new Exact(1).div(3600).toDecimalPlaces(18);
    expect(row!.allocatedGpuHours).toBe(new Exact(4 * 10 + 8 * 8).plus(second).toFixed());
    expect(new Exact(row!.allocatedGpuHours).plus(row!.idleGpuHours!).toFixed()).toBe('768');
    expect(row!.cost).toMatchObject({
      currency: 'USD',
      total: new Exact(768).times('2.10').toFixed(),
      priceIds: ['p-h100'],
    });
    expect(new Exact(row!.cost!.allocated).plus(row!.cost!.idle!).toFixed()).toBe(row!.cost!.total);
  });

  test('a span of hours has only those', async () => {
    const [row] = await rowsOf('full', november(1, 22), november(2, 1));
    expect(row).toMatchObject({ totalGpuHours: '48', allocatedGpuHours: '24', idleGpuHours: '24' });
  });

  test('a job that holds idle GPUs is seen, also where the exporter names no job', async () => {
    const { jobs, total } = await stand.room.accounting.jobs(
      { ...span('full', november(1), november(3)), heldIdleOnly: true },
      everything,
    );
    expect(total).toBe(1);
    expect(jobs[0]).toMatchObject({
      ...{ jobId: '1', gpuHours: '40', usedGpuHours: '8', heldIdleGpuHours: '30', cpuHours: '80' },
      gpuCost: { amount: '84', heldIdle: '63', currency: 'USD', perGpuHour: '2.1' },
    });
    const [row] = await rowsOf('full', november(1), november(3));
    expect(row).toMatchObject({ sampledGpuHours: '40', usedGpuHours: '8', heldIdleGpuHours: '30' });
    expect(row!.cost).toMatchObject({ used: '16.8', heldIdle: '63' });
  });

  test('jobs are filtered, sorted and paged', async () => {
    const ask = async (more: object) =>
      (await stand.room.accounting.jobs({ ...span('full', november(1), november(3)), ...more }, everything)).jobs.map(
        ({ jobId }) => jobId,
      );
    expect(await ask({})).toEqual(['2', '1', '3', '4']);
    expect(await ask({ limit: 2, offset: 1 })).toEqual(['1', '3']);
    expect(await ask({ sort: 'startedAt' })).toEqual(['2', '3', '1', '4']);
    expect(await ask({ team: 'bio' })).toEqual(['2']);
    expect(await ask({ gpuType: 'h100', account: 'physics' })).toEqual(['1', '3']);
    expect(await ask({ search: "3'" })).toEqual([]);
    expect(
      await ask({ search: 'TRA', user: 'u1', partition: 'gpu', state: 'COMPLETED', scheduler: 'slurm' }),
    ).toHaveLength(4);
    expect(await ask({ to: november(1, 1), from: november(1) })).toEqual(['1', '3', '4']);
  });

  test('who sees some teams sees their jobs, and neither total nor idle', async () => {
    const scope: Scope = { ...everything, teams: ['bio'] };
    const answer = await stand.room.accounting.accounting(span('full', november(1), november(3)), scope);
    expect(answer.rows).toMatchObject([{ allocatedGpuHours: '64', totalGpuHours: null, idleGpuHours: null }]);
    expect(answer.rows[0]!.cost).toMatchObject({ total: null, idle: null });
    const other = { ...everything, tenant: 'other' };
    expect(await rowsOf('full', november(1), november(3), other)).toEqual([]);
    expect(await rowsOf('full', november(1), november(3), { ...everything, regions: ['eu'] })).toEqual([]);
  });

  test('GPUs of a type without a price, or held beyond what there is, are told', async () => {
    await stand.keepJobs([node('small', 0), job({ cluster: 'small', gpuType: 'tpu' })]);
    const answer = await stand.room.accounting.accounting(span('small', november(1), november(2)), everything);
    expect(answer.rows[0]).toMatchObject({ gpuType: 'tpu', cost: null });
    expect(answer.notices.map(({ text }) => text)).toContainEqual(expect.stringMatching(/no price of tpu/));
    await stand.keepJobs([node('tight', 1), job({ cluster: 'tight', gpus: 32 })]);
    const tight = await stand.room.accounting.accounting(span('tight', november(1), november(2)), everything);
    expect(tight.notices[0]!.text).toMatch(/held 128.00 GPU-hours more than it has/);
  });

  test('hosts that are listed count from one look to the next', async () => {
    const look = (at: string, names: string[]) =>
      names.map((name): JobRun => {
        const { endedAt: _none, ...rest } = hosts('listed', 1, 'a100', at);
        return { ...rest, state: 'IDLE', jobId: name, jobName: '' };
      });
    await stand.keepJobs(look(november(2), ['n1', 'n2']));
    await stand.keepJobs(look(november(2, 6), ['n1']));
    await stand.keepJobs(look(november(2, 12), ['n1', 'n2', 'n3']));
    await stand.keepJobs([job({ cluster: 'listed', gpuType: '', startedAt: november(1), endedAt: november(1, 12) })]);
    const [row] = await rowsOf('listed', november(1), november(3));
    // Before the first look as at the first look: 24 + 6 hours of 16 GPUs, 6 of 8, 12 of 24.
    expect(row).toMatchObject({
      gpuType: 'a100',
      totalGpuHours: String(30 * 16 + 6 * 8 + 12 * 24),
      allocatedGpuHours: '48',
    });
  });
});

describe('bills of clusters', () => {
  const bill = async () => {
    stand.sent.length = 0;
    await stand.room.bill(never);
    return stand.sent;
  };
  const sumOf = (drop: { charges: { columns: Record<string, string> }[] } | undefined, column: string) =>
    (drop?.charges ?? []).reduce((sum, { columns }) => sum.plus(columns[column] ?? 0), new Exact(0)).toFixed();

  test('a month closes to capacity x hours, digit by digit, in GPU-hours and money', async () => {
    await stand.keepJobs([
      node('bill', 3, 'h100', '2026-10-01T00:00:00Z'),
      ...Array.from({ length: 200 }, (_, number) =>
        job({
          ...{ cluster: 'bill', jobId: String(number), account: `lab-${number % 3}`, team: `lab-${number % 3}` },
          startedAt: new Date(Date.UTC(2026, 9, 1) + number * 9_973_000).toISOString(),
          endedAt: new Date(Date.UTC(2026, 9, 1) + number * 9_973_000 + (1 + (number % 7)) * 7_321_000).toISOString(),
          gpus: 1 + (number % 4),
        }),
      ),
    ]);
    const drops = await bill();
    const october = drops.find(({ place }) => place.source === 'cluster-bill' && place.period === '2026-10');
    expect(sumOf(october, 'x_GpuHours')).toBe(String(3 * 8 * 24 * 31));
    expect(sumOf(october, 'BilledCost')).toBe(new Exact(3 * 8 * 24 * 31).times('2.10').toFixed());
    const november = drops.find(({ place }) => place.source === 'cluster-bill' && place.period === '2026-11');
    // Whole days that have passed: the first to the ninth.
    expect(sumOf(november, 'x_GpuHours')).toBe(String(3 * 8 * 24 * 9));
    const allocated = october!.charges.filter(({ columns }) => columns['x_JobId'] !== undefined);
    expect(new Set(allocated.map(({ tags }) => tags['team']))).toEqual(new Set(['lab-0', 'lab-1', 'lab-2']));
    expect(allocated[0]!.columns).toMatchObject({
      ...{ ChargeCategory: 'Usage', PricingUnit: 'GPU-Hours', x_CostBasis: 'allocated', x_PriceId: 'p-h100' },
      ...{
        BillingPeriodStart: '2026-10-01T00:00:00Z',
        BillingPeriodEnd: '2026-11-01T00:00:00Z',
        ServiceName: 'Cluster bill',
      },
      ...{ ChargePeriodStart: '2026-10-01T00:00:00Z', ChargePeriodEnd: '2026-10-02T00:00:00Z', BillingCurrency: 'USD' },
    });
    const idle = october!.charges.filter(({ columns }) => columns['ResourceType'] === 'Idle');
    expect(idle).toHaveLength(31);
    expect(idle[0]!.tags).toEqual({ idle: 'true' });
  });

  test('the same facts are not billed again; new ones bill their month again', async () => {
    expect((await bill()).map(({ place }) => place)).toEqual([]);
    await stand.clock.advance(1000);
    await stand.keepJobs([
      job({ cluster: 'bill', jobId: 'late', startedAt: '2026-10-31T10:00:00Z', endedAt: '2026-10-31T11:00:00Z' }),
    ]);
    const drops = await bill();
    expect(drops.map(({ place }) => `${place.source} ${place.period}`)).toEqual(['cluster-bill 2026-10']);
    expect(sumOf(drops[0], 'x_GpuHours')).toBe(String(3 * 8 * 24 * 31));
  });

  test('a day that passed is billed, and what has no price is told', async () => {
    await stand.clock.advance(86_400_000);
    const drops = await bill();
    const november = drops.find(({ place }) => place.source === 'cluster-bill' && place.period === '2026-11');
    expect(sumOf(november, 'x_GpuHours')).toBe(String(3 * 8 * 24 * 10));
    await stand.clock.advance(-86_400_000);
    const { rows } = {
      rows: await stand.platform.store.query<{ notices: string[] }>(
        "SELECT notices FROM cluster_bill WHERE cluster = 'small' AND period = '2026-11'",
      ),
    };
    expect(rows[0]!.notices).toContainEqual(expect.stringMatching(/no price of tpu/));
  });

  test('what the generated estate wrote is not billed: it sends its own bills', async () => {
    await stand.keepJobs([job({ cluster: 'estate' })], { source: '' });
    expect((await bill()).map(({ place }) => place.source)).not.toContain('cluster-estate');
  });
});

(hasData('slurm/sacct_phillips.log') ? test : test.skip)(
  'a public dump keeps its totals through warehouse and accounting',
  async () => {
    const fields = [
      ...[
        'JobID',
        'JobIDRaw',
        'Cluster',
        'Partition',
        'QOS',
        'Account',
        'Group',
        'GID',
        'User',
        'UID',
        'Submit',
        'Eligible',
      ],
      ...[
        'Start',
        'End',
        'Elapsed',
        'ExitCode',
        'State',
        'NNodes',
        'NCPUS',
        'ReqCPUS',
        'ReqMem',
        'ReqTRES',
        'AllocTRES',
      ],
      ...['Timelimit', 'NodeList', 'JobName'],
    ];
    const text = readFileSync(join(dataFolder, 'slurm/sacct_phillips.log'), 'utf8');
    await stand.ingest(slurmSacctConnector, lineRecords(text), { fields });
    await stand.ingest(slurmSacctConnector, lineRecords(text.trimEnd().split('\n').reverse().join('\n')), { fields });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'));
    const elapsed = (value: string) => {
      const [clock = '', days = '0'] = value.split('-').reverse();
      const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
      return Number(days) * 86_400 + hours * 3600 + minutes * 60 + seconds;
    };
    const cpuSeconds = lines.reduce((sum, line) => sum + Number(line[18]) * elapsed(line[14]!), 0);
    const gpuSeconds = lines.reduce(
      (sum, line) => sum + Number(/gres\/gpu=(\d+)/.exec(line[22]!)?.[1] ?? 0) * elapsed(line[14]!),
      0,
    );
    const { rows } = await stand.platform.warehouse.query<{ jobs: string; cpu: string; gpu: string }>(
      `SELECT toString(count()) AS jobs, toString(sum(Cpus * ElapsedSeconds)) AS cpu, toString(sum(Gpus * (EndedAt - StartedAt))) AS gpu
     FROM fact_job FINAL WHERE Cluster = 'phillips'`,
    );
    expect(rows[0]).toEqual({ jobs: String(lines.length), cpu: String(cpuSeconds), gpu: String(gpuSeconds) });
    const answer = await stand.room.accounting.jobs(
      { cluster: 'phillips', from: '2016-12-22T00:00:00Z', to: '2017-01-10T00:00:00Z', limit: 500 },
      everything,
    );
    expect(answer.total).toBe(lines.length);
    const hours = answer.jobs.reduce((sum, one) => sum.plus(one.gpuHours), new Exact(0));
    expect(hours.toDecimalPlaces(12).toFixed()).toBe(new Exact(gpuSeconds).div(3600).toDecimalPlaces(12).toFixed());
  },
);
