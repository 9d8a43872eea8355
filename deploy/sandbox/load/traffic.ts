import { usual, type Image } from '../cluster/image.ts';
import { isReady } from '../cluster/kinds.ts';
import type { Kubelet, PodRun } from '../cluster/kubelet.ts';
import { serve, type Served, type ServiceState } from './latency.ts';

export interface Traffic {
  namespace: string;
  /** Deployment or StatefulSet that serves it. */
  workload: string;
  /** Requests a second at an instant (epoch milliseconds). */
  rate(at: number): number;
  /** Default 10. */
  patienceSeconds?: number;
}

export const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export interface WorkloadCounters {
  namespace: string;
  workload: string;
  served: number;
  refused: number;
  /** Seconds of all requests together, and how many took at most each of `buckets`. */
  seconds: number;
  within: number[];
  /** Of the last step. */
  now: Served | undefined;
  rate: number;
}

/** Requests that one pod has accepted; the others wait before its door, where they cost it no memory. */
const maxAccepted = 100;

interface Stream {
  traffic: Traffic;
  state: ServiceState;
  counters: WorkloadCounters;
}

/** Brings requests to the ready pods of the workloads, and counts what became of them. */
export class TrafficSource {
  readonly #kubelet: Kubelet;
  readonly #workloadOf: (run: PodRun) => string | undefined;
  readonly #streams = new Map<string, Stream>();

  constructor(kubelet: Kubelet, workloadOf: (run: PodRun) => string | undefined) {
    this.#kubelet = kubelet;
    this.#workloadOf = workloadOf;
  }

  set(traffic: Traffic): void {
    const { namespace, workload } = traffic;
    const key = `${namespace}/${workload}`;
    const found = this.#streams.get(key);
    if (found) {
      found.traffic = traffic;
      return;
    }
    const within = buckets.map(() => 0);
    const counters = { namespace, workload, served: 0, refused: 0, seconds: 0, within, now: undefined, rate: 0 };
    this.#streams.set(key, { traffic, state: { backlog: 0 }, counters });
  }

  get counters(): readonly WorkloadCounters[] {
    return [...this.#streams.values()].map(({ counters }) => counters);
  }

  of(namespace: string, workload: string): WorkloadCounters | undefined {
    return this.#streams.get(`${namespace}/${workload}`)?.counters;
  }

  step(now: number, dtMs: number): void {
    const ready = this.#readyPods();
    for (const [key, stream] of this.#streams) this.#one(stream, ready.get(key) ?? [], now, dtMs);
  }

  #readyPods(): Map<string, PodRun[]> {
    const found = new Map<string, PodRun[]>();
    for (const run of this.#kubelet.runs.values()) {
      const workload = this.#workloadOf(run);
      if (workload === undefined || !isReady(run.pod)) continue;
      const key = `${run.pod.metadata.namespace ?? 'default'}/${workload}`;
      const pods = found.get(key) ?? [];
      pods.push(run);
      found.set(key, pods);
    }
    return found;
  }

  #one({ traffic, state, counters }: Stream, pods: readonly PodRun[], now: number, dtMs: number): void {
    const rate = Math.max(0, traffic.rate(now));
    const first = pods[0]?.containers[0];
    const { cpuSeconds, serviceSeconds } = timesOf(first?.image);
    const capacityPerPod = (first?.cpuLimit ?? 1) / cpuSeconds;
    const dtSeconds = dtMs / 1000;
    const { patienceSeconds = 10 } = traffic;
    const served = serve(state, {
      rate,
      pods: pods.length,
      capacityPerPod,
      serviceSeconds,
      patienceSeconds,
      dtSeconds,
    });
    counters.now = served;
    counters.rate = rate;
    counters.served += served.served;
    counters.refused += served.refused;
    counters.seconds += served.served * served.latency.mean;
    for (const [i, bound] of buckets.entries()) {
      counters.within[i] = (counters.within[i] ?? 0) + served.served * served.latency.within(bound);
    }
    const perPod = pods.length === 0 ? 0 : served.served / dtSeconds / pods.length;
    for (const run of pods) {
      run.load = {
        inFlight: Math.min(maxAccepted, perPod * serviceSeconds + state.backlog / pods.length),
        cpu: perPod * cpuSeconds,
      };
    }
  }
}

function timesOf(image: Image | undefined): { cpuSeconds: number; serviceSeconds: number } {
  const cpuSeconds = image?.cpuSecondsPerRequest ?? usual.cpuSecondsPerRequest;
  return { cpuSeconds, serviceSeconds: cpuSeconds + (image?.waitSecondsPerRequest ?? usual.waitSecondsPerRequest) };
}
