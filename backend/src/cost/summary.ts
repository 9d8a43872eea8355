import { Decimal } from 'decimal.js';
import type { CostRow, CostSummary, Notice } from './contract.ts';
import type { SummedRow, TotalledRow } from './cost-sql.ts';
import { dayMs } from './range.ts';
import type { CostQuery } from './plan.ts';

/** Decimal(76, 30) and sums of them, exactly. */
const Exact = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
type Exact = InstanceType<typeof Exact>;

interface Sums {
  cost: Exact;
  previousCost: Exact;
  lines: number;
}

/** The sums of a currency; a series does not tell how much of it names no team. */
interface Totals extends Sums {
  withoutTeamShare?: string;
}

/** What the drops say about the data behind an answer. */
export interface Coverage {
  /** Unix seconds; undefined without any cost. */
  newestChargePeriodEnd: number | undefined;
  /** Unix seconds; undefined without any cost. */
  oldestChargePeriodStart: number | undefined;
}

/** A span as long as this is not misread for the hour by which it was widened. */
const ampleSpanMs = 3 * dayMs;

/** Sums per currency from rows that carry their currency's total. */
export function totalsOf(rows: readonly TotalledRow[]): Map<string, Totals> {
  return new Map(
    rows.map((row) => [
      row.currency,
      {
        cost: new Exact(row.totalCost),
        previousCost: new Exact(row.totalPreviousCost),
        lines: Number(row.totalLines),
        ...withoutTeam(new Exact(row.totalGrossWithoutTeam), new Exact(row.totalGross)),
      },
    ]),
  );
}

function withoutTeam(part: Exact, whole: Exact): { withoutTeamShare?: string } {
  return whole.isZero() ? {} : { withoutTeamShare: share(part, whole) };
}

/** Sums per currency over the buckets of a series, which hold every line. */
export function totalsOfSeries(rows: readonly SummedRow[]): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const row of rows) {
    const total = totals.get(row.currency) ?? zero();
    totals.set(row.currency, {
      cost: total.cost.plus(row.cost),
      previousCost: total.previousCost.plus(row.previousCost),
      lines: total.lines + Number(row.lines),
    });
  }
  return totals;
}

/**
 * The answer to a cost query from the rows of the warehouse: one currency, amounts exact, the groups beyond the limit as one
 * row `other`, the largest first, along time in its order.
 */
export function summaryOf(
  asked: CostQuery,
  rows: readonly SummedRow[],
  totals: ReadonlyMap<string, Totals>,
  coverage: Coverage,
): CostSummary {
  const query = { ...asked, compare: asked.compare && coversPrevious(asked, coverage) };
  const currency = query.currency ?? mainCurrency(totals);
  const total: Totals = totals.get(currency) ?? zero();
  const own = rows.filter((row) => row.currency === currency);
  const built = query.granularity === 'total' ? groups(query, own, total) : buckets(query, own);
  const { newestChargePeriodEnd: newest } = coverage;
  return {
    metric: query.metric,
    currency,
    from: instant(query.range.from),
    to: instant(query.range.to),
    granularity: query.granularity,
    dims: [...query.dims],
    rows: built.map((row) => withShare(row, total)),
    total: {
      cost: text(total.cost),
      ...(query.compare ? { previousCost: text(total.previousCost) } : {}),
      lines: total.lines,
    },
    currencies: [...totals]
      .filter(([, { lines }]) => lines > 0)
      .map(([name]) => name)
      .sort(),
    quality: total.withoutTeamShare === undefined ? {} : { withoutTeamShare: total.withoutTeamShare },
    freshness: newest === undefined ? {} : { newestChargePeriodEnd: instant(newest * 1000) },
    notices: [...noticesOf(query, currency, totals, built, coverage), ...incomparable(asked, coverage)],
  };
}

/** The currency of most lines (amounts of two currencies cannot be compared); of equals the first by name. */
function mainCurrency(totals: ReadonlyMap<string, Totals>): string {
  const ordered = [...totals].sort(([a, one], [b, other]) => other.lines - one.lines || (a < b ? -1 : 1));
  return ordered[0]?.[0] ?? '';
}

