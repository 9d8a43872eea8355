import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connector, RawRecord, SourceContext } from '../anycost/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import { createOutgoing } from '../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { dcgmConnector } from './dcgm/dcgm-connector.ts';
import { canBackfill, startBackfilledPrometheus } from './fixtures/backfilled-prometheus.ts';
import { mapRecords, source } from './fixtures/map-records.ts';
import { kubernetesAllocationConnector } from './kubernetes/kubernetes-allocation-connector.ts';

const outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry: createSilentTelemetry() });
afterAll(() => outgoing.close());
const from = Date.parse('2026-11-02T10:00:00Z') / 1000;
const clock = new ManualClock('2026-11-02T11:05:00Z');

function context(settings: Record<string, unknown>): SourceContext {
  return {
    source: source(settings, 'kubernetes-allocation'),
    ...{ tenant: 'default', clock, outgoing, signal: new AbortController().signal },
    warehouse: undefined as never,
    secret: () => 'geheim',
    folder: async (path) => path,
  };
}

async function records(connector: Connector, at: SourceContext): Promise<RawRecord[]> {
  const { files } = await connector.discover!(at, undefined);
  expect(files.map(({ name }) => name)).toEqual(['hour-2026-11-02T10.ndjson']);
  let text = '';
  for await (const chunk of await connector.pull!(at, files[0]!)) text += Buffer.from(chunk).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, place) => ({ line: place + 1, fields: {}, value: JSON.parse(line) as unknown }));
}

/** Lines of exporters at every quarter minute of the hour and a while before; a value may depend on the minute. */
type Metric = readonly [string, Readonly<Record<string, string>>, (minute: number) => number | undefined];
function openMetrics(metrics: readonly Metric[]): string {
  const byName = Map.groupBy(metrics, ([name]) => name);
  const lines = [...byName].flatMap(([name, all]) => [
    `# TYPE ${name.replace(/_total$/, '')} ${name.endsWith('_total') ? 'counter' : 'gauge'}`,
    ...all.flatMap(([, labels, valueAt]) => {
      const text = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(',');
      return Array.from({ length: 281 }, (_, place) => {
        const seconds = (place - 40) * 15;
        const value = valueAt(seconds / 60);
        return value === undefined ? '' : `${name}{${text}} ${value} ${from + seconds}`;
      }).filter((line) => line !== '');
    }),
  ]);
  return [...lines, '# EOF', ''].join('\n');
}

const always = (value: number) => () => value;
const during = (first: number, end: number, value: number) => (minute: number) =>
  minute > first && minute <= end ? value : undefined;
const llama = { namespace: 'inference', pod: 'llama-7d9f-x1' };
const batch = { namespace: 'batch', pod: 'sweep-1' };
const cluster: readonly Metric[] = [
  ['kube_pod_info', { ...llama, node: 'n1', uid: 'a' }, always(1)],
  ['kube_pod_info', { ...batch, node: 'n1', uid: 'b' }, during(20, 50, 1)],
  ['kube_pod_status_phase', { ...llama, phase: 'Running' }, always(1)],
  ['kube_pod_status_phase', { ...llama, phase: 'Pending' }, always(0)],
  // Completed at minute 40, but its object stays.
  [
    'kube_pod_status_phase',
    { ...batch, phase: 'Running' },
    (minute) => (minute > 20 && minute <= 50 ? Number(minute <= 40) : undefined),
  ],
  [
    'kube_pod_status_phase',
    { ...batch, phase: 'Succeeded' },
    (minute) => (minute > 20 && minute <= 50 ? Number(minute > 40) : undefined),
  ],
  ...(['cpu', 'memory', 'nvidia_com_gpu'] as const).flatMap((resource, place): Metric[] => [
    [
      'kube_pod_container_resource_requests',
      { ...llama, node: 'n1', container: 'server', resource },
      always([4, 2 ** 33, 2][place]!),
    ],
    [
      'kube_pod_container_resource_requests',
      { ...batch, node: 'n1', container: 'job', resource },
      during(20, 50, [1, 2 ** 30, 1][place]!),
    ],
    ['kube_node_status_capacity', { node: 'n1', resource }, always([64, 2 ** 38, 4][place]!)],
  ]),
  ['kube_pod_container_resource_requests', { ...llama, node: 'n1', container: 'proxy', resource: 'cpu' }, always(1)],
  ['container_cpu_usage_seconds_total', { ...llama, container: 'server' }, (minute) => (minute + 20) * 60 * 7],
  ['container_cpu_usage_seconds_total', { ...llama, container: '' }, (minute) => (minute + 20) * 60 * 9],
  ['container_memory_working_set_bytes', { ...llama, container: 'server' }, always(2 ** 32)],
  ['kube_pod_owner', { ...llama, owner_kind: 'ReplicaSet', owner_name: 'llama-7d9f' }, always(1)],
  [
    'kube_replicaset_owner',
    { namespace: 'inference', replicaset: 'llama-7d9f', owner_kind: 'Deployment', owner_name: 'llama' },
    always(1),
  ],
  ['kube_pod_owner', { ...batch, owner_kind: 'Job', owner_name: 'sweep' }, during(20, 50, 1)],
  ['kube_pod_labels', { ...llama, label_team: 'assist' }, always(1)],
  [
    'kube_node_labels',
    { node: 'n1', label_nvidia_com_gpu_product: 'NVIDIA-H100-80GB-HBM3', label_nvidia_com_gpu_count: '4' },
    always(1),
  ],
  ...['0', '1', '2', '3'].map((gpu): Metric => [
    'DCGM_FI_DEV_GPU_UTIL',
    {
      Hostname: 'n1',
      gpu,
      UUID: `GPU-${gpu}`,
      modelName: 'NVIDIA H100 80GB HBM3',
      ...(gpu > '1' ? { exported_namespace: 'inference', exported_pod: llama.pod } : {}),
    },
    always(gpu > '1' ? 60 : 0),
  ]),
];

