import type { Finding } from '../../anycost/index.ts';
import { decimalText, requestFindings, summingOperations, type SpanRequest } from '../usage-request.ts';
import { genAiDimensions, type GenAiSettings } from './genai-settings.ts';
import type { Attributes, OtlpSpan } from './otlp-payload.ts';

/** What became of the spans of one export. */
export interface SpanUsage {
  requests: SpanRequest[];
  /** Spans of calls that cannot be used, with the reason. */
  rejected: { spanId: string; findings: readonly Finding[] }[];
}

const callOperations = new Set([
  ...['chat', 'text_completion', 'completion', 'generate_content', 'embeddings', 'embedding', 'image_generation'],
  ...['transcription', 'speech', 'rerank', 'response', 'responses', 'messages'],
]);
/** Names of the same number, the present one of the semantic conventions first. */
const tokenNames = {
  input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens'],
  output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.usage.completion_tokens'],
  cached: [
    ...['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens'],
    ...['gen_ai.usage.input_tokens.cached', 'gen_ai.usage.cached_input_tokens', 'gen_ai.usage.cached_tokens'],
    ...['gen_ai.usage.details.cache_read_input_tokens', 'gen_ai.usage.details.cached_tokens'],
  ],
  written: [
    ...['gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_creation_input_tokens'],
    ...['gen_ai.usage.input_tokens.cache_write', 'gen_ai.usage.details.cache_creation_input_tokens'],
  ],
  reasoning: [
    ...['gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.output_tokens.reasoning'],
    ...['gen_ai.usage.reasoning_tokens', 'gen_ai.usage.details.reasoning_tokens'],
  ],
} as const;

/**
 * The calls of language models among the spans. A span is a call where its operation says so, or where it names a model and
 * usage and no operation; agents and workflows are handed on where they tell usage of their own, to be set aside where the
 * calls below them are told. All else is no usage and is passed over.
 */
export function spanUsage(spans: readonly OtlpSpan[], settings: GenAiSettings): SpanUsage {
  const byId = new Map(spans.map((span) => [`${span.traceId}${span.spanId}`, span]));
  const used = spans.filter(isUsage);
  const isCounted = new Set(used.map((span) => `${span.traceId}${span.spanId}`));
  const result: SpanUsage = { requests: [], rejected: [] };
  for (const span of used) {
    const request = requestOf(span, settings, nearestAbove(span, byId, isCounted));
    const findings = requestFindings(request);
    if (findings.length === 0) result.requests.push(request);
    else result.rejected.push({ spanId: span.spanId, findings });
  }
  return result;
}

function isUsage({ attributes }: OtlpSpan): boolean {
  const operation = operationOf(attributes);
  if (callOperations.has(operation)) return modelOf(attributes) !== '' || hasTokens(attributes);
  if (operation !== '' && !summingOperations.includes(operation)) return false;
  return modelOf(attributes) !== '' && hasTokens(attributes);
}

function operationOf(attributes: Attributes): string {
  return (first(attributes, ['gen_ai.operation.name', 'llm.request.type']) ?? '').toLowerCase();
}

function modelOf(attributes: Attributes): string {
  return first(attributes, ['gen_ai.response.model', 'gen_ai.request.model', 'llm.response.model']) ?? '';
}

function hasTokens(attributes: Attributes): boolean {
  return [...tokenNames.input, ...tokenNames.output].some((name) => Number(attributes[name]) > 0);
}

/**
 * The nearest span above that is counted. Where the way up leaves this export, its last known step: that span may come with
 * another export, and be counted.
 */
function nearestAbove(span: OtlpSpan, byId: ReadonlyMap<string, OtlpSpan>, isCounted: ReadonlySet<string>): string {
  let parent = span.parentSpanId;
  for (let step = 0; step < byId.size && parent !== ''; step++) {
    const key = `${span.traceId}${parent}`;
    const above = byId.get(key);
    if (above === undefined || isCounted.has(key)) return parent;
    parent = above.parentSpanId;
  }
  return parent;
}

