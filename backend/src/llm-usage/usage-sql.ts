import { dayMs, type Span } from '../cost/index.ts';
import { countedSql, gatheredSql, noLatencySql } from './latency-sql.ts';
import type { UsagePlan } from './usage-query.ts';
import type { UsageDimension } from './usage-dimensions.ts';

/** SQL whose only texts are names from allow-lists and ids of this system; all else is a parameter. */
export interface Statement {
  sql: string;
  params: Record<string, unknown>;
}

/** Sums of a row, as the warehouse hands them out: whole numbers and decimals as text, buckets of latency as a map. */
export interface SummedRow {
  currency: string;
  /** 1: one of the costliest groups. 0: what a bucket has beyond them. */
  shown: number;
  /** Unix seconds of the bucket; 0 without a time axis. */
  at: number;
  cost: string;
  reportedCost: string;
  durationBuckets: Record<string, string>;
  firstTokenBuckets: Record<string, string>;
  [name: string]: unknown;
}

/** Names in the answer and columns of the roll-ups behind them. */
export const countColumns = {
  requests: 'Requests',
  failed: 'Failed',
  unpriced: 'Unpriced',
  inputTokens: 'InputTokens',
  cachedInputTokens: 'CachedInputTokens',
  cacheWriteTokens: 'CacheWriteTokens',
  outputTokens: 'OutputTokens',
  reasoningTokens: 'ReasoningTokens',
  inputAudioTokens: 'InputAudioTokens',
  outputAudioTokens: 'OutputAudioTokens',
  images: 'Images',
  webSearches: 'WebSearches',
  sessions: 'Sessions',
} as const;
export type CountName = keyof typeof countColumns;
export const countNames = Object.keys(countColumns) as CountName[];

/** Ids in a statement; more are asked for by the table of days itself. The engine reads 256 KiB of a statement. */
const maxListed = 4_000;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Days whose roll-ups count, with days in [from, to] given as `2026-11-20`. */
export const activeDaysSql = `
SELECT toString(x_DropId) AS dropId, x_Source AS source, toString(Day) AS day, toUnixTimestamp64Milli(SealedAt) AS sealedAt
FROM llm_day FINAL
WHERE Day >= {from:Date} AND Day <= {to:Date}
ORDER BY x_Source, Day`;

/** Sums by currency over the whole span, without dimensions. */
export function totalsStatement(plan: UsagePlan, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf({ ...plan, dims: [], granularity: 'total' }, drops);
  const sql = `SELECT currency, 1 AS shown, 0 AS at, ${sums(plan.latency)} FROM (${sources}) GROUP BY currency ORDER BY currency`;
  return { sql, params };
}

/** The costliest groups in the currency; one more than the limit is read. */
export function groupsStatement(plan: UsagePlan, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf(plan, drops);
  const keys = keysOf(plan);
  const sql = `
SELECT '' AS currency, 1 AS shown, 0 AS at, ${labels(keys)}, ${sums(plan.latency)}
FROM (${sources}) GROUP BY ${keys.join(', ')}
ORDER BY ${rank(keys)} LIMIT {groups:UInt32}`;
  return { sql, params: { ...params, groups: plan.limit } };
}

/** The groups that are costliest over the span along time, and what each bucket has beyond them. */
export function seriesStatement(plan: UsagePlan, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf(plan, drops);
  const keys = keysOf(plan);
  const largest = `SELECT ${keys.join(', ')} FROM (${sources}) GROUP BY ${keys.join(', ')} ORDER BY ${rank(keys)} LIMIT {groups:UInt32}`;
  const shown = keys.length === 0 ? '1' : `(${keys.join(', ')}) IN (${largest})`;
  const named = keys.map((key, index) => `if(isShown = 1, ${key}, '') AS d${index}`);
  const grouped = ['isShown', 'bucket', ...keys.map((_, index) => `d${index}`)];
  const sql = `
SELECT ${["'' AS currency", 'isShown AS shown', 'toUnixTimestamp(bucket) AS at', ...named, sums(plan.latency)].join(', ')}
FROM (SELECT *, toUInt8(${shown}) AS isShown FROM (${sources}))
GROUP BY ${grouped.join(', ')}
ORDER BY ${['at', 'shown DESC', ...keys.map((_, index) => `d${index}`)].join(', ')}`;
  return { sql, params: { ...params, groups: plan.limit } };
}

