import { CircuitState } from 'cockatiel';
import { Agent } from 'undici';
import { systemClock, type Clock } from '../clock/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { createAddressGuard, type AddressGuard } from './address-guard.ts';
import type { Outgoing, OutgoingRequest, OutgoingResponse } from './contract.ts';
import { exchange } from './exchange.ts';
import { guardedConnector, permittedAddresses, systemResolve, type Resolve } from './guarded-connector.ts';
import { defaultLimits, HostCircuits, type CircuitLimits } from './host-circuits.ts';
import { parseCall, type Call } from './outgoing-call.ts';
import { CallerLeftError, DeadlineError, explain, isHostFailure } from './outgoing-errors.ts';
import { createOutgoingMetrics, type OutgoingMetrics } from './outgoing-metrics.ts';
import { isRepeatable, parseRetryAfter, retryDelay } from './retry-plan.ts';

export interface OutgoingOptions {
  /** host, host:port, address or CIDR that may be reached although it is private; see configuredHosts. */
  allow: readonly string[];
  telemetry: Telemetry;
  clock?: Clock;
  limits?: Partial<CircuitLimits>;
  /** Replaces the resolver of the machine. */
  resolve?: Resolve;
  /** Numbers in [0, 1) for the jitter. */
  random?: () => number;
}

/** Outgoing as its owner holds it. One per telemetry: its metrics are registered there. */
export interface OutgoingClient extends Outgoing {
  /**
   * An address of `host` that a connection of another protocol may be opened to.
   * @throws AppError FORBIDDEN or UPSTREAM_FAILED
   */
  resolve(host: string, port: number): Promise<string>;
  /** Ends every call that is under way. */
  close(): Promise<void>;
}

/** @throws Error where an entry of `allow` is no host, address or CIDR. */
export function createOutgoing(options: OutgoingOptions): OutgoingClient {
  return new HttpOutgoing(options);
}

const connectTimeoutMs = 10_000;

/** A status that says the host fails; thrown inside a try so that the circuit counts it, caught right outside. */
class FailedStatus extends Error {
  readonly response: OutgoingResponse;
  constructor(response: OutgoingResponse) {
    super(`status ${response.status}`);
    this.response = response;
  }
}

type Outcome = { response: OutgoingResponse } | { error: unknown };

class HttpOutgoing implements OutgoingClient {
  readonly #telemetry: Telemetry;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #guard: AddressGuard;
  readonly #resolve: Resolve;
  readonly #metrics: OutgoingMetrics;
  readonly #dispatcher: Agent;
  readonly #circuits: HostCircuits;

  constructor(options: OutgoingOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.#telemetry = options.telemetry;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#resolve = options.resolve ?? systemResolve;
    this.#guard = createAddressGuard(options.allow);
    this.#metrics = createOutgoingMetrics(this.#telemetry.metrics);
    this.#dispatcher = new Agent({
      connect: guardedConnector(this.#guard, this.#resolve, connectTimeoutMs),
      connections: limits.concurrent,
      maxOrigins: 1000,
      allowH2: false,
    });
    this.#circuits = new HostCircuits(limits, isHostFailure, (host, state) => this.#circuitChanged(host, state));
  }

  async request(url: string, request: OutgoingRequest = {}): Promise<OutgoingResponse> {
    const call = parseCall(url, request);
    const attributes = {
      'http.request.method': call.method,
      'server.address': call.url.hostname,
      'url.full': `${call.url.origin}${call.url.pathname}`,
    };
    return this.#telemetry.span(`${call.method} ${call.url.host}`, attributes, () => this.#measured(call), {
      kind: 'client',
    });
  }

  async resolve(host: string, port: number): Promise<string> {
    try {
      return (await permittedAddresses(this.#guard, this.#resolve, host, port))[0]!.address;
    } catch (error) {
      throw explain(error, `${host}:${port}`, 1);
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #measured(call: Call): Promise<OutgoingResponse> {
    const host = this.#metrics.label(call.url.host);
    const stop = this.#metrics.duration.startTimer({ host });
    this.#metrics.inFlight.inc({ host });
    try {
      const response = await this.#withinTime(call);
      this.#telemetry.annotate({ 'http.response.status_code': response.status });
      this.#metrics.requests.inc({ host, outcome: `${Math.floor(response.status / 100)}xx` });
      return response;
    } catch (error) {
      const known = explain(error, call.url.host, call.tried);
      this.#metrics.requests.inc({ host, outcome: known.code.toLowerCase() });
      throw known;
    } finally {
      stop();
      this.#metrics.inFlight.dec({ host });
    }
  }

  /** Ends at the deadline or when the caller leaves, whatever a try is waiting for. */
  async #withinTime(call: Call): Promise<OutgoingResponse> {
    const controller = new AbortController();
    const { signal } = controller;
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    const timer = setTimeout(() => controller.abort(new DeadlineError(call.timeoutMs)), call.timeoutMs);
    const leave = () => controller.abort(new CallerLeftError());
    call.signal?.addEventListener('abort', leave, { once: true });
    if (call.signal?.aborted) leave();
    try {
      return await Promise.race([this.#attempts(call, signal, performance.now() + call.timeoutMs), ended]);
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', leave);
    }
  }

  async #attempts(call: Call, signal: AbortSignal, deadline: number): Promise<OutgoingResponse> {
    for (let tried = 1; ; tried += 1) {
      call.tried = tried;
      const outcome = await this.#attempt(call, signal);
      const wait = tried < call.attempts && !signal.aborted ? this.#waitAfter(outcome, tried) : undefined;
      if (wait === undefined || performance.now() + wait >= deadline) {
        if ('error' in outcome) throw outcome.error;
        return { ...outcome.response, attempts: tried };
      }
      this.#metrics.retries.inc({ host: this.#metrics.label(call.url.host) });
      await this.#clock.sleep(wait, signal);
    }
  }

  async #attempt(call: Call, signal: AbortSignal): Promise<Outcome> {
    const traceparent = this.#telemetry.traceparent();
    const headers = { ...call.headers, ...(traceparent === undefined ? {} : { traceparent }) };
    try {
      const response = await this.#circuits.of(call.url.host).execute(async () => {
        const answer = await exchange({ ...call, headers, signal, dispatcher: this.#dispatcher });
        if (answer.status >= 500) throw new FailedStatus(answer);
        return answer;
      }, signal);
      return { response };
    } catch (error) {
      return error instanceof FailedStatus ? { response: error.response } : { error };
    }
  }

  /** Milliseconds until the next try; undefined where repeating is of no use. */
  #waitAfter(outcome: Outcome, tried: number): number | undefined {
    if ('error' in outcome) return isHostFailure(outcome.error) ? retryDelay(tried, this.#random()) : undefined;
    const { status, headers } = outcome.response;
    if (!isRepeatable(status)) return undefined;
    return retryDelay(tried, this.#random(), parseRetryAfter(headers['retry-after'], this.#clock.now()));
  }

  #circuitChanged(host: string, state: CircuitState): void {
    const level = state === CircuitState.Closed ? 0 : state === CircuitState.HalfOpen ? 0.5 : 1;
    this.#metrics.circuit.set({ host: this.#metrics.label(host) }, level);
    if (level === 1) this.#telemetry.log.warn({ host }, 'outgoing calls to the host are paused: it failed repeatedly');
  }
}
