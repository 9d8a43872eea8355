import { callId, gatewaySource, isJudge, routeBuckets, routeDimensions, routeSums } from '../llm-usage/index.ts';
import type { RouteDimension } from './contract.ts';
import { readSpan, type RoutePlan } from './route-plan.ts';

/** SQL whose only texts are names from allow-lists; all else is a parameter. */
export interface Statement {
  sql: string;
  params: Record<string, unknown>;
}

interface Source {
  /** Expression over facts. */
  facts: string;
  /** Expression over the sums by the hour. */
  hours: string;
}

const column = (name: keyof typeof routeDimensions): Source => ({ facts: routeDimensions[name], hours: name });

const sources: Readonly<Record<RouteDimension, Source>> = {
  policy: column('Policy'),
  version: column('Version'),
  // What a cache answered went nowhere, though it is told whose answer it was.
  route: {
    facts: `if(${routeDimensions.Cache} = '', ${routeDimensions.Route}, '')`,
    hours: `if(Cache = '', Route, '')`,
  },
  model: column('Model'),
  asked: column('Asked'),
  provider: column('Provider'),
  team: column('Team'),
  product: column('Product'),
  customer: column('Customer'),
  feature: column('Feature'),
  key: column('KeyId'),
  cache: column('Cache'),
};

function expression(dim: RouteDimension, hourly: boolean): string {
  const { facts, hours } = sources[dim];
  return hourly ? hours : facts;
}

function conditions(filters: RoutePlan['filters'], hourly: boolean): string {
  return filters.map(({ dim }, index) => ` AND ${expression(dim, hourly)} IN {filter${index}:Array(String)}`).join('');
}

const counts = {
  calls: 'Calls',
  answered: 'Answered',
  cancelled: 'Cancelled',
  tries: 'Tries',
  failedTries: 'FailedTries',
  unpriced: 'Unpriced',
  inputTokens: 'InputTokens',
  cachedInputTokens: 'CachedInputTokens',
  outputTokens: 'OutputTokens',
} as const;

/** Currencies of the span, that of most tries first. */
export function currenciesStatement(plan: RoutePlan): Statement {
  const { source, params } = sourceOf({ ...plan, dims: [] });
  return {
    sql: `SELECT currency, sum(Tries) AS tries FROM (${source}) GROUP BY currency ORDER BY tries DESC, currency`,
    params,
  };
}

/** The groups with most tries, in all or along time, and what there is beyond them. Amounts are those in the currency. */
export function sumsStatement(plan: RoutePlan, currency: string): Statement {
  const { source, params } = sourceOf(plan);
  const keys = plan.dims.map((_, index) => `k${index}`);
  const largest = `SELECT ${keys.join(', ')} FROM (${source}) GROUP BY ${keys.join(', ')} ORDER BY sum(Tries) DESC, ${keys.join(', ')} LIMIT {groups:UInt32}`;
  const shown = keys.length === 0 ? '1' : `(${keys.join(', ')}) IN (${largest})`;
  const own = (column: string): string =>
    `toString(sum(if(currency = {currency:String}, ${column}, toDecimal128(0, 18))))`;
  const columns = [
    'isShown AS shown',
    'bucket AS at',
    ...keys.map((key, index) => `if(isShown = 1, ${key}, '') AS d${index}`),
    ...Object.entries(counts).map(([name, column]) => `toString(sum(${column})) AS ${name}`),
    `toString(sumIf(Calls, k_cache != '')) AS cacheHits`,
    `${own('Cost')} AS cost`,
    `${own('Saved')} AS saved`,
    'sumMap(DurationMs) AS duration',
    'sumMap(FirstTokenMs) AS firstToken',
  ];
  const grouped = ['isShown', 'bucket', ...keys.map((_, index) => `d${index}`)];
  const sql = `
SELECT ${columns.join(', ')}
FROM (SELECT *, toUInt8(${shown}) AS isShown FROM (${source}))
GROUP BY ${grouped.join(', ')}
ORDER BY at, shown DESC, sum(Tries) DESC, ${grouped.join(', ')}`;
  return { sql, params: { ...params, groups: plan.limit, currency } };
}

/** Rows with the dimensions as k0, k1, ..., the kind of cache, currency, bucket (Unix seconds) and all sums. */
function sourceOf(plan: RoutePlan): { source: string; params: Record<string, unknown> } {
  const { from, to, hourly } = readSpan(plan);
  const params: Record<string, unknown> = {
    ...(hourly ? { from: from / 1000, to: to / 1000 } : { from, to }),
    firstDay: new Date(from).toISOString().slice(0, 10),
    lastDay: new Date(to - 1).toISOString().slice(0, 10),
    ...(plan.stepSeconds === undefined ? {} : { step: plan.stepSeconds }),
  };
  plan.filters.forEach(({ values }, index) => (params[`filter${index}`] = [...values]));
  return { source: hourly ? fromHours(plan) : fromFacts(plan), params };
}

function fromHours(plan: RoutePlan): string {
  const keys = plan.dims.map((dim, index) => `toString(${expression(dim, true)}) AS k${index}`);
  const filters = conditions(plan.filters, true);
  return `SELECT ${[
    ...keys,
    ...['toString(Cache) AS k_cache', 'toString(Currency) AS currency', `${bucket(plan, 'Hour')} AS bucket`],
    ...Object.keys(routeSums),
    ...['DurationMs', 'FirstTokenMs'],
  ].join(', ')}
FROM llm_route_hourly
WHERE Hour >= toDateTime({from:UInt32}, 'UTC') AND Hour < toDateTime({to:UInt32}, 'UTC') AND Kind = ''
  AND x_DropId IN (SELECT x_DropId FROM llm_day FINAL
                   WHERE x_Source = '${gatewaySource}' AND Day >= {firstDay:Date} AND Day <= {lastDay:Date})${filters}`;
}