function groups(query: CostQuery, rows: readonly SummedRow[], total: Totals): CostRow[] {
  if (query.dims.length === 0) return rows.length === 0 ? [] : [rowOf(query, total, {}, {})];
  const shown = rows.slice(0, query.limit);
  const sorted = shown.map((row) => rowOf(query, numbersOf(row), keysOf(query, row), {})).sort(byCost);
  if (rows.length <= query.limit) return sorted;
  const rest = shown.map(numbersOf).reduce(minus, total);
  return [...sorted, rowOf(query, rest, otherKeys(query), { other: true })];
}

function buckets(query: CostQuery, rows: readonly SummedRow[]): CostRow[] {
  return rows.map((row) => {
    const at = { at: instant(row.at * 1000) };
    if (row.shown === 1 || query.dims.length === 0) return rowOf(query, numbersOf(row), keysOf(query, row), at);
    return rowOf(query, numbersOf(row), otherKeys(query), { ...at, other: true });
  });
}

function rowOf(
  query: CostQuery,
  numbers: Sums,
  keys: Record<string, string>,
  extra: Pick<CostRow, 'at' | 'other'>,
): CostRow {
  const previous = query.compare ? { previousCost: text(numbers.previousCost) } : {};
  return { keys, cost: text(numbers.cost), ...previous, lines: numbers.lines, ...extra };
}

function withShare(row: CostRow, total: Totals): CostRow {
  return total.cost.isZero() ? row : { ...row, share: share(new Exact(row.cost), total.cost) };
}

function keysOf(query: CostQuery, row: SummedRow): Record<string, string> {
  return Object.fromEntries(query.dims.map((dim, place) => [dim, row[`d${place}`] ?? '']));
}

function otherKeys(query: CostQuery): Record<string, string> {
  return Object.fromEntries(query.dims.map((dim) => [dim, 'other']));
}

function numbersOf(row: SummedRow): Sums {
  return {
    cost: new Exact(row.cost),
    previousCost: new Exact(row.previousCost),
    lines: Number(row.lines),
  };
}

function minus(all: Sums, part: Sums): Sums {
  return {
    cost: all.cost.minus(part.cost),
    previousCost: all.previousCost.minus(part.previousCost),
    lines: all.lines - part.lines,
  };
}

function zero(): Sums {
  return { cost: new Exact(0), previousCost: new Exact(0), lines: 0 };
}

function byCost(one: CostRow, other: CostRow): number {
  return new Exact(other.cost).cmp(one.cost);
}

function share(part: Exact, whole: Exact): string {
  return part.div(whole).toDecimalPlaces(6).toFixed();
}

function text(amount: Exact): string {
  return amount.toFixed();
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** Whether the bills reach back to the day on which the span before begins; a change against half a span would be no change. */
function coversPrevious(query: CostQuery, { oldestChargePeriodStart: oldest }: Coverage): boolean {
  return oldest !== undefined && Math.floor((oldest * 1000) / dayMs) * dayMs <= query.range.previous.from;
}

function incomparable(query: CostQuery, coverage: Coverage): Notice[] {
  const { oldestChargePeriodStart: oldest } = coverage;
  if (!query.compare || oldest === undefined || coversPrevious(query, coverage)) return [];
  const text = `The bills begin at ${instant(oldest * 1000)}: the span before is not complete, so that nothing is compared.`;
  return [{ severity: 'info', text }];
}

function noticesOf(
  query: CostQuery,
  currency: string,
  totals: ReadonlyMap<string, Totals>,
  rows: readonly CostRow[],
  coverage: Coverage,
): Notice[] {
  const notices: Notice[] = [];
  const others = [...totals]
    .filter(([name, { lines }]) => name !== currency && lines > 0)
    .map(([name]) => name)
    .sort();
  if (others.length > 0)
    notices.push({
      severity: 'warning',
      text: `Only ${currency} is shown; costs in ${others.join(', ')} are not added. Choose a currency to see them.`,
    });
  if (rows.some((row) => row.other))
    notices.push({ severity: 'info', text: `The ${query.limit} largest groups are shown; the rest is \`other\`.` });
  if (query.range.widened && query.range.to - query.range.from < ampleSpanMs)
    notices.push({ severity: 'info', text: 'The range was widened to whole hours (UTC).' });
  const newest = coverage.newestChargePeriodEnd;
  if (newest === undefined)
    notices.push({ severity: 'info', text: 'No bill has arrived yet. Send one to POST /api/ingest/focus.' });
  else if (newest * 1000 <= query.range.from)
    notices.push({ severity: 'info', text: `The newest charge ends at ${instant(newest * 1000)}, before this range.` });
  return notices;
}
