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
  /** Of two records of one request the later one counts. */
  receivedAt: Date;
}

/** A row of fact_llm_request. */
export type RequestRow = Readonly<Record<string, unknown>> & { RequestId: string; StartedAt: string };

/** Places behind the point of a cost in the warehouse. */
const costPlaces = 18;

/** The request as a row, priced by the book. Absent counts are zero, absent latencies unknown. */
export function requestRow(
  place: UsagePlace,
  request: LlmRequest,
  origin: RequestOrigin,
  book: UsagePriceBook,
): RequestRow {
  const { spanId = '', parentSpanId = '' } = request as SpanRequest;
  return {
    Tenant: place.tenant,
    Region: place.region,
    x_Source: place.source,
    RequestId: request.requestId,
    StartedAt: new Date(request.startedAt).toISOString(),
    Provider: request.provider,
    Model: request.model,
    ModelVersion: request.modelVersion ?? '',
    Operation: request.operation ?? '',
    ...countsOf(request),
    ServiceTier: request.serviceTier ?? 'standard',
    FirstTokenMs: request.firstTokenMs ?? null,
    DurationMs: request.durationMs ?? null,
    Status: request.status ?? 'ok',
    Team: request.team ?? '',
    Product: request.product ?? '',
    Customer: request.customer ?? '',
    Feature: request.feature ?? '',
    Environment: request.environment ?? '',
    Session: request.session ?? '',
    User: request.user ?? '',
    TraceId: request.traceId ?? '',
    SpanId: spanId,
    ParentSpanId: parentSpanId,
    Tags: request.tags ?? {},
    ...costOf(request, book),
    ReportedCost: request.reportedCost === undefined ? null : rounded(request.reportedCost),
    ReportedCurrency: request.reportedCost === undefined ? '' : (request.reportedCurrency ?? 'USD'),
    SourceFile: origin.fileName,
    SourceLine: origin.line,
    ReceivedAt: origin.receivedAt.toISOString(),
  };
}

function countsOf(request: LlmRequest): Record<string, number | string> {
  return {
    Requests: request.requests ?? 1,
    InputTokens: request.inputTokens,
    CachedInputTokens: request.cachedInputTokens ?? 0,
    CacheWrite5mTokens: request.cacheWrite5mTokens ?? 0,
    CacheWrite1hTokens: request.cacheWrite1hTokens ?? 0,
    OutputTokens: request.outputTokens,
    ReasoningTokens: request.reasoningTokens ?? 0,
    InputAudioTokens: request.inputAudioTokens ?? 0,
    OutputAudioTokens: request.outputAudioTokens ?? 0,
    InputImages: request.inputImages ?? 0,
    OutputImages: request.outputImages ?? 0,
    InputCharacters: request.inputCharacters ?? 0,
    InputSeconds: (request.inputSeconds ?? 0).toFixed(6),
    OutputSeconds: (request.outputSeconds ?? 0).toFixed(6),
    WebSearches: request.webSearches ?? 0,
  };
}

/** A request without a price costs 0 and has no price id; the formula then says why. */
function costOf(request: LlmRequest, book: UsagePriceBook): Record<string, string> {
  const priced = book.priceLlm(request);
  if ('unpriced' in priced) return { Cost: '0', Currency: '', PriceId: '', PriceFormula: priced.unpriced };
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