/** Values of a dimension that occur in the drops, the most used first. */
export function valuesStatement(
  dim: UsageDimension,
  search: string,
  limit: number,
  span: Span,
  drops: readonly string[],
): Statement {
  const sql = `
SELECT toString(${dim}) AS value FROM llm_daily
WHERE ${dropCondition(drops)} AND Day >= {firstDay:Date} AND Day <= {lastDay:Date}
  AND positionCaseInsensitiveUTF8(${dim}, {search:String}) > 0
GROUP BY value ORDER BY sum(Requests) DESC, value LIMIT {limit:UInt32}`;
  return { sql, params: { search, limit, ...daysOf(span) } };
}

/** First and last day of a span, as parameters. */
export function daysOf({ from, to }: Span): { firstDay: string; lastDay: string } {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { firstDay: day(from), lastDay: day(to - 1) };
}

const keysOf = (plan: UsagePlan): string[] => plan.dims.map((_, index) => `k${index}`);
const labels = (keys: readonly string[]): string => keys.map((key, index) => `${key} AS d${index}`).join(', ');
const rank = (keys: readonly string[]): string => ['sum(ownCost) DESC', 'sum(requests_) DESC', ...keys].join(', ');

function sums(latency: boolean): string {
  return [
    ...countNames.map((name) => `toString(sum(${name}_)) AS ${name}`),
    'toString(sum(ownCost)) AS cost',
    'toString(sum(ownReportedCost)) AS reportedCost',
    ...(latency
      ? ['sumMap(duration) AS durationBuckets', 'sumMap(firstToken) AS firstTokenBuckets']
      : ['map() AS durationBuckets', 'map() AS firstTokenBuckets']),
  ].join(', ');
}

interface Segment extends Span {
  table: 'llm_daily' | 'llm_hourly';
  /** Latencies are told by the requests. */
  unmeasured?: true;
}

/** Latencies alone. */
interface LatencySegment extends Span {
  table: 'fact_llm_request';
}

/** Whole UTC days come from llm_daily, the hours before and after them and all hours of an hourly answer from llm_hourly. */
export function segmentsOf(plan: Pick<UsagePlan, 'range' | 'granularity'>): Segment[] {
  const { from, to } = plan.range;
  const firstDay = Math.ceil(from / dayMs) * dayMs;
  const lastDay = Math.floor(to / dayMs) * dayMs;
  if (plan.granularity === 'hour' || firstDay >= lastDay) return [{ from, to, table: 'llm_hourly' }];
  return [
    { from, to: firstDay, table: 'llm_hourly' as const },
    { from: firstDay, to: lastDay, table: 'llm_daily' as const },
    { from: lastDay, to, table: 'llm_hourly' as const },
  ].filter((segment) => segment.from < segment.to);
}

/** The segments; of hours that do not tell their latencies, those of the requests besides. */
function measuredSegments(plan: UsagePlan): (Segment | LatencySegment)[] {
  const { latencyFrom } = plan;
  if (!plan.latency) return segmentsOf(plan);
  return segmentsOf(plan).flatMap((segment): (Segment | LatencySegment)[] => {
    if (segment.table === 'llm_daily' || segment.from >= latencyFrom) return [segment];
    const old = { from: segment.from, to: Math.min(segment.to, latencyFrom) };
    const recent = segment.to > latencyFrom ? [{ ...segment, from: latencyFrom }] : [];
    return [{ ...old, table: 'llm_hourly', unmeasured: true }, { ...old, table: 'fact_llm_request' }, ...recent];
  });
}

function sourcesOf(plan: UsagePlan, drops: readonly string[]): Statement & { sources: string } {
  const params: Record<string, unknown> = { currency: plan.currency ?? '', ...daysOf(plan.range) };
  plan.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  const sources = measuredSegments(plan).map((segment, index) => {
    params[`from${index}`] = segment.from / 1000;
    params[`to${index}`] = segment.to / 1000;
    return sourceOf(plan, segment, index, drops);
  });
  const sql = sources.join('\nUNION ALL\n');
  return { sources: sql, sql, params };
}

