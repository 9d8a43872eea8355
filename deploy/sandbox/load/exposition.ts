import type { Kubelet, PodRun } from '../cluster/kubelet.ts';
import { isReady } from '../cluster/kinds.ts';
import { buckets, type TrafficSource } from './traffic.ts';

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

interface Parts {
  kubelet: Kubelet;
  traffic: TrafficSource;
  workloadOf(run: PodRun): string | undefined;
}

const types: Readonly<Record<string, string>> = {
  http_requests_total: 'counter',
  http_request_duration_seconds: 'histogram',
  container_cpu_usage_seconds_total: 'counter',
  kube_pod_container_status_restarts_total: 'counter',
};

/** Everything that is measured, at this moment: as cAdvisor, kube-state-metrics and a service mesh would name it. */
export function samplesOf({ kubelet, traffic, workloadOf }: Parts): Sample[] {
  const found: Sample[] = [];
  const replicas = new Map<string, { labels: Record<string, string>; ready: number }>();
  for (const run of kubelet.runs.values()) {
    const workload = workloadOf(run);
    const { name: pod, namespace = 'default' } = run.pod.metadata;
    const of = { namespace, ...(workload === undefined ? {} : { workload }), pod };
    for (const container of run.containers) {
      const labels = { ...of, container: container.spec.name };
      found.push({ name: 'container_cpu_usage_seconds_total', labels, value: container.cpuSeconds });
      found.push({ name: 'container_memory_working_set_bytes', labels, value: container.memory });
      found.push({ name: 'kube_pod_container_status_restarts_total', labels, value: container.restarts });
    }
    if (workload === undefined) continue;
    const entry = replicas.get(`${namespace}/${workload}`) ?? { labels: { namespace, workload }, ready: 0 };
    entry.ready += isReady(run.pod) ? 1 : 0;
    replicas.set(`${namespace}/${workload}`, entry);
  }
  for (const { labels, ready } of replicas.values())
    found.push({ name: 'amadeus_workload_replicas', labels, value: ready });
  for (const { namespace, workload, served, refused, seconds, within } of traffic.counters) {
    const labels = { namespace, workload };
    found.push({ name: 'http_requests_total', labels: { ...labels, code: '200' }, value: served });
    found.push({ name: 'http_requests_total', labels: { ...labels, code: '503' }, value: refused });
    for (const [i, bound] of [...buckets.map(String), '+Inf'].entries()) {
      const value = within[i] ?? served;
      found.push({ name: 'http_request_duration_seconds_bucket', labels: { ...labels, le: bound }, value });
    }
    found.push({ name: 'http_request_duration_seconds_sum', labels, value: seconds });
    found.push({ name: 'http_request_duration_seconds_count', labels, value: served });
  }
  return found;
}

/** Prometheus's text format. */
export function exposition(samples: readonly Sample[]): string {
  const byName = new Map<string, string[]>();
  for (const { name, labels, value } of samples) {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/(["\\\n])/g, '\\$1')}"`);
    const lines = byName.get(name) ?? [];
    lines.push(`${name}{${pairs.join(',')}} ${value}`);
    byName.set(name, lines);
  }
  const told = new Set<string>();
  return [...byName]
    .flatMap(([name, lines]) => {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      const family = types[base] === 'histogram' ? base : name;
      const head = told.has(family) ? [] : [`# TYPE ${family} ${types[family] ?? 'gauge'}`];
      told.add(family);
      return [...head, ...lines];
    })
    .join('\n')
    .concat('\n');
}
