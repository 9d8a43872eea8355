import { Decimal } from 'decimal.js';
import type { UsageRow, UsageSums, UsageSummary } from './contract.ts';
import { addBuckets, quantilesOf, readBuckets } from './latency-buckets.ts';
import type { UsagePlan } from './usage-query.ts';
import { countNames, type CountName, type SummedRow } from './usage-sql.ts';

/** Sums that can be added and taken away from each other. */
interface Sums {
  counts: Record<CountName, number>;
  cost: Decimal;
  reportedCost: Decimal;
  duration: Map<number, number>;
  firstToken: Map<number, number>;
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** The currency of most priced requests; of equals the first by name. */
export function mainCurrency(totals: readonly SummedRow[]): string {
  const priced = totals.filter(({ currency }) => currency !== '');
  const ordered = priced.sort(
    (a, b) => Number(b['requests']) - Number(a['requests']) || (a.currency < b.currency ? -1 : 1),
  );
  return ordered[0]?.currency ?? '';
}

/** The answer from the sums by currency and the rows of the groups (none are needed where nothing is grouped). */
export function usageSummary(
  plan: UsagePlan & { currency: string },
  totals: readonly SummedRow[],
  rows: readonly SummedRow[],
  freshness: UsageSummary['freshness'],
): UsageSummary {
  const all = totals.map((row) => sumsOf(row, row.currency === plan.currency)).reduce(add, nothing());
  const currencies = totals
    .filter(({ currency, cost }) => currency !== '' && !new Decimal(cost).isZero())
    .map(({ currency }) => currency)
    .sort();
  return {
    from: instant(plan.range.from),
    to: instant(plan.range.to),
    granularity: plan.granularity,
    dims: [...plan.dims],
    currency: plan.currency,
    currencies,
    rows: plan.granularity === 'total' ? groupRows(plan, all, rows) : bucketRows(plan, rows),
    total: told(all),
    freshness,
    notices: noticesOf(plan, all, currencies, freshness),
  };
}

function groupRows(plan: UsagePlan, all: Sums, rows: readonly SummedRow[]): UsageRow[] {
  if (plan.dims.length === 0) return all.counts.requests === 0 ? [] : [{ keys: {}, ...told(all) }];
  const built = rows.map((row) => ({ keys: keysOf(plan, row), ...told(sumsOf(row, true)) }));
  const shown = rows.map((row) => sumsOf(row, true)).reduce(add, nothing());
  const rest = add(all, shown, -1);
  if (rest.counts.requests === 0) return built;
  return [...built, { keys: noKeys(plan), other: true, ...told(rest) }];
}

function bucketRows(plan: UsagePlan, rows: readonly SummedRow[]): UsageRow[] {
  return rows.map((row) => ({
    keys: row.shown === 1 ? keysOf(plan, row) : noKeys(plan),
    at: instant(row.at * 1000),
    ...(row.shown === 1 ? {} : { other: true }),
    ...told(sumsOf(row, true)),
  }));
}

function keysOf(plan: UsagePlan, row: SummedRow): Record<string, string> {
  return Object.fromEntries(plan.dims.map((dim, index) => [dim, String(row[`d${index}`])]));
}

function noKeys(plan: UsagePlan): Record<string, string> {
  return Object.fromEntries(plan.dims.map((dim) => [dim, '']));
}

function nothing(): Sums {
  const counts = Object.fromEntries(countNames.map((name) => [name, 0])) as Record<CountName, number>;
  return { counts, cost: new Decimal(0), reportedCost: new Decimal(0), duration: new Map(), firstToken: new Map() };
}

function sumsOf(row: SummedRow, isOwnCurrency: boolean): Sums {
  const counts = Object.fromEntries(countNames.map((name) => [name, Number(row[name])])) as Record<CountName, number>;
  return {
    counts,
    cost: new Decimal(isOwnCurrency ? row.cost : 0),
    reportedCost: new Decimal(row.reportedCost),
    duration: readBuckets(row.durationBuckets),
    firstToken: readBuckets(row.firstTokenBuckets),
  };
}

function add(one: Sums, other: Sums, factor: number = 1): Sums {
  const sign = factor === -1 ? -1 : 1;
  const counts = Object.fromEntries(
    countNames.map((name) => [name, one.counts[name] + sign * other.counts[name]]),
  ) as Record<CountName, number>;
  return {
    counts,
    cost: one.cost.plus(other.cost.times(sign)),
    reportedCost: one.reportedCost.plus(other.reportedCost.times(sign)),
    duration: addBuckets(one.duration, other.duration, sign),
    firstToken: addBuckets(one.firstToken, other.firstToken, sign),
  };
}

function told(sums: Sums): UsageSums {
  const durationMs = quantilesOf(sums.duration);
  const firstTokenMs = quantilesOf(sums.firstToken);
  return {
    ...sums.counts,
    cost: sums.cost.toFixed(),
    reportedCost: sums.reportedCost.toFixed(),
    ...(durationMs ? { durationMs } : {}),
    ...(firstTokenMs ? { firstTokenMs } : {}),
  };
}

function noticesOf(
  plan: UsagePlan & { currency: string },
  all: Sums,
  currencies: readonly string[],
  { waitingDays }: UsageSummary['freshness'],
): UsageSummary['notices'] {
  const notices: UsageSummary['notices'] = [];
  const others = currencies.filter((currency) => currency !== plan.currency);
  if (others.length > 0)
    notices.push({
      severity: 'warning',
      text: `Cost in ${others.join(', ')} is not in these amounts; ask for it with currency=${others[0]}.`,
    });
  if (all.counts.unpriced > 0)
    notices.push({
      severity: 'warning',
      text: `${all.counts.unpriced} of ${all.counts.requests} calls have no price and count as 0; add prices for their models.`,
    });
  if (waitingDays > 0)
    notices.push({ severity: 'info', text: `${waitingDays} days have requests that are not rolled up yet.` });
  return notices;
}
