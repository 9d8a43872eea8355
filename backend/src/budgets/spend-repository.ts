import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { budgetDimensions, tagOf } from './budget.ts';
import type { BudgetInput } from './contract.ts';
import type { Day } from './zoned-day.ts';

export interface SpendRow {
  day: Day;
  currency: string;
  /** Exact decimals. */
  cost: string;
  /** The part of it that is usage or credits. */
  usual: string;
  sources: string[];
}

/** The bills of a source that readers see. Times are Unix seconds. */
export interface BillsRow {
  source: string;
  /** Latest start and latest end of a charge, earliest start. */
  chargeLast: number;
  chargeTo: number;
  chargeFrom: number;
  /** Changes when the bills do. */
  mark: string;
}

const secondsOfCache = 30;
const visible = 'x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE RowCount > 0)';

/** The newest bills of each source. */
export async function listBills(warehouse: Warehouse, scope: Scope, signal?: AbortSignal): Promise<BillsRow[]> {
  const { rows } = await warehouse.query<BillsRow>(
    `SELECT x_Source AS source, toUnixTimestamp(max(ChargePeriodLast)) AS chargeLast,
       toUnixTimestamp(max(ChargePeriodTo)) AS chargeTo, toUnixTimestamp(min(ChargePeriodFrom)) AS chargeFrom,
       toString(groupBitXor(sipHash64(x_DropId, x_DropVersion))) AS mark
     FROM cost_drop FINAL WHERE RowCount > 0 GROUP BY x_Source ORDER BY x_Source`,
    { scope, ...(signal ? { signal } : {}) },
  );
  return rows;
}

/**
 * Cost of a budget by day in its time zone and by currency. Whole UTC days come from the roll-up by day, other zones from that
 * by hour (an hour belongs to the day in which it begins), tags from the facts, because roll-ups have none.
 */
export async function readSpend(
  warehouse: Warehouse,
  settings: Pick<BudgetInput, 'filters' | 'metric' | 'timeZone'>,
  span: { from: Day; to: Day },
  scope: Scope,
  options: { signal?: AbortSignal; cached?: boolean } = {},
): Promise<SpendRow[]> {
  const byTag = settings.filters.some(({ dimension }) => tagOf(dimension) !== undefined);
  const table = byTag ? 'fact_cost_usage' : settings.timeZone === 'UTC' ? 'cost_daily' : 'cost_hourly';
  const time = { fact_cost_usage: 'ChargePeriodStart', cost_daily: 'Day', cost_hourly: 'Hour' }[table];
  const day = table === 'cost_daily' ? 'Day' : `toDate(${time}, {zone:String})`;
  const params: Record<string, unknown> = { from: span.from, to: span.to, zone: settings.timeZone };
  const conditions = settings.filters.map(({ dimension, values }, index) => {
    params[`values${index}`] = values;
    const tag = tagOf(dimension);
    if (tag !== undefined) params[`tag${index}`] = tag;
    return ` AND ${tag === undefined ? columnOf(dimension) : `Tags[{tag${index}:String}]`} IN {values${index}:Array(String)}`;
  });
  const { rows } = await warehouse.query<SpendRow>(
    `SELECT toString(${day}) AS day, BillingCurrency AS currency, toString(sum(${settings.metric})) AS cost,
       toString(sumIf(${settings.metric}, ChargeCategory IN ('Usage', 'Credit', ''))) AS usual,
       groupUniqArray(x_Source) AS sources
     FROM ${table}
     WHERE ${visible}
       AND ${time} >= ${table === 'cost_daily' ? '{from:Date}' : "toDateTime({from:Date}, 'UTC') - INTERVAL 1 DAY"}
       AND ${time} < ${table === 'cost_daily' ? '{to:Date} + 1' : "toDateTime({to:Date}, 'UTC') + INTERVAL 2 DAY"}
       AND ${day} >= {from:Date} AND ${day} <= {to:Date}${conditions.join('')}
     GROUP BY day, currency ORDER BY day, currency`,
    {
      params,
      scope,
      ...(options.cached ? { cacheSeconds: secondsOfCache } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    },
  );
  return rows;
}

/** A column by which budgets are narrowed; its name stands in the SQL. */
function columnOf(dimension: string): string {
  const known = budgetDimensions.find((name) => name === dimension);
  if (known === undefined) throw new TypeError(`${dimension} is no dimension of budgets`);
  return known;
}
