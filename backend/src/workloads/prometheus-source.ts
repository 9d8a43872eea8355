import type { Clock } from '../platform/clock/index.ts';
import type { Config } from '../platform/config/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Outgoing } from '../platform/outgoing/index.ts';
import { PrometheusClient, TooManySeriesError, type RangeAnswer } from './prometheus-client.ts';
import { readMatrix, type MeasuredMinutes } from './prometheus-matrix.ts';
import type { ReadingWindow, WorkloadReading, WorkloadSample, WorkloadSource } from './workload-sample.ts';

const measures = ['requests', 'cpu', 'memory', 'replicas'] as const;
type Measure = (typeof measures)[number];
type PrometheusConfig = Config['prometheus'] & { url: string };

/** Clocks further apart than this are worth a notice. */
const skewSeconds = 15;
/** After this many readings a crowded server is asked for everything once more. */
const readingsBetweenChecks = 60;

/** Requests, CPU, memory and replicas per workload, read from Prometheus by the four configured expressions. */
export class PrometheusSource implements WorkloadSource {
  readonly name = 'prometheus';
  readonly #config: PrometheusConfig;
  readonly #client: PrometheusClient;
  readonly #clock: Clock;
  /** Readings left in which only the busiest workloads are asked for. */
  #crowded = 0;

  constructor(config: PrometheusConfig, outgoing: Outgoing, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#client = new PrometheusClient(outgoing, config);
  }

  async read(window: ReadingWindow, signal?: AbortSignal): Promise<WorkloadReading> {
    const notices: string[] = [];
    const failures: AppError[] = [];
    const measured = new Map<Measure, MeasuredMinutes>();
    // One after the other: four heavy expressions at once would be felt by those who watch their dashboards.
    for (const measure of measures) {
      try {
        const read = await this.#measure(measure, window, signal);
        measured.set(measure, read);
        notices.push(...read.notices);
      } catch (error) {
        if (!isAppError(error) || signal?.aborted) throw error;
        failures.push(error);
        notices.push(`${measure}: ${error.message} ${error.help}`);
        // A server that does not answer one question within its time is not asked three more.
        if (error.code === 'UPSTREAM_TIMEOUT') break;
      }
    }
    if (measured.size === 0) throw failures[0]!;
    if (this.#crowded > 0) this.#crowded -= 1;
    return { samples: samplesOf(measured), notices };
  }

  async #measure(measure: Measure, window: ReadingWindow, signal: AbortSignal | undefined): Promise<MeasuredMinutes> {
    const { stepSeconds, maxSeries, workloadLabels: labels } = this.#config;
    const { answer, left } = await this.#ask(measure, window, signal);
    const factor = measure === 'requests' ? stepSeconds : 1;
    const read = readMatrix(answer.series, window, { measure, labels, stepSeconds, factor, maxSeries });
    const notices = [...read.notices, ...answer.warnings.map((text) => `${measure}: Prometheus warns: ${text}`)];
    if (left !== undefined) notices.push(left);
    if (measure === 'requests') notices.push(...this.#aboutRequests(read, answer));
    return { workloads: read.workloads, notices };
  }

  async #ask(
    measure: Measure,
    window: ReadingWindow,
    signal: AbortSignal | undefined,
  ): Promise<{ answer: RangeAnswer; left?: string | undefined }> {
    if (this.#crowded === 0) {
      try {
        return { answer: await this.#range(this.#config.queries[measure], window, signal) };
      } catch (error) {
        if (!(error instanceof TooManySeriesError)) throw error;
        this.#crowded = readingsBetweenChecks;
      }
    }
    const answer = await this.#range(this.#busiest(measure, window), window, signal).catch((error: unknown) => {
      if (error instanceof TooManySeriesError || isAppError(error)) throw this.#tooMany(measure, error);
      throw error;
    });
    return { answer, left: await this.#whatWasLeft(measure, window, signal) };
  }

  #range(query: string, window: ReadingWindow, signal: AbortSignal | undefined): Promise<RangeAnswer> {
    const { stepSeconds, maxSeries } = this.#config;
    return this.#client.range({
      query,
      start: new Date(window.from.getTime() + stepSeconds * 1000),
      end: window.to,
      stepSeconds,
      maxSeries,
      ...(signal ? { signal } : {}),
    });
  }

  /** The same expression for the workloads with most requests in the window: which these are is the same at every step. */
  #busiest(measure: Measure, window: ReadingWindow): string {
    const { queries, workloadLabels, maxSeries, stepSeconds } = this.#config;
    const end = window.to.getTime() / 1000;
    const length = Math.ceil((window.to.getTime() - window.from.getTime()) / 1000);
    const peak = `max_over_time((${queries.requests})[${length}s:${stepSeconds}s] @ ${end})`;
    return `(${queries[measure]}) and on (${workloadLabels.join(', ')}) topk(${maxSeries}, ${peak})`;
  }

  async #whatWasLeft(
    measure: Measure,
    window: ReadingWindow,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { queries, maxSeries, workloadLabels } = this.#config;
    const count = await this.#client.number(`count(${queries[measure]})`, window.to, signal).catch(() => undefined);
    if (count !== undefined && count <= maxSeries) return undefined;
    const how = count === undefined ? `more than ${maxSeries}` : `${count}`;
    return `${measure}: the expression answers ${how} series; only the ${maxSeries} busiest workloads are read. Aggregate with \`sum by (${workloadLabels.join(', ')}) (...)\` or raise prometheus.maxSeries.`;
  }

  #tooMany(measure: Measure, cause: unknown): AppError {
    const { maxSeries, workloadLabels } = this.#config;
    return new AppError(
      'UPSTREAM_FAILED',
      `The expression for ${measure} answers more than ${maxSeries} series, and Prometheus cannot pick the busiest: ${(cause as Error).message}.`,
      {
        cause,
        help: `Aggregate it with \`sum by (${workloadLabels.join(', ')}) (...)\`, or raise prometheus.maxSeries.`,
      },
    );
  }

  #aboutRequests(read: MeasuredMinutes, answer: RangeAnswer): string[] {
    const notices: string[] = [];
    if (read.workloads.size === 0) {
      notices.push(
        'requests: the expression answers nothing. Check the names of metric and labels in prometheus.queries.requests; the window of `rate` must span at least two scrapes.',
      );
    }
    const ahead = answer.serverTime ? (answer.serverTime.getTime() - this.#clock.now().getTime()) / 1000 : 0;
    if (Math.abs(ahead) > skewSeconds) {
      notices.push(
        `The clock of Prometheus is ${Math.abs(Math.round(ahead))} s ${ahead > 0 ? 'ahead of' : 'behind'} ours: the newest minutes are wrong or come late. Set both by NTP.`,
      );
    }
    return notices;
  }
}

const fieldOf = { requests: 'requests', cpu: 'cpuCores', memory: 'memoryBytes', replicas: 'replicas' } as const;

/** Joins the four measurements by workload and minute. */
function samplesOf(measured: ReadonlyMap<Measure, MeasuredMinutes>): WorkloadSample[] {
  const samples = new Map<string, WorkloadSample>();
  for (const [measure, { workloads }] of measured) {
    for (const [workload, minutes] of workloads) {
      for (const [minute, value] of minutes) {
        const key = `${minute} ${workload}`;
        const known = samples.get(key);
        const sample = known ?? { workload, minute, requests: null, cpuCores: null, memoryBytes: null, replicas: null };
        sample[fieldOf[measure]] = value;
        if (!known) samples.set(key, sample);
      }
    }
  }
  return [...samples.values()];
}
