import { exact } from '../platform/amounts/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { dayMs, dropList, isDimension, type Filter, type Metric, type Span } from '../cost/index.ts';
import type { Cell, TokenCell } from './allocate.ts';
import type { Owner, Rule } from './contract.ts';
import { textSql } from '../platform/sql/index.ts';
import { amountSql, currencySql, type Exchange } from './exchange.ts';
import { ruleSql } from './rule.ts';

/** What is read: whole UTC days, or the lines of a span of another time zone. */
export interface CellQuery {
  span: Span;
  /** Months and days are those of this zone; absent: UTC, and the span is whole days. */
  zone?: string;
  /** Lines that pass all of them are split; the shares are told by all lines. */
  filters: readonly Filter[];
  by: Owner;
  metric: Metric;
  rules: readonly Rule[];
  drops: readonly string[];
  exchange: Exchange;
  /** Leaves out the lines that name a model: their cost is spread by usage elsewhere. */
  withoutModels: boolean;
}

const usageOwner = { x_Team: 'Team', x_Product: 'Product', x_Customer: 'Customer' } as const;

/** The bills by month, the rule that takes them and owner. One statement: one version of every bill. */
export async function readCells(
  warehouse: Warehouse,
  query: CellQuery,
  scope: Scope,
  cacheSeconds: number,
): Promise<Cell[]> {
  const { span, by, metric, rules, drops, exchange, withoutModels, zone, filters } = query;
  if (drops.length === 0) return [];
  const amount = amountSql(metric, exchange);
  const left = filters.map(filterSql).join(' AND ');
  const ofFilter = (value: string) => (left === '' ? `sum(${value})` : `sumIf(${value}, ${left})`);
  const days = `x_DropId IN ${dropList(drops)} AND Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32})`;
  const sql = `
SELECT toYYYYMM(Day) AS month, ${ruleSql(rules)} AS rule, toString(${by}) AS owner,
       toString(${ofFilter(amount)}) AS amount, toString(sum(${amount})) AS weight, toString(sum(GpuHours)) AS gpuHours,
       toString(${ofFilter('LineCount')}) AS lines
FROM ${zone === undefined ? 'cost_unit_daily' : linesSql(zone, drops)}
WHERE ${zone === undefined ? days : '1'} AND ${currencySql(exchange)}${withoutModels ? " AND x_Model = ''" : ''}
GROUP BY month, rule, owner
ORDER BY month, rule, owner`;
  interface Row {
    month: number;
    rule: number;
    owner: string;
    amount: string;
    weight: string;
    gpuHours: string;
    lines: string;
  }
  const { rows } = await warehouse.query<Row>(sql, { params: boundsOf(span, zone), scope, cacheSeconds, timeoutMs });
  return rows.map((row) => ({
    ...row,
    amount: exact(row.amount),
    weight: exact(row.weight),
    gpuHours: exact(row.gpuHours),
    lines: Number(row.lines),
  }));
}

/** How many lines of a span are not told by the hour: those of a day or longer, which a day of another zone cuts. */
export async function countWholeDayLines(
  warehouse: Warehouse,
  { span, drops }: Pick<CellQuery, 'span' | 'drops'>,
  scope: Scope,
  cacheSeconds: number,
): Promise<number> {
  if (drops.length === 0) return 0;
  const sql = `
SELECT count() AS lines FROM fact_cost_usage
WHERE x_DropId IN ${dropList(drops)} AND ChargePeriodStart >= toDateTime({from:UInt32}, 'UTC')
  AND ChargePeriodStart < toDateTime({to:UInt32}, 'UTC') AND ChargePeriodEnd >= ChargePeriodStart + INTERVAL 1 DAY`;
  const params = { from: span.from / 1000, to: span.to / 1000 };
  const { rows } = await warehouse.query<{ lines: string }>(sql, { params, scope, cacheSeconds, timeoutMs });
  return Number(rows[0]?.lines ?? 0);
}

const timeoutMs = 60_000;

/** Days since the epoch, or seconds where lines are read. */
function boundsOf({ from, to }: Span, zone: string | undefined): { from: number; to: number } {
  const unit = zone === undefined ? dayMs : 1000;
  return { from: from / unit, to: to / unit };
}

function filterSql({ dim, values }: Filter): string {
  if (!isDimension(dim)) throw new TypeError('Not a dimension');
  return `${dim} IN (${values.map(textSql).join(', ')})`;
}

/**
 * The lines of a span with what cost_unit_daily tells of them, by the day of another zone: the roll-up knows UTC days alone.
 * GPU-hours and idle capacity as its view tells them.
 */
function linesSql(zone: string, drops: readonly string[]): string {
  return `(
  WITH if(isNotNull(PricingQuantity), PricingUnit, if(isNotNull(ConsumedQuantity), ConsumedUnit, '')) AS unit
  SELECT *, toDate(ChargePeriodStart, ${zoneSql(zone)}) AS Day, toUInt64(1) AS LineCount,
         if(lower(ResourceName) IN ('idle', '__idle__') OR lower(ResourceId) IN ('idle', '__idle__'), 'idle', '') AS Idle,
         if(isNotNull(x_GpuHours), toDecimal256(assumeNotNull(x_GpuHours), 30),
            if(match(lower(unit), 'gpu[- ]?hours?'), coalesce(PricingQuantity, ConsumedQuantity, toDecimal256(0, 30)),
               toDecimal256(0, 30))) AS GpuHours
  FROM fact_cost_usage
  WHERE x_DropId IN ${dropList(drops)} AND ChargePeriodStart >= toDateTime({from:UInt32}, 'UTC')
    AND ChargePeriodStart < toDateTime({to:UInt32}, 'UTC'))`;
}

function zoneSql(zone: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) throw new TypeError('Not a time zone');
  return `'${zone}'`;
}

/** Tokens of language models by month and owner; of zones that are off by half an hour by the hours that begin in it. */
export async function readTokens(
  warehouse: Warehouse,
  { span, by, zone }: Pick<CellQuery, 'span' | 'by' | 'zone'>,
  scope: Scope,
  cacheSeconds: number,
): Promise<TokenCell[]> {
  const [table, month, within, sealed] =
    zone === undefined
      ? ['llm_daily', 'toYYYYMM(Day)', 'Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32})', undefined]
      : [
          'llm_hourly',
          `toYYYYMM(Hour, ${zoneSql(zone)})`,
          `Hour >= toDateTime({from:UInt32}, 'UTC') AND Hour < toDateTime({to:UInt32}, 'UTC')`,
          `Day >= toDate(toDateTime({from:UInt32}, 'UTC'), 'UTC') AND Day <= toDate(toDateTime({to:UInt32}, 'UTC'), 'UTC')`,
        ];
  const sql = `
SELECT ${month} AS month, toString(${usageOwner[by]}) AS owner, toString(sum(InputTokens + OutputTokens)) AS tokens
FROM ${table}
WHERE ${within} AND x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE ${sealed ?? within})
GROUP BY month, owner
ORDER BY month, owner`;
  const params = boundsOf(span, zone);
  const { rows } = await warehouse.query<{ month: number; owner: string; tokens: string }>(sql, {
    params,
    scope,
    cacheSeconds,
  });
  return rows.map((row) => ({ ...row, tokens: BigInt(row.tokens) }));
}
