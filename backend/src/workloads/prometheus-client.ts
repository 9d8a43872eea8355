import { PrometheusDriver } from 'prometheus-query';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Outgoing } from '../platform/outgoing/index.ts';
import type { MatrixSeries } from './prometheus-matrix.ts';

type Interceptor = NonNullable<ConstructorParameters<typeof PrometheusDriver>[0]['requestInterceptor']>;
type DriverRequest = Parameters<Interceptor['onFulfilled']>[0];

export interface PrometheusOptions {
  url: string;
  bearerToken?: string;
  timeoutMs: number;
}

export interface RangeQuery {
  query: string;
  /** First and last instant at which the expression is evaluated. */
  start: Date;
  end: Date;
  stepSeconds: number;
  maxSeries: number;
  signal?: AbortSignal;
}

export interface RangeAnswer {
  series: MatrixSeries[];
  /** What Prometheus itself warns of, e.g. a store that answered in part. */
  warnings: string[];
  /** The server's clock at the answer, from its Date header, in whole seconds. */
  serverTime?: Date;
}

/** The answer holds more series than may be read. */
export class TooManySeriesError extends Error {}

interface Envelope {
  status?: unknown;
  error?: unknown;
  warnings?: unknown;
  data?: { resultType?: unknown; result?: unknown };
}

/**
 * Queries of Prometheus by the driver of `prometheus-query`. Its transport (axios) is replaced by the platform's: a bound
 * on time and on bytes, retries, a circuit per host, the list of allowed addresses and trace context then hold for it as
 * for every other call; the driver's own has no limit on the size of an answer, and drops Prometheus's warnings.
 */
export class PrometheusClient {
  readonly #outgoing: Outgoing;
  readonly #options: PrometheusOptions;

  constructor(outgoing: Outgoing, options: PrometheusOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
  }

  /**
   * @throws TooManySeriesError beyond `maxSeries`, AppError UPSTREAM_FAILED or UPSTREAM_TIMEOUT with what Prometheus said.
   */
  async range({ query, start, end, stepSeconds, maxSeries, signal }: RangeQuery): Promise<RangeAnswer> {
    const points = (end.getTime() - start.getTime()) / (stepSeconds * 1000) + 1;
    const answer: RangeAnswer = { series: [], warnings: [] };
    const driver = this.#driver(maxSeries * (points * 40 + 400) + 65_536, signal, (envelope, serverTime) => {
      if (envelope.data?.resultType !== 'matrix') return;
      const result = Array.isArray(envelope.data.result) ? (envelope.data.result as unknown[]) : [];
      if (result.length > maxSeries) throw new TooManySeriesError(`${result.length} series`);
      answer.series = result.map(seriesOf);
      answer.warnings = Array.isArray(envelope.warnings)
        ? envelope.warnings.slice(0, 5).map((text) => String(text).slice(0, 300))
        : [];
      if (serverTime) answer.serverTime = serverTime;
      // The driver would make an object and a Date of every point; the rows above are all that is wanted.
      envelope.data.result = [];
    });
    await this.#ask(() => driver.rangeQuery(query, start, end, stepSeconds));
    return answer;
  }

  /** Value of an expression that answers one number at an instant; undefined where it answers nothing. */
  async number(query: string, at: Date, signal?: AbortSignal): Promise<number | undefined> {
    const driver = this.#driver(65_536, signal, () => undefined);
    const { result } = await this.#ask(() => driver.instantQuery(query, at));
    const value: unknown = (result[0] as { value?: { value?: unknown } } | undefined)?.value?.value;
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  #driver(
    maxBytes: number,
    signal: AbortSignal | undefined,
    read: (envelope: Envelope, serverTime: Date | undefined) => void,
  ): PrometheusDriver {
    const { url, bearerToken, timeoutMs } = this.#options;
    const adapter = async (request: DriverRequest) => {
      const response = await this.#outgoing.request(`${request.baseURL ?? ''}${request.url ?? ''}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
        },
        body: String(request.data),
        timeoutMs,
        attempts: 2,
        maxBytes,
        ...(signal ? { signal } : {}),
      });
      const data = parse(response.body);
      // A proxy's refusal is no envelope; the driver would call it an unexpected error and drop its status.
      if (response.status >= 400) data.status ??= 'error';
      if (response.status >= 200 && response.status < 300) read(data, dateOf(response.headers.date));
      const settled = {
        data,
        status: response.status,
        statusText: `HTTP ${response.status}`,
        headers: {},
        config: request,
      };
      if (response.status >= 200 && response.status < 300) return settled;
      throw Object.assign(new Error(`HTTP ${response.status}`), { response: settled });
    };
    return new PrometheusDriver({
      endpoint: url,
      timeout: timeoutMs,
      preferPost: true,
      requestInterceptor: { onFulfilled: (request) => Object.assign(request, { adapter }) },
    });
  }

  async #ask<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw explain(error, new URL(this.#options.url).host);
    }
  }
}

function parse(body: Buffer): Envelope {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function seriesOf(entry: unknown): MatrixSeries {
  const { metric, values } = (entry ?? {}) as { metric?: unknown; values?: unknown };
  const labels = typeof metric === 'object' && metric !== null ? Object.entries(metric) : [];
  return {
    metric: Object.fromEntries(labels.filter(([, value]) => typeof value === 'string')),
    values: (Array.isArray(values) ? values : []).filter(
      (pair): pair is [number, string] =>
        Array.isArray(pair) && typeof pair[0] === 'number' && typeof pair[1] === 'string',
    ),
  };
}

function dateOf(text: string | undefined): Date | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : new Date(at);
}

/** The driver rejects with plain objects; whatever went wrong becomes an error that says what to do. */
function explain(error: unknown, host: string): Error {
  const thrown = error as { original?: unknown; httpStatus?: number; error?: unknown; message?: string };
  const original = thrown.original ?? error;
  if (original instanceof TooManySeriesError) return original;
  if (isAppError(original)) {
    const cause = original.cause as Error | undefined;
    return cause?.name === 'AnswerTooLargeError' ? new TooManySeriesError(cause.message) : original;
  }
  if (thrown.httpStatus !== undefined) {
    const status = thrown.httpStatus;
    return new AppError(
      'UPSTREAM_FAILED',
      `Prometheus at ${host} answered ${status}: ${String(thrown.error).slice(0, 500)}.`,
      {
        help: helpFor(status),
        cause: original,
      },
    );
  }
  return new AppError(
    'UPSTREAM_FAILED',
    `What answers at ${host} is not Prometheus: no JSON of its query interface came.`,
    {
      help: 'Set prometheus.url to the address under which /api/v1/query answers.',
      cause: original,
    },
  );
}

function helpFor(status: number): string {
  if (status === 400 || status === 422)
    return 'Correct the expression in prometheus.queries; try it in the expression browser of Prometheus.';
  if (status === 401 || status === 403) return 'Set prometheus.bearerToken to a token that may query.';
  if (status === 404) return 'Set prometheus.url to the address under which /api/v1/query answers.';
  return 'Look into the log of Prometheus. The next minute is tried again, and minutes missed now are read then.';
}
