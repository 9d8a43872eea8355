import { Decimal } from 'decimal.js';
import type { SummedRow, TotalledRow } from './cost-sql.ts';

/** Decimal(76, 30) and sums of them, exactly. */
const Exact = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
export type Exact = InstanceType<typeof Exact>;

export interface Sums {
  cost: Exact;
  previousCost: Exact;
  lines: number;
}

/** The sums of a currency; a series does not tell how much of it names no team. */
export interface Totals extends Sums {
  withoutTeamShare?: string;
}

const none = new Exact(0);

/** Sums per currency from rows that carry their currency's total. */
export function totalsOf(rows: readonly TotalledRow[]): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const row of rows) {
    if (totals.has(row.currency)) continue;
    totals.set(row.currency, {
      cost: new Exact(row.totalCost),
      previousCost: new Exact(row.totalPreviousCost),
      lines: Number(row.totalLines),
      ...withoutTeam(new Exact(row.totalGrossWithoutTeam), new Exact(row.totalGross)),
    });
  }
  return totals;
}

/** Sums per currency over the buckets of a series, which hold every line. */
export function totalsOfSeries(rows: readonly SummedRow[]): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const row of rows) {
    const total = totals.get(row.currency) ?? zeroSums();
    total.cost = total.cost.plus(row.cost);
    if (row.previousCost !== '0') total.previousCost = total.previousCost.plus(row.previousCost);
    total.lines += Number(row.lines);
    totals.set(row.currency, total);
  }
  return totals;
}

export function sumsOf(row: SummedRow): Sums {
  return { cost: new Exact(row.cost), previousCost: new Exact(row.previousCost), lines: Number(row.lines) };
}

/** What is left of `all` without the parts. */
export function without(all: Sums, parts: readonly Sums[]): Sums {
  const rest = { ...all };
  for (const part of parts) {
    rest.cost = rest.cost.minus(part.cost);
    rest.previousCost = rest.previousCost.minus(part.previousCost);
    rest.lines -= part.lines;
  }
  return rest;
}

export function zeroSums(): Sums {
  return { cost: none, previousCost: none, lines: 0 };
}

/** Part of a whole that is not 0, six places. */
export function shareOf(part: Exact, whole: Exact): string {
  return Decimal.div(part.toString(), whole.toString()).toDecimalPlaces(6).toFixed();
}

function withoutTeam(part: Exact, whole: Exact): { withoutTeamShare?: string } {
  return whole.isZero() ? {} : { withoutTeamShare: shareOf(part, whole) };
}
