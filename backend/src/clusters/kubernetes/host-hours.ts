import type { Mapped } from '../../anycost/index.ts';
import { floorText, fraction, sumOf, times, zero } from '../fraction.ts';
import { joined, type Device, type Span } from '../gpu-ledger.ts';
import { gpuPlaces } from '../gpu-series.ts';
import { pointsOf, type HourWindow, type QueriedSeries } from '../prometheus-hours.ts';
import { nodeGpus, shareOf, type NodeGpus } from './gpu-resource.ts';

/** A host with what it offered in the hour. */
export interface Host {
  name: string;
  labels: Readonly<Record<string, string>>;
  gpus: NodeGpus;
  spans: Span[];
  cpus: number;
  memoryBytes: number;
  devices: Device[];
}

/** A value at an instant tells of the step that ends there. */
export function spansOf(points: ReadonlyMap<number, number>, { stepMs }: HourWindow): Span[] {
  return joined([...points.keys()].map((at) => ({ from: at - stepMs, to: at })));
}

export const mean = (points: ReadonlyMap<number, number>): number | undefined =>
  points.size === 0 ? undefined : [...points.values()].reduce((sum, value) => sum + value, 0) / points.size;

/** Hosts in order of their names. */
export function hostsOf(of: ReadonlyMap<string, readonly QueriedSeries[]>, window: HourWindow): Host[] {
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

export interface HostSettings {
  cluster: string;
  /** Model as the GPUs call themselves to the name in the price book. */
  gpuTypes: Readonly<Record<string, string>>;
}

export const thousand = fraction(1, 1000);
/** ISO 8601, to the second. */
export const iso = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Records of a host, one for each stretch in which it was there. */
export function hostRecords(host: Host, settings: HostSettings): Mapped[] {
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

/** Name of its GPUs in the price book. */
export function typeOf({ gpus }: Host, { gpuTypes }: HostSettings): string {
  return gpuTypes[gpus.product] ?? gpus.product;
}
