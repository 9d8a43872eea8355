import type { Clock } from '../platform/clock/index.ts';
import type { Config } from '../platform/config/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Outgoing } from '../platform/outgoing/index.ts';
import { PrometheusClient } from '../workloads/index.ts';

type MatrixSeries = Awaited<ReturnType<PrometheusClient['range']>>['series'][number];

/** What is measured of a workload at this moment. */
export interface LiveLoad {
  /** Instant of the measurement, epoch milliseconds. */
  at: number;
  /** All that came, refused ones included. */
  requestsPerMinute: number;
  /** Those that pods answered, where that is measured apart: what pods can serve is learned from them. */
  servedPerMinute: number | null;
  cpuCores: number | null;
  /** p95 in seconds, now and half a minute before. */
  latencySeconds: number | null;
  latencyBefore: { seconds: number; latencySeconds: number } | null;
  /** By how much the clock of Prometheus is ahead of ours, milliseconds. */
  serverAheadMs?: number;
}

export interface LiveLoads {
  /** Loads of all workloads, by their name; empty where no Prometheus is configured. @throws AppError where it is away. */
  read(signal?: AbortSignal): Promise<ReadonlyMap<string, LiveLoad>>;
}

const stepSeconds = 30;

interface Answer {
  /** Points by workload, in order of time. */
  loads: Map<string, { at: number; value: number }[]>;
  serverAheadMs?: number;
}

/** The loads of all workloads, asked of Prometheus at the moment of a decision: four expressions for all of them. */
export class PrometheusLoads implements LiveLoads {
  readonly #client: PrometheusClient | undefined;
  readonly #config: Config['prometheus'];
  readonly #clock: Clock;

  constructor(config: Config['prometheus'], outgoing: Outgoing, clock: Clock) {
    const { url } = config;
    this.#client = url === undefined ? undefined : new PrometheusClient(outgoing, { ...config, url });
    this.#config = config;
    this.#clock = clock;
  }

  async read(signal?: AbortSignal): Promise<ReadonlyMap<string, LiveLoad>> {
    const { queries } = this.#config;
    const { loads: requests, serverAheadMs } = await this.#ask(queries.requests, signal);
    // Without CPU or latency it can still be decided by requests.
    const [cpu, latency, served] = await Promise.all(
      [queries.cpu, queries.latency, queries.served].map(async (query) => {
        const answer = await this.#ask(query, signal).catch(without);
        return answer?.loads;
      }),
    );
    const loads = new Map<string, LiveLoad>();
    for (const [workload, points] of requests) {
      const last = points.at(-1);
      if (!last) continue;
      const slow = latency?.get(workload);
      const now = slow?.at(-1);
      const before = slow?.at(-2);
      loads.set(workload, {
        at: last.at,
        requestsPerMinute: last.value * 60,
        servedPerMinute: perMinute(served?.get(workload)?.at(-1)?.value),
        cpuCores: cpu?.get(workload)?.at(-1)?.value ?? null,
        latencySeconds: now?.value ?? null,
        latencyBefore: now && before ? { seconds: (now.at - before.at) / 1000, latencySeconds: before.value } : null,
        ...(serverAheadMs === undefined ? {} : { serverAheadMs }),
      });
    }
    return loads;
  }

  async #ask(query: string, signal: AbortSignal | undefined): Promise<Answer> {
    if (!this.#client) return { loads: new Map() };
    const end = this.#clock.now();
    const { series, serverTime } = await this.#client.range({
      query,
      start: new Date(end.getTime() - stepSeconds * 1000),
      end,
      stepSeconds,
      maxSeries: this.#config.maxSeries,
      ...(signal ? { signal } : {}),
    });
    const loads = new Map(series.flatMap((one) => this.#points(one)));
    return { loads, ...(serverTime ? { serverAheadMs: serverTime.getTime() - end.getTime() } : {}) };
  }

  #points({ metric, values }: MatrixSeries): [string, { at: number; value: number }[]][] {
    const labels = this.#config.workloadLabels.map((label) => metric[label]);
    if (labels.some((label) => label === undefined || label === '')) return [];
    const points = values
      .map(([seconds, text]) => ({ at: seconds * 1000, value: Number(text) }))
      .filter(({ value }) => Number.isFinite(value) && value >= 0);
    return [[labels.join('/'), points]];
  }
}

const perMinute = (perSecond: number | undefined): number | null => (perSecond === undefined ? null : perSecond * 60);

/** An answer that failed says nothing; what is not an answer of the other side is thrown on. */
function without(error: unknown): undefined {
  if (isAppError(error)) return undefined;
  throw error;
}