(canBackfill() ? describe : describe.skip)(
  'a real Prometheus with an hour of kube-state-metrics, cAdvisor and DCGM',
  () => {
    let prometheus: Awaited<ReturnType<typeof startBackfilledPrometheus>>;
    beforeAll(async () => {
      prometheus = await startBackfilledPrometheus(openMetrics(cluster));
    }, 120_000);
    afterAll(() => prometheus?.close());
    const settings = () => ({ url: prometheus.url, cluster: 'k8s' });

    test('pods have what they held while they lived, and the host what it offered', async () => {
      const read = mapRecords(
        kubernetesAllocationConnector,
        await records(kubernetesAllocationConnector, context(settings())),
        { cluster: 'k8s' },
      );
      expect(read.quarantined).toEqual([]);
      expect(read.nodes).toMatchObject([
        { jobId: 'n1', gpus: 4, gpuSeconds: '14400', gpuType: 'NVIDIA-H100-80GB-HBM3' },
      ]);
      const [sweep, server] = [...read.jobs].sort((a, b) => (a.jobId < b.jobId ? -1 : 1));
      expect(server).toMatchObject({
        ...{ jobId: 'inference/llama-7d9f-x1', jobName: 'llama', team: 'assist', gpus: 2, gpuSeconds: '7200' },
        ...{ cpusRequested: 5, cpusUsed: 7, cpus: 7, memoryBytes: 2 ** 33, memoryBytesUsed: 2 ** 32 },
        devices: [
          { node: 'n1', gpu: '2' },
          { node: 'n1', gpu: '3' },
        ],
      });
      expect(sweep).toMatchObject({ jobId: 'batch/sweep-1', jobName: 'sweep', team: 'batch', cpus: 1, gpus: 1 });
      // It was seen from minute 20.25 to 40: within the steps of a minute that is 20 minutes.
      expect(sweep).toMatchObject({
        startedAt: '2026-11-02T10:20:00Z',
        endedAt: '2026-11-02T10:40:00Z',
        gpuSeconds: '1200',
      });
    });

    test('GPUs have their samples', async () => {
      const read = mapRecords(dcgmConnector, await records(dcgmConnector, context(settings())), { cluster: 'k8s' });
      expect(read.samples.map(({ gpu, jobId, utilisation, seconds }) => [gpu, jobId, utilisation, seconds])).toEqual([
        ['0', '', 0, 3600],
        ['1', '', 0, 3600],
        ['2', 'inference/llama-7d9f-x1', 60, 3600],
        ['3', 'inference/llama-7d9f-x1', 60, 3600],
      ]);
    });

    test('matchers narrow every selector, and health tells what is there', async () => {
      const none = { ...settings(), matchers: 'cluster="b"' };
      expect(await records(kubernetesAllocationConnector, context(none))).toHaveLength(1);
      expect(await kubernetesAllocationConnector.health!(context(settings()))).toMatchObject({ ok: true });
      expect(await dcgmConnector.health!(context(settings()))).toEqual({
        ok: true,
        message: 'Prometheus knows 4 series of DCGM_FI_DEV_GPU_UTIL.',
      });
    });
  },
);

describe('a server that answers as Prometheus does', () => {
  test('is asked with its token, hour by hour since the cursor; a failure keeps nothing', async () => {
    const asked: URLSearchParams[] = [];
    let fails = false;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const query = new URLSearchParams(body);
        asked.push(query);
        const allowed = request.headers.authorization === 'Bearer geheim' && !fails;
        response.writeHead(allowed ? 200 : 400, { 'content-type': 'application/json' });
        const values = [[Number(query.get('end')), '50']];
        const result = [{ metric: { Hostname: 'n1', gpu: '0', hpc_job: '9' }, values }];
        response.end(
          JSON.stringify(
            allowed ? { status: 'success', data: { resultType: 'matrix', result } } : { status: 'error', error: 'bad' },
          ),
        );
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const at = context({ url, token: 'PROM_TOKEN', since: '2026-11-02T08:20:00Z' });
      const { files, cursor } = await dcgmConnector.discover!(at, undefined);
      expect(files.map(({ name }) => name)).toEqual(['08', '09', '10'].map((hour) => `hour-2026-11-02T${hour}.ndjson`));
      expect(await dcgmConnector.discover!(at, cursor)).toEqual({ files: [], cursor });
      let text = '';
      for await (const chunk of await dcgmConnector.pull!(at, files[0]!)) text += Buffer.from(chunk).toString();
      expect(text.trimEnd().split('\n')).toHaveLength(6);
      expect([asked[0]!.get('query'), asked[0]!.get('step')]).toEqual(['DCGM_FI_DEV_GPU_UTIL', '60']);
      expect([Number(asked[0]!.get('start')), Number(asked[0]!.get('end'))]).toEqual([from - 7200 + 60, from - 3600]);
      fails = true;
      await expect(dcgmConnector.pull!(at, files[1]!)).rejects.toMatchObject({ code: 'UPSTREAM_FAILED' });
      expect(await dcgmConnector.health!(at)).toMatchObject({ ok: false });
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });

  test('settings that cannot be meant are refused', async () => {
    for (const settings of [{ stepSeconds: 7 }, { matchers: '} or up{' }, { url: 7 }])
      await expect(dcgmConnector.discover!(context(settings), undefined)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
  });
});
