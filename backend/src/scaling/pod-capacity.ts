import { ProcessorUse, type ProcessorState } from './processor-use.ts';
import { SaturationCurve, type SaturationState } from './saturation-curve.ts';

/** What one minute of a workload says about its pods. */
export interface PodMinute {
  /** Requests in the minute. */
  requests: number;
  /** Pods that were ready in it. */
  readyPods: number;
  cpuCores: number | null;
  /** p95 in seconds. */
  latencySeconds: number | null;
}

export type CapacitySource = 'stated' | 'latency' | 'cpu' | 'cpu-request' | 'proven' | 'unknown';

export interface PodCapacity {
  /** Requests per minute at which one pod is saturated. Undefined while nothing is known. */
  perPod: number | undefined;
  low: number | undefined;
  high: number | undefined;
  source: CapacitySource;
  /** Requests per minute and pod up to which latency stays within its limit, where there is a limit and a curve. */
  withinLatency?: number;
}

export interface CapacityState {
  curve: SaturationState | undefined;
  processor: ProcessorState;
  /** Most requests per minute and pod that went well; it fades, so that an old version's does not stand for ever. */
  proven: number;
  /** Load per pod of the last minute in which the pods used all their cores; 0 where the last one was none. */
  full: number;
  samples: number;
}

export interface CapacityQuestion {
  /** Cores that a pod may use: its limit, or its request where it has no limit. */
  coresPerPod: number | null;
  latencyLimitSeconds: number | null;
  /** What people say one pod serves; it overrules what was learned. */
  statedPerPod?: number;
}

/** Minutes before the latency curve is heard at all. */
const curveMinutes = 30;
/** A belief narrower than this (as a ratio of its nine tenths to its tenth) is knowledge of its own. */
const narrow = 1.8;
/** Share of its cores from which on a pod is saturated. */
const saturated = 0.96;
const provenFade = 0.5 ** (1 / (7 * 1440));

/** Learns, minute by minute, how much one pod of a workload can serve. Pure: equal minutes give equal answers. */
export class PodCapacityFit {
  readonly #curve: SaturationCurve;
  readonly #processor: ProcessorUse;
  #proven: number;
  #full: number;
  #samples: number;

  constructor(state?: CapacityState) {
    this.#curve = new SaturationCurve(state?.curve);
    this.#processor = new ProcessorUse(state?.processor);
    this.#proven = state?.proven ?? 0;
    this.#full = state?.full ?? 0;
    this.#samples = state?.samples ?? 0;
  }

  get state(): CapacityState {
    const { state: curve } = this.#curve;
    return { curve, processor: this.#processor.state, proven: this.#proven, full: this.#full, samples: this.#samples };
  }

  /**
   * Takes in a minute; one without ready pods or requests says nothing. The limit on latency tells what went well. A minute
   * in which the pods use all their cores is beyond what both lines describe: what they then answer is not what came.
   */
  observe(
    { requests, readyPods, cpuCores, latencySeconds }: PodMinute,
    { coresPerPod, latencyLimitSeconds }: Omit<CapacityQuestion, 'statedPerPod'>,
  ): void {
    if (!(readyPods > 0) || !(requests > 0)) return;
    const load = requests / readyPods;
    this.#samples += 1;
    const isSaturated = cpuCores !== null && coresPerPod !== null && cpuCores / readyPods > saturated * coresPerPod;
    this.#full = isSaturated ? load : 0;
    if (!isSaturated) {
      if (cpuCores !== null) this.#processor.observe(load, cpuCores / readyPods);
      if (latencySeconds !== null) this.#curve.observe(load, latencySeconds);
    }
    const wentWell = latencyLimitSeconds === null || latencySeconds === null || latencySeconds <= latencyLimitSeconds;
    this.#proven = Math.max(this.#proven * provenFade, wentWell ? load : 0);
  }

  /** What one pod can serve, from the best evidence there is; never less than what went well already. */
  capacity(question: CapacityQuestion): PodCapacity {
    const capacity = this.#evidence(question);
    if (capacity.source === 'stated' || capacity.perPod === undefined || capacity.perPod >= this.#proven)
      return capacity;
    const high = capacity.high === undefined ? {} : { high: Math.max(capacity.high, this.#proven) };
    return { ...capacity, perPod: this.#proven, ...high };
  }

  #evidence({ coresPerPod, latencyLimitSeconds, statedPerPod }: CapacityQuestion): PodCapacity {
    if (statedPerPod !== undefined) {
      return { perPod: statedPerPod, low: statedPerPod, high: statedPerPod, source: 'stated' };
    }
    const cpu = coresPerPod === null ? undefined : this.#processor.loadAt(coresPerPod);
    const latency = this.#latency(cpu, latencyLimitSeconds);
    if (latency) return latency;
    if (cpu) {
      const spread = Math.exp(1.28 * cpu.deviation);
      return { perPod: cpu.load, low: cpu.load / spread, high: cpu.load * spread, source: 'cpu' };
    }
    const { w, x, u } = this.#processor.state;
    if (coresPerPod !== null && w > 0 && u > 0) {
      // The safe default: what CPU there is, shared out as it is used now.
      const perPod = (coresPerPod * x) / u;
      return { perPod, low: perPod / 2, high: perPod * 2, source: 'cpu-request' };
    }
    // All cores are in use and nothing else is known: what comes is too much, and a pod serves no more than its share of it.
    if (this.#full > 0) return { perPod: this.#full, low: this.#full / 2, high: this.#full, source: 'cpu-request' };
    if (this.#proven > 0) return { perPod: this.#proven, low: this.#proven, high: undefined, source: 'proven' };
    return { perPod: undefined, low: undefined, high: undefined, source: 'unknown' };
  }

  #latency(cpu: { load: number; deviation: number } | undefined, limit: number | null): PodCapacity | undefined {
    if (this.#curve.weight < curveMinutes) return undefined;
    const prior = cpu && { capacity: cpu.load, deviation: cpu.deviation + 0.05 };
    const belief = this.#curve.belief(prior);
    if (!belief) return undefined;
    const isNarrow = belief.high / belief.low <= narrow;
    if (!isNarrow && !cpu) return undefined;
    // A curve that was not seen to bend says nothing about where it reaches a limit.
    const within = limit === null || !isNarrow ? undefined : this.#curve.loadWithin(limit, belief.middle);
    return {
      perPod: belief.middle,
      low: belief.low,
      high: belief.high,
      source: isNarrow ? 'latency' : 'cpu',
      ...(within === undefined ? {} : { withinLatency: within }),
    };
  }
}
