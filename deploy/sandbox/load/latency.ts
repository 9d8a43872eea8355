/**
 * Latency of a service that shares its requests among equal pods: an M/M/c queue with the queue that was left over from
 * before. Mean wait by Sakasegawa's approximation (1977), W = S x r^(sqrt(2(c+1))-1) / (c (1-r)); where more comes than can be
 * served the queue grows by the difference, as a fluid, until requests that wait too long are given up.
 */
export interface ServiceState {
  /** Requests that wait. */
  backlog: number;
}

export interface ServiceLoad {
  /** Requests a second that come. */
  rate: number;
  /** Ready pods. */
  pods: number;
  /** Requests a second that one pod can serve. */
  capacityPerPod: number;
  /** Seconds of one request that meets no other. */
  serviceSeconds: number;
  /** Requests that would wait longer are refused. */
  patienceSeconds: number;
  dtSeconds: number;
}

export interface Served {
  /** Requests of this step. */
  served: number;
  refused: number;
  /** Load over capacity; Infinity without a pod. */
  utilisation: number;
  latency: Latency;
}

/** A distribution of response times: a part that all have, and an exponential one that those who wait have longer. */
class Latency {
  readonly #least: number;
  readonly #ofAll: number;
  readonly #ofWaiting: number;
  readonly #waiting: number;

  constructor(parts: { least: number; meanOfAll: number; meanOfWaiting: number; shareWaiting: number }) {
    this.#least = parts.least;
    this.#ofAll = Math.max(1e-9, parts.meanOfAll);
    this.#ofWaiting = Math.max(1e-9, parts.meanOfWaiting);
    this.#waiting = parts.shareWaiting;
  }

  /** Share of the requests that take at most `seconds`. */
  within(seconds: number): number {
    const beyond = seconds - this.#least;
    if (beyond <= 0) return 0;
    const quick = (1 - this.#waiting) * Math.exp(-beyond / this.#ofAll);
    return 1 - quick - this.#waiting * Math.exp(-beyond / this.#ofWaiting);
  }

  /** Seconds within which that share of the requests is answered. */
  quantile(share: number): number {
    let low = this.#least;
    let high = this.#least + 60 * Math.max(this.#ofAll, this.#ofWaiting);
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (this.within(middle) < share) low = middle;
      else high = middle;
    }
    return high;
  }

  get mean(): number {
    return this.#least + (1 - this.#waiting) * this.#ofAll + this.#waiting * this.#ofWaiting;
  }
}

/** One step of a service; alters `state`. */
export function serve(state: ServiceState, load: ServiceLoad): Served {
  const { rate, pods, capacityPerPod, serviceSeconds, patienceSeconds, dtSeconds } = load;
  const capacity = pods * capacityPerPod;
  const came = rate * dtSeconds;
  if (capacity <= 0) {
    const refused = came + state.backlog;
    state.backlog = 0;
    const latency = new Latency({ least: 0, meanOfAll: 0, meanOfWaiting: 0, shareWaiting: 0 });
    return { served: 0, refused, utilisation: came === 0 ? 0 : Number.POSITIVE_INFINITY, latency };
  }
  const utilisation = rate / capacity;
  const waitBefore = state.backlog / capacity;
  const can = capacity * dtSeconds;
  const served = Math.min(can, state.backlog + came);
  const left = state.backlog + came - served;
  state.backlog = Math.min(left, patienceSeconds * capacity);
  const refused = left - state.backlog;
  const queued = (waitBefore + state.backlog / capacity) / 2;
  // Close to full the formula has no end; the fluid queue above takes over.
  const busy = Math.min(utilisation, 0.98);
  const servers = Math.max(1, Math.round(capacity * serviceSeconds));
  const wait = (serviceSeconds * busy ** (Math.sqrt(2 * (servers + 1)) - 1)) / (servers * (1 - busy));
  const shareWaiting = Math.min(1, Math.max(1e-6, busy ** Math.sqrt(servers)));
  return {
    served,
    refused,
    utilisation,
    latency: new Latency({
      least: queued + 0.4 * serviceSeconds,
      meanOfAll: 0.6 * serviceSeconds,
      meanOfWaiting: 0.6 * serviceSeconds + wait / shareWaiting,
      shareWaiting,
    }),
  };
}
