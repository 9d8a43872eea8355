import { Counter, Gauge, type Registry } from 'prom-client';
import type { LlmRequest } from '../anycost/index.ts';
import {
  SeriesHistogram,
  Tally,
  type HistogramSeries,
  type SpanAttributes,
  type Telemetry,
} from '../platform/telemetry/index.ts';
import type { Attempting, AttemptResult, AttemptTask } from './attempting.ts';
import type { CallLayer } from './call-layer.ts';
import type { CallHeaders } from './call-facts.ts';
import { operationOf } from './call-usage.ts';
import type { Dialect } from './dialects/dialect.ts';
import { GatewayError } from './gateway-error.ts';

/** Bounds of OpenTelemetry's semantic conventions for generative AI. */
const tokenBounds = Array.from({ length: 14 }, (_, power) => 4 ** power);
const secondBounds = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const firstTokenBounds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30];
const perTokenBounds = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
/** Callers may name models that nobody has: more than these are told as one. */
const mostModels = 200;
const otherModel = '_other';

type Attempts = Pick<Attempting, 'attempt'>;

type Labels = Record<string, string>;

/** What tries over one route are counted in. */
interface TrySeries {
  dialect: Dialect;
  route: string;
  model: string;
  labels: Labels;
  input: HistogramSeries;
  output: HistogramSeries;
  duration: HistogramSeries;
  firstToken: HistogramSeries;
  perToken: HistogramSeries;
  /** Provider and model; models beyond the first ones count as one, so that the series stay few. */
  ofRoute: string;
  /** Not told yet, by what became of them. */
  outcomes: Tally;
}

/**
 * What monitoring sees of calls and their tries: metrics at `/metrics`, metrics and spans by OTLP, under OpenTelemetry's `gen_ai`
 * names. No prompt, no answer, no key.
 */
export class CallTelemetry {
  readonly #telemetry: Telemetry;
  /** Spans are made only where somebody collects them. */
  readonly #isTraced: boolean;
  readonly #metrics: ReturnType<typeof metricsOf>;
  readonly #models = new Set<string>();
  readonly #tries = new Map<string, TrySeries>();
  #lastTry: TrySeries | undefined;
  /** Outcomes of calls that are not told yet, by policy. */
  readonly #calls = new Map<string, Tally>();
  #inFlight = 0;

  constructor(telemetry: Telemetry, isTraced: boolean) {
    this.#telemetry = telemetry;
    this.#isTraced = isTraced;
    this.#metrics = metricsOf(
      telemetry.metrics,
      () => this.#inFlight,
      () => this.#tell(),
    );
  }

  /** Stands outside of all other layers. */
  readonly layer: CallLayer = (next) => async (planned, sink) => {
    const { call, policy } = planned;
    let outcome = 'error';
    this.#inFlight += 1;
    try {
      const end = this.#isTraced
        ? await this.#telemetry.span(
            `${operationOf(call.dialect)} ${call.request.model}`,
            {
              'gen_ai.operation.name': operationOf(call.dialect),
              'gen_ai.request.model': call.request.model,
              'amadeus.policy': policy.name,
              'amadeus.request.id': call.id,
            },
            () => this.#told(() => next(planned, sink)),
            { kind: 'server', parent: traceparentOf(call.headers), hidesErrors: true },
          )
        : await next(planned, sink);
      outcome = sink.gone.aborted ? 'cancelled' : (end.attempts.at(-1)?.usage.status ?? 'ok');
      return end;
    } catch (error) {
      if (error instanceof GatewayError && error.status < 500) outcome = 'refused';
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#countCall(policy.name, outcome);
    }
  };

  /** @returns the same tries, each seen */
  around(attempts: Attempts): Attempts {
    return {
      attempt: (task) => {
        const trying = this.#isTraced ? this.#traced(task, () => attempts.attempt(task)) : attempts.attempt(task);
        return trying.then((result) => {
          const { call, attempt } = task;
          this.#countTry(call.dialect, call.stream, attempt.route, result.usage);
          return result;
        });
      },
    };
  }

  async #traced(task: AttemptTask, tried: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const { call, attempt } = task;
    const operation = operationOf(call.dialect);
    const { maxOutputTokens: bound, session } = call.request;
    return this.#telemetry.span(
      `${operation} ${attempt.model}`,
      {
        'gen_ai.operation.name': operation,
        'gen_ai.request.model': attempt.model,
        'amadeus.route': attempt.route,
        'amadeus.attempt': attempt.number,
        ...(bound === undefined ? {} : { 'gen_ai.request.max_tokens': bound }),
        // What is said of the call as a whole has not been searched for personal data yet.
        ...(session === undefined ? {} : { 'gen_ai.conversation.id': session }),
      },
      async () => {
        const result = await this.#told(tried);
        this.#telemetry.annotate(endOf(result));
        return result;
      },
      { kind: 'client', hidesErrors: true },
    );
  }

  /** What a provider says of a failure may quote the prompt: the span has the code alone. */
  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#telemetry.annotate({ 'error.type': error instanceof GatewayError ? error.code : '_OTHER' });
      throw error;
    }
  }

  #countCall(policy: string, outcome: string): void {
    let outcomes = this.#calls.get(policy);
    if (!outcomes) this.#calls.set(policy, (outcomes = new Tally()));
    outcomes.add(outcome);
  }

  /** Before anybody looks. */
  #tell(): void {
    const { calls, tries } = this.#metrics;
    for (const [policy, outcomes] of this.#calls)
      outcomes.take((outcome, count) => calls.inc({ policy, outcome }, count));
    for (const { ofRoute, outcomes } of this.#tries.values())
      outcomes.take((outcome, count) => tries.inc({ route: ofRoute, outcome }, count));
  }

  #countTry(dialect: Dialect, isStream: boolean, route: string, usage: LlmRequest): void {
    const series = this.#seriesOf(dialect, route, usage);
    const { durationMs, firstTokenMs, status = 'ok' } = usage;
    series.outcomes.add(status);
    if (usage.inputTokens > 0) series.input.observe(usage.inputTokens);
    if (usage.outputTokens > 0) series.output.observe(usage.outputTokens);
    if (durationMs !== undefined) {
      const { duration } = this.#metrics;
      const ofStatus = status === 'ok' ? series.duration : duration.series({ ...series.labels, error_type: status });
      ofStatus.observe(durationMs / 1000);
    }
    if (firstTokenMs === undefined || !isStream) return;
    series.firstToken.observe(firstTokenMs / 1000);
    if (status === 'ok' && durationMs !== undefined && usage.outputTokens > 1)
      series.perToken.observe((durationMs - firstTokenMs) / 1000 / (usage.outputTokens - 1));
  }

  /** Tries over one route have the same labels. */
  #seriesOf(dialect: Dialect, route: string, { provider, model }: LlmRequest): TrySeries {
    const last = this.#lastTry;
    if (last?.dialect === dialect && last.route === route && last.model === model) return last;
    const name = `${dialect} ${route} ${model}`;
    const known = this.#tries.get(name) ?? this.#newSeries(name, { dialect, route, model }, provider);
    this.#lastTry = known;
    return known;
  }

  #newSeries(name: string, of: Pick<TrySeries, 'dialect' | 'route' | 'model'>, provider: string): TrySeries {
    const { tokens, duration, firstToken, perToken } = this.#metrics;
    const labels = {
      gen_ai_operation_name: operationOf(of.dialect),
      gen_ai_provider_name: provider,
      gen_ai_request_model: this.#bounded(of.model),
    };
    const made: TrySeries = {
      ...{ ...of, labels },
      input: tokens.series({ ...labels, gen_ai_token_type: 'input' }),
      output: tokens.series({ ...labels, gen_ai_token_type: 'output' }),
      duration: duration.series(labels),
      firstToken: firstToken.series(labels),
      perToken: perToken.series(labels),
      ofRoute: `${of.route.split('/', 1)[0]}/${labels.gen_ai_request_model}`,
      outcomes: new Tally(),
    };
    if (this.#tries.size >= mostModels) {
      this.#tell();
      this.#tries.clear();
    }
    this.#tries.set(name, made);
    return made;
  }

  #bounded(model: string): string {
    if (this.#models.has(model)) return model;
    if (this.#models.size >= mostModels) return otherModel;
    this.#models.add(model);
    return model;
  }
}