function fromFacts(plan: RoutePlan): string {
  const keys = plan.dims.map((dim, index) => `toString(${expression(dim, false)}) AS k${index}`);
  const filters = conditions(plan.filters, false);
  const sums = Object.entries(routeSums).map(([name, sum]) => `${sum} AS ${name}_`);
  const grouped = [...plan.dims.map((_, index) => `k${index}`), 'k_cache', 'currency', 'bucket'];
  // Sums have other names than the columns that they are made of, which the engine would else take for the sums.
  const renamed = [...Object.keys(routeSums), 'DurationMs', 'FirstTokenMs'].map((name) => `${name}_ AS ${name}`);
  return `SELECT ${[...grouped, ...renamed].join(', ')} FROM (
SELECT ${[
    ...keys,
    `toString(${routeDimensions.Cache}) AS k_cache`,
    'toString(Currency) AS currency',
    `${bucket(plan, 'StartedAt')} AS bucket`,
    ...sums,
    `${routeBuckets('DurationMs')} AS DurationMs_`,
    `${routeBuckets('FirstTokenMs')} AS FirstTokenMs_`,
  ].join(', ')}
FROM fact_llm_request FINAL
WHERE x_Source = '${gatewaySource}' AND toDate(StartedAt) >= {firstDay:Date} AND toDate(StartedAt) <= {lastDay:Date}
  AND StartedAt >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND StartedAt < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND Status != 'void' AND ${routeDimensions.Kind} = ''${filters}
GROUP BY ${grouped.join(', ')})`;
}

function bucket({ stepSeconds }: RoutePlan, column: string): string {
  return stepSeconds === undefined
    ? 'toUInt32(0)'
    : `toUInt32(intDiv(toUnixTimestamp(${column === 'StartedAt' ? 'toDateTime(StartedAt)' : column}), {step:UInt32}) * {step:UInt32})`;
}

/** How a call ended, or that it has not. */
export type CallState = 'ok' | 'failed' | 'cancelled' | 'open';

const isEscalated = `Tags['gateway.cascade'] = 'escalated'`;
const isOk = `(Status IN ('', 'ok') AND NOT ${isJudge})`;
/** Of the tries of one call: whether one answered; where the answer of a cheap route did not suffice, one of those after it. */
const answered = `if(countIf(${isEscalated}) > 0, countIf(${isOk} AND ${isEscalated}), countIf(${isOk})) > 0`;
const lastTry = '(StartedAt, RequestId)';
const ended = `argMax(Status, ${lastTry})`;
const isOpen = `argMax(Tags['gateway.passed_on'] = 'true' AND toUnixTimestamp64Milli(StartedAt) + ifNull(DurationMs, 0) > {openSince:Int64}, ${lastTry})`;
/** Conditions on the tries of one call; live-calls.ts says the same of rows that were read. */
const statesInSql: Readonly<Record<CallState, string>> = {
  ok: answered,
  open: `NOT (${answered}) AND ${isOpen}`,
  cancelled: `NOT (${answered}) AND NOT ${isOpen} AND ${ended} = 'cancelled'`,
  failed: `NOT (${answered}) AND NOT ${isOpen} AND ${ended} != 'cancelled'`,
};

/** Tries of the newest calls, with what their judges were asked. */
export function callsStatement(query: {
  from: number;
  to: number;
  filters: RoutePlan['filters'];
  status?: CallState;
  limit: number;
  /** Tries that ended before are not waited for any more, in milliseconds since the epoch. */
  openSince: number;
}): Statement {
  const params: Record<string, unknown> = {
    ...{ from: query.from, to: query.to, limit: query.limit },
    ...(query.status === undefined ? {} : { openSince: query.openSince }),
    firstDay: new Date(query.from).toISOString().slice(0, 10),
    lastDay: new Date(query.to - 1).toISOString().slice(0, 10),
  };
  query.filters.forEach(({ values }, index) => (params[`filter${index}`] = [...values]));
  const filters = conditions(query.filters, false);
  const rows = `x_Source = '${gatewaySource}' AND toDate(StartedAt) >= {firstDay:Date} AND toDate(StartedAt) <= {lastDay:Date}
  AND StartedAt >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND StartedAt < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND Status != 'void' AND ${routeDimensions.Kind} = ''`;
  // How a call ended is seen of all its tries, also of those that a filter by route leaves out.
  const ofCalls = query.status === undefined ? '' : ` HAVING countIf(1${filters}) > 0 AND ${statesInSql[query.status]}`;
  const newest = `SELECT ${callId} AS id FROM fact_llm_request FINAL WHERE ${rows}${query.status === undefined ? filters : ''}
  GROUP BY id${ofCalls} ORDER BY min(StartedAt) DESC, id LIMIT {limit:UInt32}`;
  const sql = `
SELECT ${callId} AS id, RequestId AS requestId, toUnixTimestamp64Milli(StartedAt) AS started, Model AS model, Status AS status,
       Team AS team, Product AS product, Customer AS customer, Feature AS feature, Environment AS environment,
       Session AS session, Tags AS tags,
       toUInt32(InputTokens) AS inputTokens, toUInt32(OutputTokens) AS outputTokens, FirstTokenMs AS firstToken,
       DurationMs AS duration, toString(Cost) AS cost, Currency AS currency, PriceFormula AS formula
FROM fact_llm_request FINAL
WHERE ${rows} AND id IN (${newest})
ORDER BY started, requestId`;
  return { sql, params };
}
