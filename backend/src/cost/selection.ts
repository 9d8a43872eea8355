import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { listActiveDrops } from './cost-repository.ts';
import { conditions, dropList } from './cost-sql.ts';
import { isDimension, isMetric, type Metric } from './dimensions.ts';
import { filterRefusal, holdsNul, type Filter } from './plan.ts';
import { linesQuery } from './query-parameters.ts';
import { accepted } from './routes.ts';

/** Which lines of the bills are meant: those that begin in [from, to) and pass every filter. Unix milliseconds. */
export interface Selection {
  from: number;
  to: number;
  filters: readonly Filter[];
  /** Of the bill; all where absent. */
  currency?: string;
}

/** Reads range, filters and currency as GET /api/cost/lines takes them. @throws AppError VALIDATION_FAILED */
export function selectionOf(
  asked: { range?: string; from?: string; to?: string; currency?: string; filter?: string | string[] },
  now: Date,
): Selection {
  const { range, filters, currency } = accepted(linesQuery(asked, now));
  const refused = filterRefusal(filters);
  if (refused !== undefined) throw new AppError('VALIDATION_FAILED', refused);
  return { from: range.from, to: range.to, filters, ...(currency === undefined ? {} : { currency }) };
}

/** Filters of another room with names that are known to exist. @throws AppError VALIDATION_FAILED */
export function filtersOf(asked: readonly { dim: string; values: readonly string[] }[]): Filter[] {
  const filters = asked.map(({ dim, values }) => {
    if (!isDimension(dim)) throw new AppError('VALIDATION_FAILED', `There is no dimension ${dim} to filter by.`);
    if (values.some(holdsNul)) throw new AppError('VALIDATION_FAILED', 'A value holds a NUL character; leave it out.');
    return { dim, values };
  });
  const refused = filterRefusal(filters);
  if (refused !== undefined) throw new AppError('VALIDATION_FAILED', refused);
  return filters;
}

/** @throws AppError VALIDATION_FAILED where there is no such metric */
export function metricOf(name: string): Metric {
  if (!isMetric(name)) throw new AppError('VALIDATION_FAILED', `There is no metric ${name}.`);
  return name;
}

/** The bills that count now and hold such lines: every statement of one answer names the same ones. */
export async function dropsOf(
  warehouse: Warehouse,
  { from, to }: Pick<Selection, 'from' | 'to'>,
  scope: Scope,
  signal?: AbortSignal,
): Promise<string[]> {
  const drops = await listActiveDrops(warehouse, scope, signal);
  return drops
    .filter(({ chargeFrom, chargeLast }) => chargeFrom * 1000 < to && chargeLast * 1000 >= from)
    .map(({ dropId }) => dropId)
    .sort();
}

/** The condition of a statement on lines, hours or whole UTC days of these bills, with its parameters. */
export function selectionSql(
  selection: Selection,
  drops: readonly string[],
  time: 'ChargePeriodStart' | 'Hour' | 'Day',
): { where: string; params: Record<string, unknown> } {
  const params: Record<string, unknown> = { from: selection.from / 1000, to: selection.to / 1000 };
  selection.filters.forEach((filter, index) => (params[`filter${index}`] = [...filter.values]));
  if (selection.currency !== undefined) params['currency'] = selection.currency;
  const currency = selection.currency === undefined ? '' : ' AND BillingCurrency = {currency:String}';
  const bills = drops.length === 0 ? '0' : `x_DropId IN ${dropList(drops)}`;
  const bound = (name: string): string => {
    const instant = `toDateTime({${name}:UInt32}, 'UTC')`;
    return time === 'Day' ? `toDate(${instant}, 'UTC')` : instant;
  };
  const where = `${bills} AND ${time} >= ${bound('from')} AND ${time} < ${bound('to')}${conditions(selection)}${currency}`;
  return { where, params };
}
