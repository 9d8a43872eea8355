import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobRun } from '../../anycost/index.ts';
import { gpuPrices, openClusterStand, type ClusterStand } from '../fixtures/cluster-stand.ts';
import { mapRecords } from '../fixtures/map-records.ts';
import { dcgmConnector } from './dcgm-connector.ts';
import { joinSamples } from './sample-join.ts';

const from = Date.parse('2026-11-02T10:00:00Z');
const seconds = from / 1000;
const window = { window: { from, to: from + 3_600_000, stepMs: 60_000 } };
const series = (query: string, metric: Record<string, string>, value: number, first = 0, end = 60) => ({
  query,
  metric: { Hostname: 'gpu1', gpu: '0', UUID: 'GPU-1', modelName: 'NVIDIA H100 80GB HBM3', ...metric },
  values: Array.from({ length: end - first }, (_, minute) => [seconds + (first + minute + 1) * 60, String(value)]),
});
const read = (values: unknown[], settings = {}) =>
  mapRecords(
    dcgmConnector,
    [window, ...values].map((value, place) => ({ line: place + 1, fields: {}, value })),
    {
      cluster: 'hpc',
      gpuTypes: { 'NVIDIA H100 80GB HBM3': 'h100' },
      ...settings,
    },
  );

describe('samples of an hour', () => {
  test('are means over the hour, memory and power beside utilisation', () => {
    const { samples } = read([
      series('utilisation', {}, 40, 0, 30),
      series('utilisation', {}, 80, 30, 60),
      series('memoryUsed', {}, 1024),
      series('memoryFree', {}, 3072),
      series('power', {}, 350),
    ]);
    expect(samples).toEqual([
      {
        ...{
          cluster: 'hpc',
          node: 'gpu1',
          gpu: '0',
          gpuType: 'h100',
          hour: '2026-11-02T10:00:00Z',
          jobId: '',
          uuid: 'GPU-1',
        },
        ...{ utilisation: 60, memoryUsedBytes: 2 ** 30, memoryTotalBytes: 2 ** 32, powerWatts: 350, seconds: 3600 },
      },
    ]);
  });

  test('each job has its part of the hour, jobs at the same time share it', () => {
    const { samples } = read([
      series('utilisation', { hpc_job: '7' }, 90, 0, 20),
      series('utilisation', { hpc_job: '8' }, 10, 20, 60),
      series('utilisation', { hpc_job: '9' }, 10, 40, 60),
    ]);
    expect(samples.map(({ jobId, seconds: held }) => [jobId, held])).toEqual([
      ['7', 1200],
      ['8', 1200 + 600],
      ['9', 600],
    ]);
  });

  test('pods are told by the exporter’s labels, not by its own pod', () => {
    const plain = read([series('utilisation', { pod: 'dcgm-exporter-x', namespace: 'gpu-operator' }, 5)]);
    expect(plain.samples[0]).toMatchObject({ jobId: '' });
    const exported = {
      pod: 'dcgm-exporter-x',
      namespace: 'gpu-operator',
      exported_pod: 'llama',
      exported_namespace: 'inference',
    };
    expect(read([series('utilisation', exported, 5)]).samples[0]).toMatchObject({ jobId: 'inference/llama' });
    expect(read([series('utilisation', { pod: 'llama', namespace: 'inference' }, 5)]).samples[0]).toMatchObject({
      jobId: 'inference/llama',
    });
  });

  test('a MIG instance counts for its slices, by the activity of its engine', () => {
    const { samples } = read([series('activity', { GPU_I_ID: '3', GPU_I_PROFILE: '3g.40gb' }, 0.25)]);
    expect(samples).toMatchObject([{ gpu: '0/3', utilisation: 25, seconds: 1542.857 }]);
  });

  test('values that are none and series without a place are left out', () => {
    const { samples, quarantined } = read([
      series('utilisation', {}, NaN),
      series('utilisation', { gpu: '1' }, 9e18),
      { query: 'utilisation', metric: { gpu: '0' }, values: [] },
    ]);
    expect(samples).toEqual([]);
    expect(quarantined[0]!.findings[0]!.reason).toBe('The series has no labels Hostname and gpu');
  });
});

