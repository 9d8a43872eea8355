import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LlmRequest } from '../anycost/index.ts';
import type { SpanAttributes, Telemetry } from '../platform/telemetry/index.ts';
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

const mostSeen = 128;

type Attempts = Pick<Attempting, 'attempt'>;

interface SeenCall {
  policy: string;
  outcome: string;
}

interface SeenTry {
  dialect: Dialect;
  isStream: boolean;
  route: string;
  usage: LlmRequest;
}

type Labels = Record<string, string>;

interface TryLabels {
  labels: Labels;
  input: Labels;
  output: Labels;
  /** Provider and model; models beyond the first ones count as one, so that the series stay few. */
  ofRoute: string;
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
  readonly #labels = new Map<string, TryLabels>();
  /** Not counted yet: many are counted at once, which takes a fraction of the time, and all of them before anybody looks. */
  #seen: (SeenCall | SeenTry)[] = [];
  #inFlight = 0;

  constructor(telemetry: Telemetry, isTraced: boolean) {
    this.#telemetry = telemetry;
    this.#isTraced = isTraced;
    this.#metrics = metricsOf(
      telemetry.metrics,
      () => this.#inFlight,
      () => this.#countAll(),
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
              ...(call.request.session === undefined ? {} : { 'gen_ai.conversation.id': call.request.session }),
            },
            () => next(planned, sink),
            { kind: 'server', parent: traceparentOf(call.headers) },
          )
        : await next(planned, sink);
      outcome = sink.gone.aborted ? 'cancelled' : (end.attempts.at(-1)?.usage.status ?? 'ok');
      return end;
    } catch (error) {
      if (error instanceof GatewayError && error.status < 500) outcome = 'refused';
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#see({ policy: policy.name, outcome });
    }
  };

  /** @returns the same tries, each seen */
  around(attempts: Attempts): Attempts {
    return {
      attempt: (task) => {
        const trying = this.#isTraced ? this.#traced(task, () => attempts.attempt(task)) : attempts.attempt(task);
        return trying.then((result) => {
          const { call, attempt } = task;
          this.#see({ dialect: call.dialect, isStream: call.stream, route: attempt.route, usage: result.usage });
          return result;
        });
      },
    };
  }

  async #traced(task: AttemptTask, tried: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const { call, attempt } = task;
    const operation = operationOf(call.dialect);
    const bound = call.request.maxOutputTokens;
    return this.#telemetry.span(
      `${operation} ${attempt.model}`,
      {
        'gen_ai.operation.name': operation,
        'gen_ai.request.model': attempt.model,
        'amadeus.route': attempt.route,
        'amadeus.attempt': attempt.number,
        ...(bound === undefined ? {} : { 'gen_ai.request.max_tokens': bound }),
      },
      async () => {
        const result = await tried();
        this.#telemetry.annotate(endOf(result));
        return result;
      },
      { kind: 'client' },
    );
  }

  #see(seen: SeenCall | SeenTry): void {
    this.#seen.push(seen);
    if (this.#seen.length >= mostSeen) this.#countAll();
  }

  #countAll(): void {
    const all = this.#seen;
    this.#seen = [];
    const calls = new Map<string, SeenCall & { count: number }>();
    for (const seen of all)
      if ('usage' in seen) this.#countTry(seen);
      else {
        const name = `${seen.outcome} ${seen.policy}`;
        const alike = calls.get(name);
        if (alike) alike.count += 1;
        else calls.set(name, { ...seen, count: 1 });
      }
    for (const { policy, outcome, count } of calls.values()) this.#metrics.calls.inc({ policy, outcome }, count);
  }

  #countTry({ dialect, isStream, route, usage }: SeenTry): void {
    const { labels, input, output, ofRoute } = this.#labelsOf(dialect, route, usage);
    const { tokens, duration, firstToken, perToken, tries } = this.#metrics;
    tries.inc({ route: ofRoute, outcome: usage.status ?? 'ok' });
    if (usage.inputTokens > 0) tokens.observe(input, usage.inputTokens);
    if (usage.outputTokens > 0) tokens.observe(output, usage.outputTokens);
    const { durationMs, firstTokenMs, status = 'ok' } = usage;
    if (durationMs !== undefined)
      duration.observe(status === 'ok' ? labels : { ...labels, error_type: status }, durationMs / 1000);
    if (firstTokenMs === undefined || !isStream) return;
    firstToken.observe(labels, firstTokenMs / 1000);
    if (status === 'ok' && durationMs !== undefined && usage.outputTokens > 1)
      perToken.observe(labels, (durationMs - firstTokenMs) / 1000 / (usage.outputTokens - 1));
  }

  /** Tries over one route have the same labels. */
  #labelsOf(dialect: Dialect, route: string, usage: LlmRequest): TryLabels {
    const name = `${dialect} ${route} ${usage.model}`;
    const known = this.#labels.get(name);
    if (known) return known;
    const labels = {
      gen_ai_operation_name: operationOf(dialect),
      gen_ai_provider_name: usage.provider,
      gen_ai_request_model: this.#bounded(usage.model),
    };
    const made: TryLabels = {
      labels,
      input: { ...labels, gen_ai_token_type: 'input' },
      output: { ...labels, gen_ai_token_type: 'output' },
      ofRoute: `${route.split('/', 1)[0]}/${labels.gen_ai_request_model}`,
    };
    if (this.#labels.size >= mostModels) this.#labels.clear();
    this.#labels.set(name, made);
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
  const labelNames = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'];
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
    tokens: new Histogram({
      ...{ name: 'gen_ai_client_token_usage', help: 'Tokens of a call to a provider.' },
      ...{ labelNames: [...labelNames, 'gen_ai_token_type'], buckets: tokenBounds, ...usual },
    }),
    duration: new Histogram({
      ...{ name: 'gen_ai_client_operation_duration_seconds', help: 'Time of a call to a provider.' },
      ...{ labelNames: [...labelNames, 'error_type'], buckets: secondBounds, ...usual },
    }),
    firstToken: new Histogram({
      ...{ name: 'gen_ai_server_time_to_first_token_seconds', help: 'Time to the first token of a streamed answer.' },
      ...{ labelNames, buckets: firstTokenBounds, ...usual },
    }),
    perToken: new Histogram({
      ...{ name: 'gen_ai_server_time_per_output_token_seconds', help: 'Time of each token after the first.' },
      ...{ labelNames, buckets: perTokenBounds, ...usual },
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
