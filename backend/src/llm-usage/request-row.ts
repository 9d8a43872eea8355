import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import type { UsagePriceBook } from './ports.ts';
import type { SpanRequest } from './usage-request.ts';

/** Whose usage, and where it came from. */
export interface UsagePlace {
  tenant: string;
  region: string;
  source: string;
}

export interface RequestOrigin {
  fileName: string;
  line: number;
  /** Of two records of one request the later one counts. ISO 8601 in UTC. */
  receivedAt: string;
}

/** A row of fact_llm_request. A column that is left out has its default: 0, empty, unknown. */
export type RequestRow = Readonly<Record<string, unknown>> & { RequestId: string; StartedAt: string };

/** Columns of what a request may tell. Most requests tell little of it, and each column costs its name in every row. */
const told: readonly (readonly [column: string, name: keyof LlmRequest])[] = [
  ['ModelVersion', 'modelVersion'],
  ['Operation', 'operation'],
  ['Requests', 'requests'],
  ['CachedInputTokens', 'cachedInputTokens'],
  ['CacheWrite5mTokens', 'cacheWrite5mTokens'],
  ['CacheWrite1hTokens', 'cacheWrite1hTokens'],
  ['ReasoningTokens', 'reasoningTokens'],
  ['InputAudioTokens', 'inputAudioTokens'],
  ['OutputAudioTokens', 'outputAudioTokens'],
  ['InputImages', 'inputImages'],
  ['OutputImages', 'outputImages'],
  ['InputCharacters', 'inputCharacters'],
  ['WebSearches', 'webSearches'],
  ['ServiceTier', 'serviceTier'],
  ['FirstTokenMs', 'firstTokenMs'],
  ['DurationMs', 'durationMs'],
  ['Team', 'team'],
  ['Product', 'product'],
  ['Customer', 'customer'],
  ['Feature', 'feature'],
  ['Environment', 'environment'],
  ['Session', 'session'],
  ['User', 'user'],
  ['TraceId', 'traceId'],
  ['Tags', 'tags'],
];

/** Places behind the point of a cost in the warehouse. */
const costPlaces = 18;

/** The request as a row, priced by the book. */
export function requestRow(
  place: UsagePlace,
  request: LlmRequest,
  origin: RequestOrigin,
  book: UsagePriceBook,
): RequestRow {
  const row: Record<string, unknown> & { RequestId: string; StartedAt: string } = {
    Tenant: place.tenant,
    Region: place.region,
    x_Source: place.source,
    RequestId: request.requestId,
    StartedAt: new Date(request.startedAt).toISOString(),
    Provider: request.provider,
    Model: request.model,
    InputTokens: request.inputTokens,
    OutputTokens: request.outputTokens,
    Status: request.status ?? 'ok',
    SourceFile: origin.fileName,
    SourceLine: origin.line,
    ReceivedAt: origin.receivedAt,
  };
  for (const [column, name] of told) {
    const value = request[name];
    if (value !== undefined) row[column] = value;
  }
  const { spanId, parentSpanId } = request as SpanRequest;
  if (spanId !== undefined) row['SpanId'] = spanId;
  if (parentSpanId !== undefined) row['ParentSpanId'] = parentSpanId;
  if (request.inputSeconds !== undefined) row['InputSeconds'] = request.inputSeconds.toFixed(6);
  if (request.outputSeconds !== undefined) row['OutputSeconds'] = request.outputSeconds.toFixed(6);
  if (request.reportedCost !== undefined) {
    row['ReportedCost'] = rounded(request.reportedCost);
    row['ReportedCurrency'] = request.reportedCurrency ?? 'USD';
  }
  return Object.assign(row, costOf(request, book));
}

/** A request without a price costs 0 and has no price id; the formula then says why. */
function costOf(request: LlmRequest, book: UsagePriceBook): Record<string, string> {
  const priced = book.priceLlm(request);
  if ('unpriced' in priced) return { PriceFormula: priced.unpriced };
  const { cost, currency, priceId, formula } = priced;
  return { Cost: withinPlaces(cost), Currency: currency, PriceId: priceId, PriceFormula: formula };
}

/** Costs of the book rarely have more places than are kept. */
function withinPlaces(cost: string): string {
  const point = cost.indexOf('.');
  return point < 0 || cost.length - point <= costPlaces + 1 ? cost : rounded(cost);
}

function rounded(amount: string): string {
  return new Decimal(amount).toDecimalPlaces(costPlaces, Decimal.ROUND_HALF_EVEN).toFixed();
}

/** The UTC day of a row, `2026-11-20`. */
export function dayOf(row: RequestRow): string {
  return row.StartedAt.slice(0, 10);
}
