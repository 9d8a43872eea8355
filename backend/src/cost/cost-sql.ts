import type { Dimension } from './dimensions.ts';
import { segmentsOf, type CostQuery, type Filter, type Segment } from './plan.ts';

/** SQL whose only texts are names from allow-lists and ids of this system; all else is a parameter. */
export interface Statement {
  sql: string;
  params: Record<string, unknown>;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The list behind `x_DropId IN`. The ids are in the statement and not in a parameter, because parameters travel in the
 * address of the request, which is too short for a year of many sources.
 */
export function dropList(ids: readonly string[]): string {
  for (const id of ids) if (!uuid.test(id)) throw new TypeError('A drop id is not a UUID');
  return `(${ids.map((id) => `'${id}'`).join(', ')})`;
}

/** Drops that are visible: the newest complete one of each source and period. */
export const activeDropsSql = `
SELECT x_DropId AS dropId, x_Source AS source, x_Period AS period, ContentHash AS contentHash, LakePath AS lakePath,
       Currencies AS currencies, toUnixTimestamp(ChargePeriodFrom) AS chargeFrom,
       toUnixTimestamp(ChargePeriodLast) AS chargeLast, toUnixTimestamp(ChargePeriodTo) AS chargeTo
FROM cost_drop FINAL
WHERE RowCount > 0
ORDER BY x_Source, x_Period`;

/** A row of the two statements below; sums are decimals as text. */
export interface SummedRow {
  currency: string;
  /** 1: one of the largest groups. 0: what a bucket has beyond them. */
  shown: number;
  /** Unix seconds of the bucket; 0 without a time axis. */
  at: number;
  cost: string;
  previousCost: string;
  lines: string;
  [dim: `d${number}`]: string;
}

/** A row of the totals statement: the sums over the groups that were left out are in the total of the currency. */
export interface TotalledRow extends SummedRow {
  totalCost: string;
  totalPreviousCost: string;
  totalLines: string;
  /** Amounts without their signs: credits do not hide what is not attributed. */
  totalGross: string;
  totalGrossWithoutTeam: string;
}

/** The largest groups of each currency, every row with its currency's total; one group more than the limit is read. */
export function totalsStatement(query: CostQuery, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf(query, drops);
  const keys = keysOf(query);
  const sql = `
SELECT currency, 1 AS shown, 0 AS at, ${[...query.dims.map((_, index) => `k${index} AS d${index}`), texts(seriesSums)].join(', ')},
       toString(sum(cost_) OVER all_) AS totalCost, toString(sum(previousCost_) OVER all_) AS totalPreviousCost,
       toString(sum(lines_) OVER all_) AS totalLines, toString(sum(gross_) OVER all_) AS totalGross,
       toString(sum(grossWithoutTeam_) OVER all_) AS totalGrossWithoutTeam
FROM (SELECT ${[...keys, sums(query, totalsSums)].join(', ')} FROM (${sources}) GROUP BY ${keys.join(', ')})
WINDOW all_ AS (PARTITION BY currency)
ORDER BY currency, abs(cost_) DESC, ${keys.join(', ')}
LIMIT {groups:UInt32} BY currency`;
  return { sql, params: { ...params, groups: query.limit + 1 } };
}

/** The groups that are largest over the whole days of the span along time, and what each bucket has beyond them. */
export function seriesStatement(query: CostQuery, drops: readonly string[]): Statement {
  const { sources, ranking, params } = sourcesOf(query, drops);
  const keys = query.dims.map((_, index) => `k${index}`);
  const labels = keys.map((key, index) => `if(shown = 1, ${key}, '') AS d${index}`);
  const largest = `
SELECT ${keys.join(', ')} FROM (${ranking}) GROUP BY ${['currency', ...keys].join(', ')}
ORDER BY ${['abs(sum(amount)) DESC', ...keys].join(', ')} LIMIT {groups:UInt32} BY currency`;
  const shown = keys.length === 0 ? '1' : `(${keys.join(', ')}) IN (${largest})`;
  const sql = `
SELECT ${['currency', 'shown', 'toUnixTimestamp(bucket) AS at', ...keys.map((_, index) => `d${index}`), texts(seriesSums)].join(', ')}
FROM (SELECT ${['currency', 'shown', 'bucket', ...labels, sums(query, seriesSums)].join(', ')}
      FROM (SELECT *, toUInt8(${shown}) AS shown FROM (${sources}))
      GROUP BY ${['currency', 'shown', 'bucket', ...keys.map((_, index) => `d${index}`)].join(', ')})
ORDER BY ${['at', 'currency', 'shown DESC', ...keys.map((_, index) => `d${index}`)].join(', ')}`;
  return { sql, params: { ...params, groups: query.limit } };
}

function keysOf(query: CostQuery): string[] {
  return ['currency', ...query.dims.map((_, index) => `k${index}`)];
}

type SumName = 'cost' | 'previousCost' | 'lines' | 'gross' | 'grossWithoutTeam';
const totalsSums: readonly SumName[] = ['cost', 'previousCost', 'lines', 'gross', 'grossWithoutTeam'];
/** How much names no team is told of the whole only: each of these sums costs a series a tenth of its time. */
const seriesSums: readonly SumName[] = ['cost', 'previousCost', 'lines'];

function texts(names: readonly SumName[]): string {
  return names.map((name) => `toString(${name}_) AS ${name}`).join(', ');
}

function sums(query: CostQuery, names: readonly SumName[]): string {
  const only = (value: string, condition?: string) => {
    const conditions = [...(query.compare ? ['before = 0'] : []), ...(condition === undefined ? [] : [condition])];
    return conditions.length === 0 ? `sum(${value})` : `sumIf(${value}, ${conditions.join(' AND ')})`;
  };
  const expressions: Record<SumName, string> = {
    cost: only('amount'),
    previousCost: query.compare ? 'sumIf(amount, before = 1)' : 'toDecimal256(0, 30)',
    lines: only('lineCount'),
    gross: only('abs(amount)'),
    grossWithoutTeam: only('abs(amount)', 'noTeam'),
  };
  return names.map((name) => `${expressions[name]} AS ${name}_`).join(', ');
}

interface Sources {
  /** Every line of the query. */
  sources: string;
  /** Enough of the present span to tell which groups are the largest: its whole days, or all of it where it has none. */
  ranking: string;
  params: Record<string, unknown>;
}

function sourcesOf(query: CostQuery, drops: readonly string[]): Sources {
  const params: Record<string, unknown> = {};
  query.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  const all = segmentsOf(query).map((segment, index) => {
    params[`from${index}`] = segment.from / 1000;
    params[`to${index}`] = segment.to / 1000;
    if (query.granularity !== 'total') params[`shift${index}`] = segment.shift / 1000;
    return { segment, sql: sourceOf(query, segment, index, drops) };
  });
  const present = all.filter(({ segment }) => !segment.previous);
  const days = present.filter(({ segment }) => segment.rollUp === 'cost_daily');
  const union = (parts: typeof all) => parts.map(({ sql }) => sql).join('\nUNION ALL\n');
  return { sources: union(all), ranking: union(days.length > 0 ? days : present), params };
}

function sourceOf(query: CostQuery, segment: Segment, index: number, drops: readonly string[]): string {
  const daily = segment.rollUp === 'cost_daily';
  const time = daily ? 'Day' : 'Hour';
  const bound = (name: string) => {
    const instant = `toDateTime({${name}${index}:UInt32}, 'UTC')`;
    return daily ? `toDate(${instant}, 'UTC')` : instant;
  };
  const columns = [
    'BillingCurrency AS currency',
    ...query.dims.map((dim, position) => `${dim} AS k${position}`),
    ...(query.granularity === 'total' ? [] : [`${bucketOf(query, time)} + {shift${index}:Int64} AS bucket`]),
    `${query.metric} AS amount`,
    'LineCount AS lineCount',
    "x_Team = '' AS noTeam",
    `${segment.previous ? 1 : 0} AS before`,
  ];
  return `SELECT ${columns.join(', ')}
FROM ${segment.rollUp}
WHERE x_DropId IN ${dropList(drops)} AND ${time} >= ${bound('from')} AND ${time} < ${bound('to')}${conditions(query)}`;
}

function bucketOf(query: CostQuery, time: 'Day' | 'Hour'): string {
  if (time === 'Day') return "toDateTime(Day, 'UTC')";
  return query.granularity === 'day' ? 'toStartOfDay(Hour)' : 'Hour';
}

/** Conditions of the filters, each value a parameter `filter0`, `filter1`, ... */
export function conditions(query: { filters: readonly Filter[] }): string {
  return query.filters.map((filter, index) => ` AND ${filter.dim} IN {filter${index}:Array(String)}`).join('');
}

/** Values of a dimension that occur in the drops, the costliest first. */
export function valuesStatement(dim: Dimension, search: string, limit: number, drops: readonly string[]): Statement {
  const sql = `
SELECT toString(${dim}) AS value
FROM cost_daily
WHERE x_DropId IN ${dropList(drops)} AND positionCaseInsensitiveUTF8(${dim}, {search:String}) > 0
GROUP BY value
ORDER BY sum(abs(BilledCost)) DESC, value
LIMIT {limit:UInt32}`;
  return { sql, params: { search, limit } };
}

/** How many values each dimension has. */
export function dimensionCountsStatement(dims: readonly Dimension[], drops: readonly string[]): Statement {
  const counts = dims.map((dim) => `uniqExactIf(${dim}, ${dim} != '') AS ${dim}`).join(', ');
  return { sql: `SELECT ${counts} FROM cost_daily WHERE x_DropId IN ${dropList(drops)}`, params: {} };
}
