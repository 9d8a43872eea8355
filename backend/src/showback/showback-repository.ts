import { selectionSql, type Selection } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { textSql } from '../platform/sql/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { Exchange } from './exchange.ts';
import type { Period } from './report-period.ts';
import { dayMs } from '../cost/index.ts';

/** What is read for a report: names are from allow-lists, values are parameters. */
export interface CostQuestion {
  metric: string;
  selection: Selection;
  period: Period;
  drops: readonly string[];
}

/** A table that holds the hours or days of the question whole, and how it names its time and its lines. */
interface Source {
  table: string;
  time: 'Day' | 'Hour' | 'ChargePeriodStart';
  lines: string;
}

const hourMs = 3_600_000;

/**
 * Whole UTC days stand in cost_daily; days of other zones are made of the hours in cost_hourly; where a zone is off by half
 * an hour, of the lines themselves.
 */
function sourceOf({ from, to, zone }: Period): Source {
  if (zone === 'UTC' && from % dayMs === 0 && to % dayMs === 0)
    return { table: 'cost_daily', time: 'Day', lines: 'LineCount' };
  if (wholeHours(zone, from) && wholeHours(zone, to)) return { table: 'cost_hourly', time: 'Hour', lines: 'LineCount' };
  return { table: 'fact_cost_usage', time: 'ChargePeriodStart', lines: 'toUInt64(1)' };
}

const wholeHours = (zone: string, at: number): boolean => zone !== '' && at % hourMs === 0;

function sourceSql({ metric, selection, period, drops }: CostQuestion, columns: readonly string[]) {
  const { table, time, lines } = sourceOf(period);
  const { where, params } = selectionSql(selection, drops, time);
  // The zone's name was checked against the zones that are known; quotes cannot stand in it.
  const day = time === 'Day' ? 'Day' : `toDate(${time}, '${period.zone}')`;
  const fields = [
    'BillingCurrency AS currency',
    `${day} AS day`,
    `CAST(${metric} AS Decimal(76, 30)) AS raw`,
    `${lines} AS lines_`,
    ...columns.map((name, index) => `toString(${name}) AS k${index}`),
  ];
  return { sql: `SELECT ${fields.join(', ')} FROM ${table} WHERE ${where}`, params };
}

const timeoutMs = 60_000;

/** Cost of each day and currency, and how many lines. */
export async function readDays(
  warehouse: Warehouse,
  question: CostQuestion,
  scope: Scope,
): Promise<{ currency: string; day: string; cost: string; lines: number }[]> {
  if (question.drops.length === 0) return [];
  const { sql, params } = sourceSql(question, []);
  const { rows } = await warehouse.query<{ currency: string; day: string; cost: string; lines: string }>(
    `SELECT toString(currency) AS currency, toString(day) AS day, toString(sum(raw)) AS cost, toString(sum(lines_)) AS lines
FROM (${sql}) GROUP BY currency, day ORDER BY day, currency`,
    { params, scope, timeoutMs },
  );
  return rows.map((row) => ({ ...row, lines: Number(row.lines) }));
}

/** Cost by the values of all levels, in the one currency of the exchange. */
export interface KeyedCost {
  keys: string[];
  cost: string;
  /** Amounts without their signs: credits do not hide what is not attributed. */
  gross: string;
  lines: number;
}

/** @param most groups that are read; one more tells that there are more */
export async function readGroups(
  warehouse: Warehouse,
  question: CostQuestion & { levels: readonly string[]; exchange: Exchange; most: number },
  scope: Scope,
): Promise<KeyedCost[]> {
  if (question.drops.length === 0) return [];
  const { levels, exchange, most } = question;
  const { sql, params } = sourceSql(question, levels);
  const keys = levels.map((_, index) => `k${index}`);
  const currencies = [exchange.currency, ...exchange.rates.keys()].map(textSql).join(', ');
  const { rows } = await warehouse.query<Record<string, string>>(
    `SELECT ${keys.join(', ')}, toString(sum(amount)) AS cost, toString(sum(abs(amount))) AS gross, toString(sum(lines_)) AS lines
FROM (SELECT *, ${amountSql(exchange, question.period)} AS amount FROM (${sql}) WHERE currency IN (${currencies}))
GROUP BY ${keys.join(', ')} ORDER BY ${keys.join(', ')} LIMIT ${most + 1}`,
    { params, scope, timeoutMs, maxResultRows: most + 1 },
  );
  return rows.map((row) => ({
    keys: keys.map((key) => row[key] ?? ''),
    cost: row['cost'] ?? '0',
    gross: row['gross'] ?? '0',
    lines: Number(row['lines']),
  }));
}

/** An amount by the rate of its day, cut at the thirtieth digit row by row, so that sums by any grouping agree. */
function amountSql({ rates }: Exchange, { firstDay }: Period): string {
  if (rates.size === 0) return 'raw';
  const first = Date.parse(`${firstDay}T00:00:00Z`) / dayMs;
  const branches = [...rates].flatMap(([currency, days]) => [
    `currency = ${textSql(currency)}`,
    `CAST(raw * arrayElement([${days.map(rateSql).join(', ')}], toUInt32(toUInt16(day)) - ${first} + 1) AS Decimal(76, 30))`,
  ]);
  return `multiIf(${branches.join(', ')}, raw)`;
}

function rateSql(rate: string): string {
  if (!/^\d{1,20}(\.\d{1,18})?$/.test(rate)) throw new TypeError('A rate is not a plain decimal');
  return `toDecimal128('${rate}', 18)`;
}
