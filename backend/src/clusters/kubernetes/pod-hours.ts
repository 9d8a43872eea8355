import type { JobRun, Mapped } from '../../anycost/index.ts';
import { floorText, fraction, sumOf, times, toNumber, zero, type Fraction } from '../fraction.ts';
import { gpuLedger, joined, lengthOf, type Device, type DeviceAccount, type Span } from '../gpu-ledger.ts';
import { pointsOf, type HourWindow, type QueriedSeries } from '../prometheus-hours.ts';
import { gpuPlaces } from '../gpu-series.ts';
import { nodeGpus, shareOf, type NodeGpus } from './gpu-resource.ts';
import { PodFacts, type PodNames } from './pod-facts.ts';

export interface AllocationSettings {
  cluster: string;
  names: PodNames;
  /** Model as the GPUs call themselves to the name in the price book. */
  gpuTypes: Readonly<Record<string, string>>;
}

interface Pod {
  key: string;
  namespace: string;
  name: string;
  node: string;
  spans: Span[];
}

interface Host {
  name: string;
  labels: Readonly<Record<string, string>>;
  gpus: NodeGpus;
  spans: Span[];
  cpus: number;
  memoryBytes: number;
  devices: Device[];
}

const mean = (points: ReadonlyMap<number, number>): number | undefined =>
  points.size === 0 ? undefined : [...points.values()].reduce((sum, value) => sum + value, 0) / points.size;
const isNode = ({ node }: { node: string }, host: Host): boolean => node === host.name;

/**
 * Pods and hosts of an hour: each pod a slice with what it asked for and used, each host a record of what it offered, so
 * that offered less held is idle. GPU-seconds are exact decimals (rounded down at 18 places; idle takes the rest).
 */
export function podHours(window: HourWindow, series: readonly QueriedSeries[], settings: AllocationSettings): Mapped[] {
  const of = new Map<string, QueriedSeries[]>();
  for (const one of series) of.set(one.query, [...(of.get(one.query) ?? []), one]);
  const facts = new PodFacts(of, settings.names);
  const pods = podsOf(of.get('pods') ?? [], window, facts);
  const hosts = hostsOf(of, window);
  const mapped: Mapped[] = [];
  const held = new Map<string, { exact: Fraction; devices: { node: string; gpu: string }[] }>();
  const usedDevices = devicesByPod(of.get('gpus') ?? []);
  for (const host of hosts) {
    const holders = pods.filter((pod) => isNode(pod, host)).map((pod) => holderOf(pod, host, of, window, usedDevices));
    for (const account of gpuLedger(host.devices, holders)) collect(held, account, host.name);
    if (host.devices.length === 0)
      for (const { id, shares, spans } of holders)
        held.set(id, { exact: times(sumOf(shares), fraction(lengthOf(spans))), devices: [] });
    mapped.push(...hostRecords(host, settings));
  }
  const usage = usageOf(of, window);
  for (const pod of pods) {
    const host = hosts.find((one) => isNode(pod, one));
    mapped.push({ kind: 'job', job: podRecord(pod, host, held.get(pod.key), usage(pod), facts, settings) });
  }
  return mapped;
}

function podsOf(series: readonly QueriedSeries[], window: HourWindow, facts: PodFacts): Pod[] {
  return series.flatMap((one) => {
    const { namespace = '', pod: name = '', node = '' } = one.metric;
    if (namespace === '' || name === '' || node === '') return [];
    const spans = facts.trimmed(namespace, name, spansOf(pointsOf(one, window), window), window);
    return spans.length === 0 ? [] : [{ key: `${namespace}/${name} ${node}`, namespace, name, node, spans }];
  });
}

/** A value at an instant tells of the step that ends there. */
function spansOf(points: ReadonlyMap<number, number>, { stepMs }: HourWindow): Span[] {
  return joined([...points.keys()].map((at) => ({ from: at - stepMs, to: at })));
}

