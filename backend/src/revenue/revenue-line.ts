import { exact, exactText } from '../platform/amounts/index.ts';
import type { RevenueLine } from './contract.ts';

/** Revenue of a customer for a span of days, both included (`2026-11-30`). */
export interface Revenue {
  customer: string;
  from: string;
  to: string;
  amount: string;
  currency: string;
}

/** A line with what people find it by: its number, or file and number. */
export interface NumberedLine {
  line: number | string;
  fields: RevenueLine;
}

export interface LineProblem {
  line: number | string;
  reason: string;
}

const dayMs = 86_400_000;
/** A period of two years is a mistake of the century. */
const maxPeriodDays = 731;

/** Reads lines, numbered as given; what is wrong with any of them is told, and then none of them counts. */
export function readLines(lines: readonly NumberedLine[]): {
  revenues: Revenue[];
  problems: LineProblem[];
} {
  const revenues: Revenue[] = [];
  const problems: LineProblem[] = [];
  const seen = new Map<string, number | string>();
  for (const { line, fields } of lines) {
    const read = readLine(fields);
    if ('reason' in read) {
      problems.push({ line, reason: read.reason });
      continue;
    }
    const key = JSON.stringify([read.from, read.to, read.customer, read.currency]);
    const before = seen.get(key);
    if (before === undefined) revenues.push(read);
    else
      problems.push({
        line,
        reason: `says the same customer, period and currency as ${typeof before === 'number' ? `line ${before}` : before}`,
      });
    seen.set(key, before ?? line);
  }
  return { revenues, problems };
}

function readLine(fields: RevenueLine): Revenue | { reason: string } {
  const customer = fields.customer.trim();
  if (customer === '') return { reason: 'names no customer' };
  if (hasControl(customer)) return { reason: 'has a control character in the customer' };
  const currency = fields.currency.trim().toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) return { reason: 'has a currency that is no ISO 4217 code, e.g. USD' };
  const amount = fields.amount.trim();
  if (!/^-?\d{1,30}(\.\d{1,30})?$/.test(amount))
    return { reason: 'has an amount that is no plain decimal, e.g. 1200.50; leave out separators of thousands' };
  const period = periodOf(fields);
  if ('reason' in period) return period;
  return { customer, ...period, amount: exactText(exact(amount)), currency };
}

function hasControl(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}

function periodOf({ month, from, to }: RevenueLine): { from: string; to: string } | { reason: string } {
  const named = month !== undefined && month.trim() !== '';
  const ranged = (from ?? '').trim() !== '' || (to ?? '').trim() !== '';
  if (named === ranged) return { reason: 'needs either a month (2026-11) or from and to (2026-11-01), not both' };
  if (named) {
    const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month.trim());
    if (match === null) return { reason: 'has a month that is not written 2026-11' };
    const [year, number] = [Number(match[1]), Number(match[2])];
    return { from: `${match[0]}-01`, to: dayText(Date.UTC(year, number, 0)) };
  }
  const [first, last] = [dayOf(from ?? ''), dayOf(to ?? '')];
  if (first === undefined || last === undefined) return { reason: 'has a day that is not written 2026-11-01' };
  if (last < first) return { reason: 'ends before it begins' };
  if ((last - first) / dayMs >= maxPeriodDays) return { reason: 'is longer than two years; split it' };
  return { from: dayText(first), to: dayText(last) };
}

/** Unix milliseconds of a day; undefined for other text. */
export function dayOf(text: string): number | undefined {
  const trimmed = text.trim();
  const at = /^\d{4}-\d{2}-\d{2}$/.test(trimmed) ? Date.parse(`${trimmed}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) || dayText(at) !== trimmed ? undefined : at;
}

export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Two periods of one customer and currency that share a day: the first such pair, or undefined. */
export function overlapOf(lines: readonly Pick<Revenue, 'customer' | 'currency' | 'from' | 'to'>[]) {
  const sorted = [...lines].sort(
    (a, b) =>
      compare(a.customer, b.customer) ||
      compare(a.currency, b.currency) ||
      compare(a.from, b.from) ||
      compare(a.to, b.to),
  );
  for (const [place, line] of sorted.entries()) {
    const next = sorted[place + 1];
    if (next && next.customer === line.customer && next.currency === line.currency && next.from <= line.to)
      return { one: line, other: next };
  }
  return undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What of a period's revenue falls on each day, spread evenly: amount / days, cut at the thirtieth digit, and what the division
 * leaves on the last day, so that whole periods are their amount to the last digit.
 */
export function revenueOfDays(
  revenue: Revenue,
  span: { from: number; to: number },
): { first: number; days: number; each: bigint; last: bigint } | undefined {
  const [begin, end] = [dayOf(revenue.from)!, dayOf(revenue.to)! + dayMs];
  const [first, after] = [Math.max(begin, span.from), Math.min(end, span.to)];
  if (after <= first) return undefined;
  const amount = exact(revenue.amount);
  const each = amount / BigInt((end - begin) / dayMs);
  const rest = amount - each * BigInt((end - begin) / dayMs - 1);
  return { first, days: (after - first) / dayMs, each, last: after === end ? rest : each };
}