function requestOf(span: OtlpSpan, settings: GenAiSettings, parentSpanId: string): SpanRequest {
  const { attributes } = span;
  const operation = operationOf(attributes);
  const responseModel = first(attributes, ['gen_ai.response.model']);
  const responseId = first(attributes, ['gen_ai.response.id']);
  const reportedCost = decimalText(first(attributes, ['gen_ai.usage.cost', 'gen_ai.usage.total_cost']));
  const firstToken = Number(first(attributes, ['gen_ai.server.time_to_first_token']) ?? Number.NaN);
  return {
    // Two layers of instrumentation that both tell of a call tell the same id of its answer.
    requestId: `${span.traceId}/${responseId ?? span.spanId}`.slice(0, 512),
    startedAt: new Date(span.startMs).toISOString(),
    provider: (first(attributes, ['gen_ai.provider.name', 'gen_ai.system', 'llm.vendor']) ?? 'unknown').toLowerCase(),
    model: modelOf(attributes),
    ...(responseModel === undefined ? {} : { modelVersion: responseModel }),
    ...(operation === '' ? {} : { operation }),
    ...tokensOf(attributes, settings),
    ...tierOf(attributes),
    status: statusOf(span),
    durationMs: Math.max(0, span.endMs - span.startMs),
    ...(Number.isFinite(firstToken) && firstToken >= 0 ? { firstTokenMs: firstToken * 1000 } : {}),
    ...dimensionsOf(attributes, settings),
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId === '' ? {} : { parentSpanId }),
    tags: tagsOf(attributes),
    ...(reportedCost === undefined ? {} : { reportedCost, reportedCurrency: 'USD' }),
  };
}

/**
 * Tokens with the parts inside their whole. The conventions count cached tokens among the input; some instrumentations do
 * not, which the settings say, or shows where the parts are more than the whole.
 */
function tokensOf(
  attributes: Attributes,
  settings: GenAiSettings,
): Pick<SpanRequest, 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'cacheWrite5mTokens' | 'reasoningTokens'> {
  const count = (names: readonly string[]): number => Number(first(attributes, names) ?? 0);
  const cached = count(tokenNames.cached);
  const written = count(tokenNames.written);
  const reasoning = count(tokenNames.reasoning);
  const input = count(tokenNames.input);
  const output = count(tokenNames.output);
  const outsideInput = settings.inputExcludesCache || cached + written > input;
  const outsideOutput = settings.outputExcludesReasoning || reasoning > output;
  return {
    inputTokens: outsideInput ? input + cached + written : input,
    cachedInputTokens: cached,
    cacheWrite5mTokens: written,
    outputTokens: outsideOutput ? output + reasoning : output,
    reasoningTokens: reasoning,
  };
}

function tierOf(attributes: Attributes): Pick<SpanRequest, 'serviceTier'> {
  const tier = first(attributes, ['openai.response.service_tier', 'gen_ai.openai.response.service_tier']);
  return tier === 'batch' || tier === 'flex' || tier === 'priority' ? { serviceTier: tier } : {};
}

function statusOf({ statusCode, attributes }: OtlpSpan): 'ok' | 'error' | 'timeout' | 'cancelled' {
  const kind = (attributes['error.type'] ?? '').toLowerCase();
  if (statusCode !== 2 && kind === '') return 'ok';
  if (kind.includes('timeout')) return 'timeout';
  return kind.includes('cancel') || kind.includes('abort') ? 'cancelled' : 'error';
}

function dimensionsOf(attributes: Attributes, settings: GenAiSettings): Record<string, string> {
  const named = genAiDimensions.map((name) => [name, first(attributes, settings.attributes[name])] as const);
  return Object.fromEntries(named.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

function tagsOf(attributes: Attributes): Record<string, string> {
  const names = { service: 'service.name', agent: 'gen_ai.agent.name', version: 'service.version' };
  const found = Object.entries(names).map(([tag, name]) => [tag, attributes[name] ?? ''] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== ''));
}

function first(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) if (attributes[name] !== undefined && attributes[name] !== '') return attributes[name];
  return undefined;
}