function sourceOf(plan: UsagePlan, segment: Segment | LatencySegment, index: number, drops: readonly string[]): string {
  if (segment.table === 'fact_llm_request') return latencySource(plan, index, drops);
  const daily = segment.table === 'llm_daily';
  const time = daily ? 'Day' : 'Hour';
  const bound = (name: string): string => {
    const instant = `toDateTime({${name}${index}:UInt32}, 'UTC')`;
    return daily ? `toDate(${instant}, 'UTC')` : instant;
  };
  const own = (column: string): string =>
    plan.currency === undefined ? column : `if(Currency = {currency:String}, ${column}, toDecimal128(0, 18))`;
  const latency = (column: string): string => (segment.unmeasured ? noLatencySql : column);
  const columns = [
    ...keyColumns(plan, daily ? "toDateTime(Day, 'UTC')" : 'Hour'),
    ...countNames.map((name) => `${countColumns[name]} AS ${name}_`),
    `${own('Cost')} AS ownCost`,
    'ReportedCost AS ownReportedCost',
    ...(plan.latency ? [`${latency('DurationMs')} AS duration`, `${latency('FirstTokenMs')} AS firstToken`] : []),
  ];
  return `SELECT ${columns.join(', ')} FROM ${segment.table}
WHERE ${dropCondition(drops)} AND ${time} >= ${bound('from')} AND ${time} < ${bound('to')}${filterSql(plan)}`;
}

/** Latencies of the requests themselves; everything else is told by the hours. Columns as in sourceOf. */
function latencySource(plan: UsagePlan, index: number, drops: readonly string[]): string {
  const keys = ['currency', ...keysOf(plan), ...(plan.granularity === 'total' ? [] : ['bucket'])];
  const columns = [
    ...keys,
    ...countNames.map((name) => `toUInt64(0) AS ${name}_`),
    'toDecimal128(0, 18) AS ownCost',
    'toDecimal128(0, 18) AS ownReportedCost',
    `${countedSql('durations')} AS duration`,
    `${countedSql('firsts')} AS firstToken`,
  ];
  const gathered = [
    ...keyColumns(plan, "toStartOfHour(toDateTime(StartedAt, 'UTC'))"),
    `${gatheredSql('DurationMs')} AS durations`,
    `${gatheredSql('FirstTokenMs')} AS firsts`,
  ];
  return `SELECT ${columns.join(', ')} FROM (
SELECT ${gathered.join(', ')} FROM fact_llm_request FINAL
WHERE (Region, x_Source, toDate(StartedAt)) IN (SELECT Region, x_Source, Day FROM llm_day FINAL WHERE ${dropCondition(drops)})
  AND StartedAt >= toDateTime({from${index}:UInt32}, 'UTC') AND StartedAt < toDateTime({to${index}:UInt32}, 'UTC')
  AND Status != 'void'${filterSql(plan)}
GROUP BY ${keys.join(', ')})`;
}

function keyColumns(plan: UsagePlan, hour: string): string[] {
  return [
    'Currency AS currency',
    ...plan.dims.map((dim, position) => `toString(${dim}) AS k${position}`),
    ...(plan.granularity === 'total'
      ? []
      : [`${plan.granularity === 'day' ? `toStartOfDay(${hour})` : hour} AS bucket`]),
  ];
}

function filterSql(plan: UsagePlan): string {
  return plan.filters.map((filter, place) => ` AND ${filter.dim} IN {filter${place}:Array(String)}`).join('');
}

/** The rows of these drops. The ids are in the statement, because parameters travel in the address of the request. */
function dropCondition(drops: readonly string[]): string {
  if (drops.length > maxListed)
    return `x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE Day >= {firstDay:Date} AND Day <= {lastDay:Date})`;
  for (const id of drops) if (!uuid.test(id)) throw new TypeError('A drop id is not a UUID');
  return `x_DropId IN (${drops.map((id) => `'${id}'`).join(', ')})`;
}
