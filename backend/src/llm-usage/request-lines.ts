import type { Span } from '../cost/index.ts';
import type { RequestLine } from './contract.ts';
import type { UsageFilter } from './usage-query.ts';
import { daysOf, type Statement } from './usage-sql.ts';

/** Where a page ended: the sorting key of its last request. */
export interface RequestCursor {
  region: string;
  source: string;
  day: string;
  requestId: string;
}

const texts = {
  requestId: 'RequestId',
  source: 'x_Source',
  region: 'Region',
  provider: 'Provider',
  model: 'Model',
  modelVersion: 'ModelVersion',
  operation: 'Operation',
  serviceTier: 'ServiceTier',
  status: 'Status',
  team: 'Team',
  product: 'Product',
  customer: 'Customer',
  feature: 'Feature',
  environment: 'Environment',
  session: 'Session',
  traceId: 'TraceId',
  currency: 'Currency',
  priceId: 'PriceId',
  priceFormula: 'PriceFormula',
  reportedCurrency: 'ReportedCurrency',
  sourceFile: 'SourceFile',
} as const;
const numbers = {
  requests: 'Requests',
  inputTokens: 'InputTokens',
  cachedInputTokens: 'CachedInputTokens',
  cacheWrite5mTokens: 'CacheWrite5mTokens',
  cacheWrite1hTokens: 'CacheWrite1hTokens',
  outputTokens: 'OutputTokens',
  reasoningTokens: 'ReasoningTokens',
  sourceLine: 'SourceLine',
} as const;

/** A row of the statement. */
export type FactRow = Record<keyof typeof texts, string> &
  Record<keyof typeof numbers, string | number> & {
    day: string;
    started: string;
    received: string;
    duration: number | null;
    firstToken: number | null;
    costText: string;
    reported: string | null;
    labels: Record<string, string>;
  };

/** Requests in the order of the table, so that a page reads little more than itself. Those that no longer count are not there. */
export function requestsStatement(query: {
  range: Span;
  filters: readonly UsageFilter[];
  limit: number;
  after?: RequestCursor;
}): Statement {
  const params: Record<string, unknown> = { ...daysOf(query.range), limit: query.limit };
  params['from'] = query.range.from;
  params['to'] = query.range.to;
  query.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  if (query.after) Object.assign(params, query.after);
  const named = Object.entries({ ...texts, ...numbers }).map(([name, column]) => `${column} AS ${name}`);
  const filters = query.filters.map((filter, place) => ` AND ${filter.dim} IN {filter${place}:Array(String)}`).join('');
  const after = query.after
    ? ' AND (Region, x_Source, toDate(StartedAt), RequestId) > ({region:String}, {source:String}, {day:Date}, {requestId:String})'
    : '';
  const sql = `
SELECT ${named.join(', ')}, toString(toDate(StartedAt)) AS day, toUnixTimestamp64Milli(StartedAt) AS started,
       toUnixTimestamp64Milli(ReceivedAt) AS received, DurationMs AS duration, FirstTokenMs AS firstToken,
       toString(Cost) AS costText, toString(ReportedCost) AS reported, Tags AS labels
FROM fact_llm_request FINAL
WHERE toDate(StartedAt) >= {firstDay:Date} AND toDate(StartedAt) <= {lastDay:Date}
  AND StartedAt >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND StartedAt < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND Status != 'void'${filters}${after}
ORDER BY Tenant, Region, x_Source, toDate(StartedAt), RequestId
LIMIT {limit:UInt32}`;
  return { sql, params };
}

/** The request as it is answered. */
export function requestLine(row: FactRow): RequestLine {
  const named = (names: object): [string, unknown][] =>
    Object.keys(names).map((name) => [name, row[name as keyof FactRow]]);
  return {
    ...Object.fromEntries(named(texts)),
    ...Object.fromEntries(named(numbers).map(([name, value]) => [name, Number(value)])),
    startedAt: new Date(Number(row.started)).toISOString(),
    receivedAt: new Date(Number(row.received)).toISOString(),
    tags: row.labels,
    cost: row.costText,
    ...(row.duration === null ? {} : { durationMs: row.duration }),
    ...(row.firstToken === null ? {} : { firstTokenMs: row.firstToken }),
    ...(row.reported === null ? {} : { reportedCost: row.reported }),
  } as RequestLine;
}

export function writeRequestCursor({ region, source, day, requestId }: FactRow): string {
  return Buffer.from(JSON.stringify([region, source, day, requestId])).toString('base64url');
}

/** The cursor in a text that a caller sent; undefined where it is none of ours. */
export function readRequestCursor(text: string): RequestCursor | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((part) => typeof part === 'string')) return undefined;
  const [region, source, day, requestId] = parts as [string, string, string, string];
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !text.includes('\0') ? { region, source, day, requestId } : undefined;
}