function hostsOf(of: ReadonlyMap<string, readonly QueriedSeries[]>, window: HourWindow): Host[] {
  const labels = new Map((of.get('nodeLabels') ?? []).map(({ metric }) => [metric['node'] ?? '', metric]));
  const seen = new Map<string, Set<string>>();
  const exported = of.get('gpus') ?? [];
  for (const place of gpuPlaces(exported)) {
    if (place === undefined) continue;
    seen.set(place.node, (seen.get(place.node) ?? new Set()).add(place.gpu.split('/')[0]!));
  }
  const capacities = new Map<string, Map<string, Map<number, number>>>();
  for (const one of of.get('capacity') ?? []) {
    const { node = '', resource = '' } = one.metric;
    const known = capacities.get(node) ?? new Map<string, Map<number, number>>();
    capacities.set(node, known.set(resource, pointsOf(one, window)));
  }
  return [...capacities]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, capacity]) => {
      const own = labels.get(name) ?? {};
      const gpus = nodeGpus(own);
      const at = new Map([...capacity.values()].flatMap((points) => [...points]));
      return {
        ...{ name, labels: own, gpus, spans: spansOf(at, window) },
        cpus: mean(capacity.get('cpu') ?? new Map()) ?? 0,
        memoryBytes: Math.round(mean(capacity.get('memory') ?? new Map()) ?? 0),
        devices: devicesOf(capacity, gpus, seen.get(name) ?? new Set(), window),
      };
    });
}

/** Physical GPUs: those that the exporter sees, as many as labels or capacity say, while the host offers any. */
function devicesOf(
  capacity: ReadonlyMap<string, ReadonlyMap<number, number>>,
  gpus: NodeGpus,
  seen: ReadonlySet<string>,
  window: HourWindow,
): Device[] {
  const offered = new Map<number, number>();
  let most = zero;
  for (const [resource, points] of capacity) {
    const share = shareOf(resource, gpus);
    if (share === undefined) continue;
    for (const [at, value] of points) if (value > 0) offered.set(at, 1);
    const largest = Math.max(0, ...points.values());
    most = sumOf([most, times(share, fraction(Math.round(largest)))]);
  }
  const counted = Number((most.n + most.d - 1n) / most.d);
  const count = Math.max(offered.size === 0 ? 0 : (gpus.count ?? counted), counted, offered.size === 0 ? 0 : seen.size);
  const spans = spansOf(offered, window);
  const ids = [...seen].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  for (let number = 0; ids.length < count; number++) if (!seen.has(String(number))) ids.push(String(number));
  return ids.slice(0, count).map((id) => ({ id, spans }));
}

function devicesByPod(series: readonly QueriedSeries[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const place of gpuPlaces(series)) {
    if (place === undefined || place.jobId === '') continue;
    const key = `${place.jobId} ${place.node}`;
    found.set(key, [...(found.get(key) ?? []), place.gpu.split('/')[0]!]);
  }
  return found;
}

function holderOf(
  pod: Pod,
  host: Host,
  of: ReadonlyMap<string, readonly QueriedSeries[]>,
  window: HourWindow,
  devices: ReadonlyMap<string, string[]>,
) {
  const shares: Fraction[] = [];
  for (const [resource, points] of requestsOf(of, pod, window)) {
    const share = shareOf(resource, host.gpus);
    const count = Math.min(1024, Math.round(Math.max(0, ...points.values())));
    if (share !== undefined) for (let unit = 0; unit < count; unit++) shares.push(share);
  }
  const known = devices.get(pod.key);
  return { id: pod.key, spans: pod.spans, shares, ...(known === undefined ? {} : { devices: known }) };
}

const requestIndex = new WeakMap<object, Map<string, Map<string, Map<number, number>>>>();

/** Requests of a pod by resource. The index is made once for an hour. */
function requestsOf(
  of: ReadonlyMap<string, readonly QueriedSeries[]>,
  pod: Pod,
  window: HourWindow,
): Map<string, Map<number, number>> {
  let index = requestIndex.get(of);
  if (index === undefined) {
    index = new Map();
    for (const one of of.get('requests') ?? []) {
      const key = `${one.metric['namespace'] ?? ''}/${one.metric['pod'] ?? ''}`;
      const known = index.get(key) ?? new Map<string, Map<number, number>>();
      index.set(key, known.set(one.metric['resource'] ?? '', pointsOf(one, window)));
    }
    requestIndex.set(of, index);
  }
  return index.get(`${pod.namespace}/${pod.name}`) ?? new Map();
}

interface Usage {
  cpusRequested: number;
  cpusUsed: number | undefined;
  memoryRequested: number;
  memoryUsed: number | undefined;
}