describe('jobs behind GPUs', () => {
  const hour = 3600;
  const holding = (jobId: string, gpus: number, more: object = {}) => ({
    ...{ jobId, rawJobId: '', from: hour, to: 2 * hour, gpus, devices: [] as string[] },
    ...more,
  });
  const unnamed = (...gpus: string[]) => gpus.map((gpu) => ({ gpu, jobId: '' }));

  test('are those that the scheduler names, then as many as they were given', () => {
    const joined = joinSamples(hour, unnamed('0', '1', '2', '3', '10'), [
      holding('a', 2),
      holding('b', 1, { devices: ['1'] }),
    ]);
    expect(joined).toEqual([
      { gpu: '0', how: 'count', jobs: [{ jobId: 'a', seconds: 3600 }] },
      { gpu: '1', how: 'device', jobs: [{ jobId: 'b', seconds: 3600 }] },
      { gpu: '2', how: 'count', jobs: [{ jobId: 'a', seconds: 3600 }] },
    ]);
  });

  test('a GPU without a process is seen beside those that the exporter names', () => {
    const samples = [{ gpu: '0', jobId: '41' }, ...unnamed('1', '2')];
    expect(joinSamples(hour, samples, [holding('4_1', 2, { rawJobId: '41' })])).toEqual([
      { gpu: '1', how: 'count', jobs: [{ jobId: '4_1', seconds: 3600 }] },
    ]);
  });

  test('one after the other they have their seconds', () => {
    const jobs = [holding('a', 1, { to: hour + 600 }), holding('b', 1, { from: hour + 900, to: 9 * hour })];
    expect(joinSamples(hour, unnamed('0'), jobs)).toEqual([
      {
        gpu: '0',
        how: 'count',
        jobs: [
          { jobId: 'a', seconds: 600 },
          { jobId: 'b', seconds: 2700 },
        ],
      },
    ]);
  });
});

describe('in the warehouse', () => {
  let stand: ClusterStand;
  const never = new AbortController().signal;
  beforeAll(async () => {
    stand = await openClusterStand('2026-11-02T12:30:00Z', gpuPrices({ h100: '2' }));
  });
  afterAll(() => stand.close());
  const ask = async () => {
    const { jobs } = await stand.room.accounting.jobs(
      { from: '2026-11-02T00:00:00Z', to: '2026-11-03T00:00:00Z' },
      { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
    );
    return jobs.map(({ jobId, usedGpuHours, heldIdleGpuHours }) => [jobId, usedGpuHours, heldIdleGpuHours]);
  };
  const job = (jobId: string, gpus: number, more: Partial<JobRun> = {}): JobRun => ({
    ...{
      cluster: 'hpc',
      scheduler: 'slurm',
      jobId,
      jobName: 'x',
      user: 'u',
      account: 'a',
      partition: 'p',
      state: 'COMPLETED',
    },
    ...{ submittedAt: '2026-11-02T10:00:00Z', startedAt: '2026-11-02T10:00:00Z', endedAt: '2026-11-02T11:00:00Z' },
    ...{ cpus: 1, memoryBytes: 1, gpus, gpuType: 'h100', nodeNames: ['gpu1'] },
    ...more,
  });
  const records = (label: Record<string, string>) =>
    [
      window,
      ...Array.from({ length: 4 }, (_, gpu) =>
        series('utilisation', { gpu: String(gpu), ...(gpu === 0 ? label : {}) }, gpu === 0 ? 50 : 1),
      ),
    ].map((value, place) => ({ line: place + 1, fields: {}, value }));

  test('samples that come before their jobs find them when these come', async () => {
    await stand.ingest(dcgmConnector, records({ hpc_job: '77' }), { cluster: 'hpc' });
    await stand.room.joinSamples(never);
    expect(await ask()).toEqual([]);
    await stand.clock.advance(1000);
    await stand.keepJobs([job('5_1', 3, { tags: { slurm_job_id: '77' } })]);
    await stand.room.joinSamples(never);
    // The label names the number of the task; two of the other three GPUs are what it holds without using them.
    expect(await ask()).toEqual([['5_1', '0.52', '2']]);
  });

  test('the same samples and jobs again change nothing', async () => {
    await stand.clock.advance(1000);
    await stand.ingest(dcgmConnector, records({ hpc_job: '77' }), { cluster: 'hpc' });
    await stand.keepJobs([job('5_1', 3, { tags: { slurm_job_id: '77' } })]);
    await stand.room.joinSamples(never);
    expect(await ask()).toEqual([['5_1', '0.52', '2']]);
  });
});