/** @param collect runs before anybody is told */
function metricsOf(registry: Registry, callsInFlight: () => number, collect: () => void) {
  const registers = [registry];
  const usual = { registers, collect };
  return {
    calls: new Counter({
      ...{ name: 'amadeus_gateway_calls_total', help: 'Calls of applications by what became of them.' },
      ...{ labelNames: ['policy', 'outcome'], ...usual },
    }),
    tries: new Counter({
      ...{ name: 'amadeus_gateway_tries_total', help: 'Tries of calls over single routes by what became of them.' },
      ...{ labelNames: ['route', 'outcome'], ...usual },
    }),
    inFlight: new Gauge({
      ...{ name: 'amadeus_gateway_calls_in_flight', help: 'Calls that are being answered.', registers },
      collect() {
        this.set(callsInFlight());
      },
    }),
    tokens: new SeriesHistogram({
      ...{ name: 'gen_ai_client_token_usage', help: 'Tokens of a call to a provider.' },
      ...{ buckets: tokenBounds, registry },
    }),
    duration: new SeriesHistogram({
      ...{ name: 'gen_ai_client_operation_duration_seconds', help: 'Time of a call to a provider.' },
      ...{ buckets: secondBounds, registry },
    }),
    firstToken: new SeriesHistogram({
      ...{ name: 'gen_ai_server_time_to_first_token_seconds', help: 'Time to the first token of a streamed answer.' },
      ...{ buckets: firstTokenBounds, registry },
    }),
    perToken: new SeriesHistogram({
      ...{ name: 'gen_ai_server_time_per_output_token_seconds', help: 'Time of each token after the first.' },
      ...{ buckets: perTokenBounds, registry },
    }),
  };
}

function traceparentOf({ traceparent }: CallHeaders): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}

function endOf({ usage, error }: AttemptResult): SpanAttributes {
  const { cachedInputTokens, modelVersion, status = 'ok' } = usage;
  return {
    'gen_ai.provider.name': usage.provider,
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    ...(cachedInputTokens === undefined ? {} : { 'gen_ai.usage.cache_read.input_tokens': cachedInputTokens }),
    ...(modelVersion === undefined ? {} : { 'gen_ai.response.model': modelVersion }),
    ...(status === 'ok' ? {} : { 'error.type': error?.code ?? status }),
  };
}
