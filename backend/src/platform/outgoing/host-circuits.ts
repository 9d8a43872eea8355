import {
  bulkhead,
  circuitBreaker,
  type CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  wrap,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
  type IPolicy,
} from 'cockatiel';

export interface CircuitLimits {
  /** Calls to one host at once. */
  concurrent: number;
  /** Calls to one host that may wait for a turn. */
  waiting: number;
  /** Failures in a row that open the circuit. */
  failures: number;
  /** Milliseconds until an open circuit lets one call through to try. */
  resetMs: number;
}

export const defaultLimits: CircuitLimits = { concurrent: 32, waiting: 256, failures: 5, resetMs: 10_000 };

interface HostCircuit {
  breaker: CircuitBreakerPolicy;
  bulkhead: BulkheadPolicy;
  policy: IPolicy;
}

const maxHosts = 500;

/** One circuit breaker and one bound on parallel calls per host; at most 500 hosts, the longest unused goes first. */
export class HostCircuits {
  readonly #hosts = new Map<string, HostCircuit>();
  readonly #limits: CircuitLimits;
  readonly #counts: (error: unknown) => boolean;
  readonly #onState: (host: string, state: CircuitState) => void;

  /** @param counts says whether an error is a failure of the host (and not of the caller). */
  constructor(
    limits: CircuitLimits,
    counts: (error: unknown) => boolean,
    onState: (host: string, state: CircuitState) => void,
  ) {
    this.#limits = limits;
    this.#counts = counts;
    this.#onState = onState;
  }

  /** The policy round each try to `host`: first a place among its calls, then the circuit. */
  of(host: string): IPolicy {
    const known = this.#hosts.get(host);
    const circuit = known ?? this.#create(host);
    // Most recently used last.
    this.#hosts.delete(host);
    this.#hosts.set(host, circuit);
    if (this.#hosts.size > maxHosts) this.#forgetOldest();
    return circuit.policy;
  }

  #create(host: string): HostCircuit {
    const { concurrent, waiting, failures, resetMs } = this.#limits;
    const breaker = circuitBreaker(handleWhen(this.#counts), {
      halfOpenAfter: resetMs,
      breaker: new ConsecutiveBreaker(failures),
    });
    breaker.onStateChange((state) => this.#onState(host, state));
    const places = bulkhead(concurrent, waiting);
    return { breaker, bulkhead: places, policy: wrap(places, breaker) };
  }

  #forgetOldest(): void {
    for (const [host, { bulkhead: places }] of this.#hosts) {
      if (places.executionSlots < this.#limits.concurrent) continue;
      this.#hosts.delete(host);
      return;
    }
  }
}
