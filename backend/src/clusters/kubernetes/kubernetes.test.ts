import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Exact } from '../capacity.ts';
import { gpuPrices, openClusterStand, type ClusterStand } from '../fixtures/cluster-stand.ts';
import { hourRecords, type HourFixture, type NodeFixture, type PodFixture } from '../fixtures/kubernetes-series.ts';
import { mapRecords, type MappedRecords } from '../fixtures/map-records.ts';
import { kubernetesAllocationConnector } from './kubernetes-allocation-connector.ts';

const hour = '2026-11-02T10:00:00Z';
const settings = { cluster: 'k8s', gpuTypes: { 'NVIDIA-H100-80GB-HBM3': 'h100', 'NVIDIA-A100-SXM4-80GB': 'a100' } };
const read = (fixture: Partial<HourFixture>) =>
  mapRecords(kubernetesAllocationConnector, hourRecords({ hour, nodes: [], pods: [], ...fixture }), settings);

const whole: NodeFixture = {
  name: 'n1',
  labels: {
    nvidia_com_gpu_product: 'NVIDIA-H100-80GB-HBM3',
    nvidia_com_gpu_count: '8',
    node_kubernetes_io_instance_type: 'p5.48xlarge',
  },
  capacity: { cpu: 192, memory: 2 ** 41, nvidia_com_gpu: 8 },
};
const pod = (changes: Partial<PodFixture> = {}): PodFixture => ({
  ...{ namespace: 'inference', pod: 'llama-7d9f-x1', node: 'n1' },
  requests: { cpu: 4, memory: 2 ** 33, nvidia_com_gpu: 2 },
  ...changes,
});
const sum = (texts: readonly (string | undefined)[]) =>
  texts.reduce((all, text) => all.plus(text ?? 0), new Exact(0)).toFixed();
const heldOn = ({ jobs }: MappedRecords, node: string) =>
  sum(jobs.filter(({ nodeNames }) => nodeNames?.[0] === node).map(({ gpuSeconds }) => gpuSeconds));
const offeredBy = ({ nodes }: MappedRecords, node: string) =>
  sum(nodes.filter(({ jobId }) => jobId === node).map(({ gpuSeconds }) => gpuSeconds));

