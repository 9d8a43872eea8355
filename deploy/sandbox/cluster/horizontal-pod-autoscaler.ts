import type { ApiObject } from '../api/object.ts';
import { second, type ObjectStore } from '../api/object-store.ts';
import type { EventRecorder } from './event-recorder.ts';
import { isReady, kinds, type PodObject, type ReplicatedObject } from './kinds.ts';
import type { Kubelet } from './kubelet.ts';
import { quantity } from './quantity.ts';

interface Hpa extends ApiObject {
  spec: {
    scaleTargetRef: { kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: { type: string; resource?: { name: string; target: { averageUtilization?: number } } }[];
    behavior?: { scaleDown?: { stabilizationWindowSeconds?: number } };
  };
}

export const hpaEveryMs = 15_000;
const tolerance = 0.1;

/**
 * The HorizontalPodAutoscaler's own algorithm on CPU: every 15 s replicas x use / target, a tenth of tolerance, up by at
 * most the greater of 4 pods and the double, down to the highest of the last five minutes.
 */
export class HorizontalPodAutoscaler {
  readonly #store: ObjectStore;
  readonly #kubelet: Kubelet;
  readonly #events: EventRecorder;
  readonly #now: () => number;
  /** CPU-seconds of each pod at the last look, and recommendations of the stabilisation window. */
  readonly #cpu = new Map<string, { at: number; seconds: number; cores: number }>();
  readonly #asked = new Map<string, { at: number; replicas: number }[]>();

  constructor(parts: { store: ObjectStore; kubelet: Kubelet; events: EventRecorder; now(): number }) {
    this.#store = parts.store;
    this.#kubelet = parts.kubelet;
    this.#events = parts.events;
    this.#now = parts.now;
  }

  step(): void {
    this.#measure();
    for (const hpa of this.#store.list(kinds.hpas) as Hpa[]) this.#one(hpa);
  }

  #measure(): void {
    const at = this.#now();
    for (const [uid, run] of this.#kubelet.runs) {
      const seconds = run.containers.reduce((sum, container) => sum + container.cpuSeconds, 0);
      const last = this.#cpu.get(uid);
      const cores = last && at > last.at ? ((seconds - last.seconds) * 1000) / (at - last.at) : 0;
      this.#cpu.set(uid, { at, seconds, cores });
    }
    for (const uid of this.#cpu.keys()) if (!this.#kubelet.runs.has(uid)) this.#cpu.delete(uid);
  }

  #one(hpa: Hpa): void {
    const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [] } = hpa.spec;
    const kind = scaleTargetRef.kind === 'StatefulSet' ? kinds.statefulSets : kinds.deployments;
    const found = this.#store.find(kind, hpa.metadata.namespace, scaleTargetRef.name) as ReplicatedObject | undefined;
    const target = metrics.find(({ resource }) => resource?.name === 'cpu')?.resource?.target.averageUtilization ?? 80;
    const current = found?.spec.replicas ?? 1;
    if (!found || current === 0) return;
    const use = this.#utilisation(found);
    if (use === undefined) return;
    const ratio = use / target;
    const asked = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(current * ratio);
    const bounded = Math.min(maxReplicas, Math.max(minReplicas, asked), Math.max(current * 2, current + 4));
    const next = this.#stabilised(hpa, bounded, current);
    if (next !== current) {
      this.#store.change(kind, found, ({ spec }) => {
        spec.replicas = next;
      });
      this.#events.record(hpa, 'Normal', 'SuccessfulRescale', `New size: ${next}; reason: cpu resource utilization`);
    }
    this.#store.change(kinds.hpas, hpa, (draft) => {
      const metric = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: Math.round(use) } } };
      const before = draft.status as { lastScaleTime?: string } | undefined;
      const lastScaleTime = next === current ? before?.lastScaleTime : second(this.#now());
      const status = { currentReplicas: current, desiredReplicas: next, currentMetrics: [metric] };
      draft.status = { ...status, ...(lastScaleTime === undefined ? {} : { lastScaleTime }) };
    });
  }

  /** Percent of what is requested, over the ready pods. */
  #utilisation(target: ReplicatedObject): number | undefined {
    const labels = target.spec.selector.matchLabels;
    let used = 0;
    let requested = 0;
    for (const [uid, { pod }] of this.#kubelet.runs) {
      const isOurs = Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
      if (pod.metadata.namespace !== target.metadata.namespace || !isOurs || !isReady(pod)) continue;
      used += this.#cpu.get(uid)?.cores ?? 0;
      requested += cpuOf(pod);
    }
    return requested === 0 ? undefined : (100 * used) / requested;
  }

  #stabilised(hpa: Hpa, asked: number, current: number): number {
    const windowMs = (hpa.spec.behavior?.scaleDown?.stabilizationWindowSeconds ?? 300) * 1000;
    const at = this.#now();
    const recent = (this.#asked.get(hpa.metadata.uid) ?? []).filter((one) => at - one.at <= windowMs);
    recent.push({ at, replicas: asked });
    this.#asked.set(hpa.metadata.uid, recent);
    if (asked >= current) return asked;
    return Math.min(current, Math.max(...recent.map(({ replicas }) => replicas)));
  }
}

function cpuOf(pod: PodObject): number {
  return pod.spec.containers.reduce(
    (sum, { resources = {} }) => sum + (quantity(resources.requests?.cpu ?? resources.limits?.cpu) ?? 0),
    0,
  );
}
