import { amountSql, currencySql } from '../allocation/index.ts';
import { textSql } from '../platform/sql/index.ts';
import { dayMs } from '../cost/index.ts';
import { daysSql, idsSql, modelLineSql, placeSql, type Frame, type ModelDimension } from './frame-sql.ts';
import { stageOf, stageSql } from './model-keys.ts';
import { isShared, sharedDimensions } from './selection.ts';

/** By what the cost of language models is told: a dimension, or the models alone. */
export type ModelKey = ModelDimension | 'x_Model';

/** What a statement is made of: its keys, and the dimensions that have to be there because they are filtered after spreading. */
export interface Shape {
  frame: Frame;
  keys: readonly ModelKey[];
  filtered: readonly (keyof typeof sharedDimensions)[];
  /** Filtered dimensions are told by all of their values. */
  tellsAll?: boolean;
}

/** Places of the keys that are no dimension. */
export function wholesOf({ keys }: Shape): number[] {
  return keys.flatMap((key, at) => (key === 'x_Model' ? [at] : []));
}

export function hasOwn(shape: Shape): boolean {
  return wholesOf(shape).length < shape.keys.length;
}

/** Columns of the values, those of the filtered dimensions first. */
export function namesOf(shape: Shape): string[] {
  return [...shape.filtered.map((_, at) => `f${at}`), 'k'];
}

/** Filtered dimensions are told as far as they are asked for; what else they hold is one value, and what of it is named is summed. */
export function withNamed({ filtered }: Shape): boolean {
  return filtered.length > 0;
}

export const zero = 'toDecimal256(0, 30)';

export function list(parts: readonly string[]): string {
  return parts.join(', ');
}

/** Columns of bills and of usage. */
const billColumn = (dim: ModelDimension) => (dim === 'ModelVersion' ? 'x_ModelVersion' : dim);
const usageColumn = (dim: ModelDimension) => (dim === 'ModelVersion' ? 'ModelVersion' : sharedDimensions[dim]);

const valueSql = (dim: ModelDimension, column: string) =>
  dim === 'x_Environment' ? stageSql(column) : `toString(${column})`;

/**
 * SQL of a value of a filtered dimension as far as it is asked for. All values between two that are asked for are one: as only
 * their sums count, where parts are cut stays the same.
 */