function usageOf(of: ReadonlyMap<string, readonly QueriedSeries[]>, window: HourWindow): (pod: Pod) => Usage {
  const index = (query: string): Map<string, number | undefined> =>
    new Map(
      (of.get(query) ?? []).map((one) => [
        `${one.metric['namespace'] ?? ''}/${one.metric['pod'] ?? ''}`,
        mean(pointsOf(one, window)),
      ]),
    );
  const [cpu, memory] = [index('cpu'), index('memory')];
  return (pod) => {
    const requests = requestsOf(of, pod, window);
    const key = `${pod.namespace}/${pod.name}`;
    return {
      cpusRequested: mean(requests.get('cpu') ?? new Map()) ?? 0,
      cpusUsed: cpu.get(key),
      memoryRequested: mean(requests.get('memory') ?? new Map()) ?? 0,
      memoryUsed: memory.get(key),
    };
  };
}

function collect(
  held: Map<string, { exact: Fraction; devices: { node: string; gpu: string }[] }>,
  account: DeviceAccount,
  node: string,
): void {
  for (const [pod, part] of account.held) {
    const known = held.get(pod) ?? { exact: zero, devices: [] };
    known.exact = sumOf([known.exact, part]);
    known.devices.push({ node, gpu: account.device });
    held.set(pod, known);
  }
}

const iso = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
const thousand = fraction(1, 1000);
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

function podRecord(
  pod: Pod,
  host: Host | undefined,
  held: { exact: Fraction; devices: { node: string; gpu: string }[] } | undefined,
  usage: Usage,
  facts: PodFacts,
  settings: AllocationSettings,
): JobRun {
  const length = lengthOf(pod.spans);
  const seconds = times(held?.exact ?? zero, thousand);
  const gpus = held === undefined || length === 0 ? 0 : toNumber(times(held.exact, fraction(1, length)));
  const { used, ...names } = facts.namesOf(pod.namespace, pod.name);
  const started = iso(pod.spans[0]!.from);
  return {
    record: 'slice',
    cluster: settings.cluster,
    scheduler: 'kubernetes',
    jobId: `${pod.namespace}/${pod.name}`,
    jobName: names.workload,
    user: '',
    account: pod.namespace,
    partition: pod.namespace,
    state: facts.isCompleted(pod.namespace, pod.name, pod.spans.at(-1)!.to) ? 'COMPLETED' : 'RUNNING',
    submittedAt: started,
    startedAt: started,
    endedAt: iso(pod.spans.at(-1)!.to + 999),
    elapsedSeconds: Math.round(length / 1000),
    nodes: 1,
    nodeNames: [pod.node],
    cpus: rounded(Math.max(usage.cpusRequested, usage.cpusUsed ?? 0)),
    cpusRequested: rounded(usage.cpusRequested),
    ...(usage.cpusUsed === undefined ? {} : { cpusUsed: rounded(usage.cpusUsed) }),
    memoryBytes: Math.round(Math.max(usage.memoryRequested, usage.memoryUsed ?? 0)),
    memoryBytesRequested: Math.round(usage.memoryRequested),
    ...(usage.memoryUsed === undefined ? {} : { memoryBytesUsed: Math.round(usage.memoryUsed) }),
    gpus,
    gpuType: gpus === 0 || host === undefined ? '' : typeOf(host, settings),
    ...(gpus === 0 ? {} : { gpuSeconds: floorText(seconds, 18), devices: held?.devices ?? [] }),
    team: names.team,
    ...(names.product === undefined ? {} : { product: names.product }),
    ...(names.environment === undefined ? {} : { environment: names.environment }),
    tags: used,
  };
}

function hostRecords(host: Host, settings: AllocationSettings): Mapped[] {
  return host.spans.map((span) => {
    const present = sumOf(
      host.devices.flatMap(({ spans }) =>
        spans.map(({ from, to }) => fraction(Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)))),
      ),
    );
    return {
      kind: 'job',
      job: {
        record: 'node',
        cluster: settings.cluster,
        scheduler: 'kubernetes',
        jobId: host.name,
        jobName: host.labels['label_node_kubernetes_io_instance_type'] ?? '',
        ...{ user: '', account: '', partition: '', state: 'measured' },
        submittedAt: iso(span.from),
        startedAt: iso(span.from),
        endedAt: iso(span.to),
        nodes: 1,
        cpus: rounded(host.cpus),
        memoryBytes: host.memoryBytes,
        gpus: host.devices.length,
        gpuType: host.devices.length === 0 ? '' : typeOf(host, settings),
        gpuSeconds: floorText(times(present, thousand), 18),
      },
    };
  });
}

function typeOf({ gpus }: Host, { gpuTypes }: AllocationSettings): string {
  return gpuTypes[gpus.product] ?? gpus.product;
}