describe('an hour of a cluster', () => {
  test('a pod has what it asked for and used, its workload, and whose it is', () => {
    const { jobs, nodes } = read({
      nodes: [whole],
      pods: [
        pod({
          ...{ cpu: 6.5, memory: 2 ** 32, owner: ['ReplicaSet', 'llama-7d9f'] as const },
          labels: { team: 'assist', app_kubernetes_io_part_of: 'copilot', env: 'production' },
        }),
      ],
      replicaSets: [{ namespace: 'inference', name: 'llama-7d9f', deployment: 'llama' }],
    });
    expect(jobs).toEqual([
      {
        ...{
          record: 'slice',
          cluster: 'k8s',
          scheduler: 'kubernetes',
          jobId: 'inference/llama-7d9f-x1',
          jobName: 'llama',
        },
        ...{ user: '', account: 'inference', partition: 'inference', state: 'RUNNING', nodes: 1, nodeNames: ['n1'] },
        ...{ submittedAt: hour, startedAt: hour, endedAt: '2026-11-02T11:00:00Z', elapsedSeconds: 3600 },
        ...{ cpus: 6.5, cpusRequested: 4, cpusUsed: 6.5 },
        ...{ memoryBytes: 2 ** 33, memoryBytesRequested: 2 ** 33, memoryBytesUsed: 2 ** 32 },
        ...{
          gpus: 2,
          gpuType: 'h100',
          gpuSeconds: '7200',
          team: 'assist',
          product: 'copilot',
          environment: 'production',
        },
        devices: [
          { node: 'n1', gpu: '0' },
          { node: 'n1', gpu: '1' },
        ],
        tags: {
          ...{ team: 'assist', app_kubernetes_io_part_of: 'copilot', env: 'production', namespace: 'inference' },
          owner_kind: 'Deployment',
        },
      },
    ]);
    expect(nodes).toMatchObject([
      {
        jobId: 'n1',
        jobName: 'p5.48xlarge',
        state: 'measured',
        gpus: 8,
        gpuType: 'h100',
        gpuSeconds: '28800',
        cpus: 192,
      },
    ]);
  });

  test('the namespace’s label names the team where the pod’s does not, else the namespace is it', () => {
    const namespaces = [{ namespace: 'inference', labels: { team: 'search' } }];
    expect(read({ nodes: [whole], pods: [pod()], namespaces }).jobs[0]).toMatchObject({ team: 'search' });
    expect(read({ nodes: [whole], pods: [pod()] }).jobs[0]).toMatchObject({ team: 'inference' });
  });

  test('a pod that starts and ends within the hour has its seconds', () => {
    const some = pod({ minutes: [10, 25], scheduledAt: 630, completedAt: 1_515 });
    const { jobs } = read({ nodes: [whole], pods: [some] });
    expect(jobs[0]).toMatchObject({
      ...{ startedAt: '2026-11-02T10:10:30Z', endedAt: '2026-11-02T10:25:15Z', elapsedSeconds: 885 },
      ...{ gpuSeconds: '1770', state: 'COMPLETED' },
    });
  });

  test('time slices are parts of a GPU, over-committed ones share it', () => {
    const node: NodeFixture = {
      ...whole,
      labels: { ...whole.labels!, nvidia_com_gpu_replicas: '4', nvidia_com_gpu_count: '1' },
      capacity: { cpu: 8, nvidia_com_gpu: 4 },
    };
    const of = (count: number) =>
      read({
        nodes: [node],
        pods: Array.from({ length: count }, (_, place) => pod({ pod: `p${place}`, requests: { nvidia_com_gpu: 1 } })),
      });
    expect(offeredBy(of(1), 'n1')).toBe('3600');
    expect(of(4).jobs.map(({ gpuSeconds, gpus }) => [gpuSeconds, gpus])).toEqual(
      Array.from({ length: 4 }, () => ['900', 0.25]),
    );
    expect(of(5).jobs[0]).toMatchObject({ gpuSeconds: '720' });
    expect(heldOn(of(5), 'n1')).toBe('3600');
  });

  test('MIG instances are their slices of the GPU; what no profile takes stays idle', () => {
    const node: NodeFixture = {
      name: 'n1',
      labels: { nvidia_com_gpu_product: 'NVIDIA-A100-SXM4-80GB' },
      capacity: { nvidia_com_mig_3g_40gb: 2, nvidia_com_gpu: 0 },
    };
    const pods = ['a', 'b'].map((name) => pod({ pod: name, requests: { nvidia_com_mig_3g_40gb: 1 } }));
    const mapped = read({ nodes: [node], pods });
    expect(offeredBy(mapped, 'n1')).toBe('3600');
    expect(mapped.jobs[0]).toMatchObject({ gpuType: 'a100', gpuSeconds: '1542.857142857142857142' });
    const single: NodeFixture = {
      ...node,
      labels: { nvidia_com_gpu_product: 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb', nvidia_com_gpu_count: '14' },
      capacity: { nvidia_com_gpu: 14 },
    };
    const split = read({ nodes: [single], pods: [pod({ requests: { nvidia_com_gpu: 7 } })] });
    expect(offeredBy(split, 'n1')).toBe('7200');
    expect(split.jobs[0]).toMatchObject({ gpuType: 'a100', gpuSeconds: '3600' });
  });

  test('a host that comes and goes offers what it had while it was there', () => {
    const node: NodeFixture = { ...whole, minutes: [15, 45] };
    const mapped = read({ nodes: [node], pods: [pod({ minutes: [15, 45] })] });
    expect(mapped.nodes).toMatchObject([{ startedAt: '2026-11-02T10:15:00Z', endedAt: '2026-11-02T10:45:00Z' }]);
    expect(offeredBy(mapped, 'n1')).toBe(String(8 * 1800));
  });

  test('pods are on the GPUs on which the exporter sees them', () => {
    const node = {
      ...whole,
      gpus: [{ gpu: '0' }, { gpu: '5', pod: 'inference/llama-7d9f-x1' }, { gpu: '6', pod: 'inference/llama-7d9f-x1' }],
    };
    expect(read({ nodes: [node], pods: [pod()] }).jobs[0]!.devices).toEqual([
      { node: 'n1', gpu: '5' },
      { node: 'n1', gpu: '6' },
    ]);
  });

  test('records that are no series are quarantined', () => {
    const values = [{ window: { from: 1, to: 2, stepMs: 0 } }, { query: 'pods', metric: {}, values: [] }, 7];
    const records = values.map((value, place) => ({ line: place + 1, fields: {}, value }));
    expect(
      mapRecords(kubernetesAllocationConnector, records).quarantined.map(({ findings }) => findings[0]!.reason),
    ).toEqual([
      'The window is no hour with a step',
      'The series comes before its window',
      'The record is neither a window nor a series of Prometheus',
    ]);
  });
});

function seeded(seed: number): (most: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** A cluster of hosts of every kind, with pods that come and go as they like. */
function randomHour(seed: number, at = hour): HourFixture {
  const below = seeded(seed);
  const minutes = (): readonly [number, number] => {
    const from = below(60);
    return [from, Math.min(60, from + 1 + below(60))];
  };
  const maybe = () => (below(3) === 0 ? { minutes: minutes() } : {});
  const nodes = Array.from({ length: 1 + below(5) }, (_, place): NodeFixture => {
    const name = `n${place}`;
    const gpus = 1 + below(4);
    const product = 'NVIDIA-A100-SXM4-80GB';
    const kind = below(4);
    if (kind === 0)
      return {
        name,
        labels: { nvidia_com_gpu_product: product },
        capacity: { cpu: 64, nvidia_com_gpu: gpus },
        ...maybe(),
      };
    if (kind === 1) {
      const replicas = 2 + below(8);
      const labels = {
        nvidia_com_gpu_product: `${product}-SHARED`,
        nvidia_com_gpu_replicas: String(replicas),
        nvidia_com_gpu_count: String(gpus),
      };
      return { name, labels, capacity: { cpu: 64, nvidia_com_gpu: replicas * gpus }, ...maybe() };
    }
    if (kind === 2) {
      const labels = { nvidia_com_gpu_product: product };
      return {
        name,
        labels,
        capacity: { cpu: 64, nvidia_com_mig_1g_10gb: 3 * gpus, nvidia_com_mig_4g_40gb: gpus },
        ...maybe(),
      };
    }
    const labels = { nvidia_com_gpu_product: `${product}-MIG-2g.20gb`, nvidia_com_gpu_count: String(3 * gpus) };
    return { name, labels, capacity: { cpu: 64, nvidia_com_gpu: 3 * gpus }, ...maybe() };
  });
  const pods = Array.from({ length: below(40) }, (_, place): PodFixture => {
    const node = nodes[below(nodes.length)]!;
    const resources = Object.keys(node.capacity).filter((name) => name.startsWith('nvidia'));
    const resource = resources[below(resources.length)]!;
    return pod({ pod: `p${place}`, node: node.name, requests: { cpu: 1, [resource]: 1 + below(3) }, ...maybe() });
  });
  return { hour: at, nodes, pods };
}

test('on any cluster pods hold no more than there is, and with idle it is the GPUs’ time, exactly', () => {
  for (let seed = 0; seed < 200; seed++) {
    const mapped = mapRecords(kubernetesAllocationConnector, hourRecords(randomHour(seed)), settings);
    for (const { jobId } of mapped.nodes) {
      const [held, offered] = [new Exact(heldOn(mapped, jobId)), new Exact(offeredBy(mapped, jobId))];
      expect(held.lte(offered)).toBe(true);
      // Seconds of whole GPUs: a whole number of minutes here.
      expect(offered.mod(60).isZero()).toBe(true);
    }
  }
});

describe('through warehouse and bills', () => {
  let stand: ClusterStand;
  beforeAll(async () => {
    stand = await openClusterStand('2026-11-05T00:30:00Z', gpuPrices({ a100: '1.35', 'cpu cpu': '0.04' }));
  });
  afterAll(() => stand.close());

  test('hours of random clusters close to what their hosts offered, in GPU-hours and money', async () => {
    let offered = new Exact(0);
    let cpuHours = new Exact(0);
    for (let number = 0; number < 24; number++) {
      const at = new Date(Date.UTC(2026, 10, 2 + Math.floor(number / 10), number)).toISOString();
      const mapped = await stand.ingest(kubernetesAllocationConnector, hourRecords(randomHour(number, at)), settings, {
        source: 'k8s',
      });
      offered = offered.plus(sum(mapped.nodes.map(({ gpuSeconds }) => gpuSeconds)));
      for (const { cpus, startedAt, endedAt } of mapped.nodes)
        cpuHours = cpuHours.plus(new Exact(cpus).times(Date.parse(endedAt!) - Date.parse(startedAt)).div(3_600_000));
    }
    await stand.room.bill(new AbortController().signal);
    expect(stand.sent.map(({ place }) => `${place.source} ${place.period}`)).toEqual(['cluster-k8s 2026-11']);
    const { charges } = stand.sent[0]!;
    const total = (column: string, unit: string) =>
      sum(charges.filter(({ columns }) => columns['PricingUnit'] === unit).map(({ columns }) => columns[column]));
    expect(total('x_GpuHours', 'GPU-Hours')).toBe(offered.div(3600).toDecimalPlaces(18).toFixed());
    expect(total('BilledCost', 'GPU-Hours')).toBe(offered.div(3600).times('1.35').toFixed());
    expect(new Exact(total('ConsumedQuantity', 'CPU-Hours')).minus(cpuHours).abs().lt(1e-9)).toBe(true);
    const held = charges.find(
      ({ columns }) => columns['ResourceType'] === 'Pod' && columns['PricingUnit'] === 'GPU-Hours',
    );
    expect(held!.columns).toMatchObject({
      x_Namespace: 'inference',
      x_CostBasis: 'allocated',
      ServiceProviderName: 'Kubernetes',
      SkuId: 'a100',
    });
    const answer = await stand.room.accounting.accounting(
      { from: '2026-11-01T00:00:00Z', to: '2026-11-05T00:00:00Z' },
      { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
    );
    expect(answer.rows).toMatchObject([
      { cluster: 'k8s', gpuType: 'a100', totalGpuHours: offered.div(3600).toDecimalPlaces(18).toFixed() },
    ]);
    expect(new Exact(answer.rows[0]!.allocatedGpuHours).plus(answer.rows[0]!.idleGpuHours!).toFixed()).toBe(
      answer.rows[0]!.totalGpuHours,
    );
    expect(new Exact(answer.rows[0]!.idleGpuHours!).gt(0)).toBe(true);
  });
});