function toldSql(column: string, wanted: readonly string[], isBill: boolean): string {
  const sorted = [...new Set(wanted)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const steps = sorted.flatMap((value, at) => [`${column} < ${textSql(value)}`, textSql(`${sorted[at - 1] ?? ''}\0`)]);
  const between = `multiIf(${list([...steps, textSql(`${sorted.at(-1) ?? ''}\0`)])})`;
  return `if(${isBill ? `${column} = '' OR ` : ''}${column} IN (${sorted.map(textSql).join(', ')}), ${column}, ${between})`;
}

type ColumnOf = (dim: ModelDimension) => string;

/** Columns of a row before it is summed: r0.. of the filtered dimensions as they are, f0.. as they are told, c0.. of the keys. */
function rowColumns({ frame, keys, filtered, tellsAll }: Shape, columnOf: ColumnOf, isBill: boolean): string[] {
  const raw = filtered.map((dim, at) => `${valueSql(dim, columnOf(dim))} AS r${at}`);
  const told = filtered.map((dim, at) => {
    if (tellsAll) return `r${at} AS f${at}`;
    const values = frame.filters.find((filter) => filter.dim === dim)?.values ?? [];
    return `${toldSql(`r${at}`, wantedOf(dim, values), isBill)} AS f${at}`;
  });
  return [...raw, ...told, ...keys.flatMap((key, at) => (key === 'x_Model' ? [] : [`${columnOf(key)} AS c${at}`]))];
}

/**
 * GROUP BY of the columns `more` and each key's own column, undefined for a key without one; the SQL of the place of a group's key,
 * and of what is told of it.
 */
export function groupedByKeys(columns: readonly (string | undefined)[], more: readonly string[]) {
  const sets = columns.map((column) => list([...more, ...(column === undefined ? [] : [column])]));
  if (sets.length === 1) return { groupBy: sets[0]!, key: 'toUInt8(0)', each: (of: (at: number) => string) => of(0) };
  const own = columns.flatMap((column, at) => (column === undefined ? [] : [{ column, at }]));
  const whole = columns.indexOf(undefined);
  const last = whole < 0 ? own.pop()!.at : whole;
  const each = (of: (at: number) => string) =>
    `multiIf(${list([...own.flatMap(({ column, at }) => [`grouping(${column}) = 0`, of(at)]), of(last)])})`;
  return {
    groupBy: `GROUPING SETS (${sets.map((set) => `(${set})`).join(', ')})`,
    key: each((at) => `toUInt8(${at})`),
    each,
  };
}

function keyColumns(keys: readonly ModelKey[]): (string | undefined)[] {
  return keys.map((key, at) => (key === 'x_Model' ? undefined : `c${at}`));
}

function ownValue(keys: readonly ModelKey[]): (at: number) => string {
  return (at) => {
    const key = keys[at];
    return key === undefined || key === 'x_Model' ? "''" : valueSql(key, `c${at}`);
  };
}

/** Columns of the filtered dimensions in rows before they are joined: as they are, and as far as they are asked for. */
export function filterColumns({ filtered }: Shape): string[] {
  return ['r', 'f'].flatMap((prefix) => filtered.map((_, at) => `${prefix}${at}`));
}

/** Bills by key, day, and the filtered dimensions. */
export function billRows(shape: Shape): string {
  const { frame, keys } = shape;
  const names = filterColumns(shape);
  const { groupBy, key, each } = groupedByKeys(keyColumns(keys), ['place', 'Day', ...names]);
  return `SELECT ${list([`${key} AS key`, 'place', 'Day', ...names, `${each(ownValue(keys))} AS k`])},
       sum(amount) AS bill, sum(lines) AS billLines, ${zero} AS estimate, toUInt64(0) AS requests, toUInt64(0) AS tokens,
       toUInt64(0) AS sessions${frame.hasComputed ? ', sum(computedAmount) AS computed' : ''}
FROM (${billLines(shape)})
GROUP BY ${groupBy}`;
}

/** Lines of bills about language models, a row for each day of a charge period. */
function billLines(shape: Shape): string {
  const { frame } = shape;
  const { metric, reaching, exchange, previous, span } = frame;
  const first = Math.min(previous.from, span.from) / dayMs;
  const columns = rowColumns(shape, billColumn, true);
  // Each day of the charge period gets the same, and the last one what division leaves.
  const share = `if(offset + 1 = PeriodDays, ${metric} - (${metric} / PeriodDays) * (PeriodDays - 1), ${metric} / PeriodDays)`;
  const amount = amountSql('raw', exchange);
  const isLong = frame.longestDays > 1;
  const bounds = isLong ? `Day < toDate(${span.to / dayMs}) AND Day + PeriodDays > toDate(${first})` : daysSql(frame);
  const named = list([`${placeSql(frame.models.billed, 'ProviderName', 'x_Model')} AS place`, ...columns]);
  const told = list(['place', ...columns.map((column) => column.replace(/^.* AS /s, ''))]);
  const lines = `cost_unit_daily
      WHERE x_DropId IN ${idsSql(reaching)} AND ${bounds} AND ${modelLineSql(frame)} AND ${currencySql(exchange)}${earlyFilters(frame, billColumn)}`;
  const rows = isLong
    ? `SELECT ${told}, BillingCurrency, x_CostBasis, LineCount, CAST(${share} AS Decimal(76, 30)) AS raw, Day0 + offset AS Day
      FROM (SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, ${metric}, PeriodDays, Day AS Day0,
                   arrayJoin(range(PeriodDays)) AS offset FROM ${lines})`
    : `SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, ${metric} AS raw, Day FROM ${lines}`;
  const isComputed = "x_CostBasis = 'estimated'";
  const money = frame.hasComputed
    ? `if(${isComputed}, ${zero}, ${amount}) AS amount, if(${isComputed}, 0, LineCount) AS lines,
       if(${isComputed}, ${amount}, ${zero}) AS computedAmount`
    : `${amount} AS amount, LineCount AS lines`;
  return `SELECT ${told}, Day, ${money}
FROM (${rows})${isLong ? `\nWHERE ${daysSql(frame)}` : ''}`;
}

/** Usage by key, day, and the filtered dimensions. */
export function usageRows(shape: Shape): string {
  const { frame, keys } = shape;
  const names = filterColumns(shape);
  const { groupBy, key, each } = groupedByKeys(keyColumns(keys), ['place', 'Day', ...names]);
  return `SELECT ${list([`${key} AS key`, 'place', 'Day', ...names, `${each(ownValue(keys))} AS k`])},
       ${zero} AS bill, toUInt64(0) AS billLines, CAST(sum(cost) AS Decimal(76, 30)) AS estimate, sum(calls) AS requests,
       sum(words) AS tokens, sum(visits) AS sessions${frame.hasComputed ? `, ${zero} AS computed` : ''}
FROM (${usageLines(shape)})
GROUP BY ${groupBy}`;
}

function usageLines(shape: Shape): string {
  const { frame } = shape;
  const { exchange } = frame;
  const shown = currencySql(exchange, 'Currency');
  const cost =
    exchange.rates.size === 0
      ? `if(${shown}, Cost, toDecimal128(0, 18))`
      : `if(${shown}, ${amountSql('Cost', exchange, 'Currency')}, ${zero})`;
  const columns = [`${placeSql(frame.models.used, 'Provider', 'Model')} AS place`, 'Day'];
  return `SELECT ${list([...columns, ...rowColumns(shape, usageColumn, false)])},
       ${cost} AS cost, Requests AS calls, InputTokens + OutputTokens AS words, Sessions AS visits
FROM llm_daily
WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(frame)}${earlyFilters(frame, usageColumn)}`;
}

/** Dimensions that have to be there when what is spread is filtered. */
export function spreadFilterDims({ filters, lacking }: Frame): (keyof typeof sharedDimensions)[] {
  return filters
    .map(({ dim }) => dim)
    .filter((dim) => isShared(dim) && lacking.has(dim)) as (keyof typeof sharedDimensions)[];
}

/** A filter on what every line of a bill names can come first: nothing is spread from one of its values to another. */
function earlyFilters(frame: Frame, columnOf: ColumnOf): string {
  return frame.filters
    .filter(({ dim }) => isShared(dim) && !frame.lacking.has(dim))
    .map(({ dim, values }) => {
      const column = valueSql(dim as ModelDimension, columnOf(dim as ModelDimension));
      return ` AND ${column} IN (${wantedSql(dim, values)})`;
    })
    .join('');
}

function wantedOf(dim: string, values: readonly string[]): readonly string[] {
  return dim === 'x_Environment' ? values.map(stageOf) : values;
}

export function wantedSql(dim: string, values: readonly string[]): string {
  return wantedOf(dim, values).map(textSql).join(', ');
}
