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
  /** Amounts without their signs: credits do not hide what is not attributed. */
  gross: string;
  grossWithoutTeam: string;
  [dim: `d${number}`]: string;
}

/** A row of the totals statement: the sums over the groups that were left out are in the total of the currency. */
export interface TotalledRow extends SummedRow {
  totalCost: string;
  totalPreviousCost: string;
  totalLines: string;
  totalGross: string;
  totalGrossWithoutTeam: string;
}

/** The largest groups of each currency, every row with its currency's total; one group more than the limit is read. */
export function totalsStatement(query: CostQuery, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf(query, drops);
  const keys = keysOf(query);
  const sql = `
SELECT currency, 1 AS shown, 0 AS at, ${[...query.dims.map((_, index) => `k${index} AS d${index}`), texts].join(', ')},
       toString(sum(cost_) OVER all_) AS totalCost, toString(sum(previousCost_) OVER all_) AS totalPreviousCost,
       toString(sum(lines_) OVER all_) AS totalLines, toString(sum(gross_) OVER all_) AS totalGross,
       toString(sum(grossWithoutTeam_) OVER all_) AS totalGrossWithoutTeam
FROM (SELECT ${[...keys, sums(query)].join(', ')} FROM (${sources}) GROUP BY ${keys.join(', ')})
WINDOW all_ AS (PARTITION BY currency)
ORDER BY currency, abs(cost_) DESC, ${keys.join(', ')}
LIMIT {groups:UInt32} BY currency`;
  return { sql, params: { ...params, groups: query.limit + 1 } };
}

/**
 * The groups that are largest over the whole span along time, and what each bucket has beyond them. The groups are ranked
 * first; `map` then says for each x_GroupKey which line it belongs to, so that the long scan groups by two numbers only.
 */
export function seriesStatement(query: CostQuery, drops: readonly string[]): Statement {
  const { sources, params } = sourcesOf(query, drops);
  const places = query.dims.map((_, index) => index);
  const arrays = ['toString(currency)', 'shown', ...places.map((index) => `toString(label${index})`)];
  const mapped = (position: number, none: string) => `transform(line, map.2, map.${position}, ${none})`;
  const sql = `
WITH (SELECT (arrayPushFront(groupArray(x_GroupKey), 0), arrayPushFront(groupArray(line), 0),
              ${arrays.map((array) => `arrayPushFront(groupArray(${array}), ${array === 'shown' ? '0' : "''"})`).join(', ')})
      FROM (${rankedLines(query, sources)})) AS map
SELECT ${[`${mapped(3, "''")} AS currency`, `${mapped(4, 'toUInt8(0)')} AS shown`, 'at', ...places.map((index) => `${mapped(5 + index, "''")} AS d${index}`), texts].join(', ')}
FROM (SELECT transform(x_GroupKey, map.1, map.2, toUInt32(0)) AS line, toUnixTimestamp(bucket) AS at, ${sums(query)}
      FROM (${sources}) GROUP BY line, at)
ORDER BY at, line`;
  return { sql, params: { ...params, groups: query.limit } };
}

/** Each x_GroupKey with the number and labels of its line; groups beyond the limit share one line per currency. */
function rankedLines(query: CostQuery, sources: string): string {
  const keys = keysOf(query);
  const labels = query.dims.map((_, index) => `if(shown, k${index}, '')`);
  return `
SELECT x_GroupKey, currency, toUInt8(shown) AS shown, ${labels.map((label, index) => `${label} AS label${index}, `).join('')}
       toUInt32(dense_rank() OVER (ORDER BY ${['currency', 'shown', ...labels].join(', ')})) AS line
FROM (SELECT *, dense_rank() OVER (PARTITION BY currency ORDER BY ${['abs(weight) DESC', ...keys].join(', ')}) <= {groups:UInt32} AS shown
      FROM (SELECT *, sum(cost_) OVER (PARTITION BY ${keys.join(', ')}) AS weight
            FROM (SELECT x_GroupKey, ${keys.map((key) => `any(${key}) AS ${key}`).join(', ')}, sumIf(amount, before = 0) AS cost_
                  FROM (${sources}) GROUP BY x_GroupKey)))`;
}

function keysOf(query: CostQuery): string[] {
  return ['currency', ...query.dims.map((_, index) => `k${index}`)];
}

const sumNames = ['cost', 'previousCost', 'lines', 'gross', 'grossWithoutTeam'] as const;
const texts = sumNames.map((name) => `toString(${name}_) AS ${name}`).join(', ');

function sums(query: CostQuery): string {
  if (!query.compare)
    return 'sum(amount) AS cost_, toDecimal256(0, 30) AS previousCost_, sum(lineCount) AS lines_, sum(abs(amount)) AS gross_, sumIf(abs(amount), noTeam) AS grossWithoutTeam_';
  return `sumIf(amount, before = 0) AS cost_, sumIf(amount, before = 1) AS previousCost_,
       sumIf(lineCount, before = 0) AS lines_, sumIf(abs(amount), before = 0) AS gross_,
       sumIf(abs(amount), before = 0 AND noTeam) AS grossWithoutTeam_`;
}

function sourcesOf(query: CostQuery, drops: readonly string[]): { sources: string; params: Record<string, unknown> } {
  const params: Record<string, unknown> = {};
  query.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  const sources = segmentsOf(query).map((segment, index) => {
    params[`from${index}`] = segment.from / 1000;
    params[`to${index}`] = segment.to / 1000;
    if (query.granularity !== 'total') params[`shift${index}`] = segment.shift / 1000;
    return sourceOf(query, segment, index, drops);
  });
  return { sources: sources.join('\nUNION ALL\n'), params };
}

function sourceOf(query: CostQuery, segment: Segment, index: number, drops: readonly string[]): string {
  const daily = segment.rollUp === 'cost_daily';
  const time = daily ? 'Day' : 'Hour';
  const bound = (name: string) => {
    const instant = `toDateTime({${name}${index}:UInt32}, 'UTC')`;
    return daily ? `toDate(${instant}, 'UTC')` : instant;
  };
  const columns = [
    ...(query.granularity === 'total' ? [] : ['x_GroupKey']),
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
