import type { JobRun, Mapped } from '../../anycost/index.ts';
import { floorText, fraction, sumOf, times, toNumber, zero, type Fraction } from '../fraction.ts';
import { gpuLedger, lengthOf, type DeviceAccount, type Span } from '../gpu-ledger.ts';
import { gpuPlaces } from '../gpu-series.ts';
import { pointsOf, type HourWindow, type QueriedSeries } from '../prometheus-hours.ts';
import { shareOf } from './gpu-resource.ts';
import {
  hostRecords,
  hostsOf,
  iso,
  mean,
  rounded,
  spansOf,
  thousand,
  typeOf,
  type Host,
  type HostSettings,
} from './host-hours.ts';
import { PodFacts, type PodNames } from './pod-facts.ts';

export interface AllocationSettings extends HostSettings {
  names: PodNames;
}

interface Pod {
  key: string;
  namespace: string;
  name: string;
  node: string;
  spans: Span[];
}

/**
 * Pods and hosts of an hour: each pod a slice with what it asked for and used, each host a record of what it offered, so
 * that offered less held is idle. GPU-seconds are exact decimals (rounded down at 18 places; idle takes the rest).
 */
export function podHours(window: HourWindow, series: readonly QueriedSeries[], settings: AllocationSettings): Mapped[] {
  const of = Map.groupBy(series, ({ query }) => query);
  const facts = new PodFacts(of, settings.names);
  const pods = podsOf(of.get('pods') ?? [], window, facts);
  const hosts = hostsOf(of, window);
  const mapped: Mapped[] = [];
  const held = new Map<string, { exact: Fraction; devices: { node: string; gpu: string }[] }>();
  const usedDevices = devicesByPod(of.get('gpus') ?? []);
  const onHost = Map.groupBy(pods, ({ node }) => node);
  for (const host of hosts) {
    const holders = (onHost.get(host.name) ?? []).map((pod) => holderOf(pod, host, of, window, usedDevices));
    for (const account of gpuLedger(host.devices, holders)) collect(held, account, host.name);
    if (host.devices.length === 0)
      for (const { id, shares, spans } of holders)
        held.set(id, { exact: times(sumOf(shares), fraction(lengthOf(spans))), devices: [] });
    mapped.push(...hostRecords(host, settings));
  }
  const usage = usageOf(of, window);
  const byName = new Map(hosts.map((host) => [host.name, host]));
  for (const pod of pods) {
    const record = podRecord(pod, byName.get(pod.node), held.get(pod.key), usage(pod), facts, settings);
    mapped.push({ kind: 'job', job: record });
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
  return index.get(`${pod.namespace}/${pod.name}`) ?? new Map<string, Map<number, number>>();
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
