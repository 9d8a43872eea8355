import type { CostRow, CostSummary, Notice } from './contract.ts';
import { bucketRows, groupRows, instant } from './cost-rows.ts';
import type { SummedRow } from './cost-sql.ts';
import { zeroSums, type Totals } from './exact-sums.ts';
import type { CostQuery } from './plan.ts';
import { dayMs } from './range.ts';

/** What the drops say about the data behind an answer. */
export interface Coverage {
  /** Unix seconds; undefined without any cost. */
  newestChargePeriodEnd: number | undefined;
  /** Unix seconds; undefined without any cost. */
  oldestChargePeriodStart: number | undefined;
}

/** A span as long as this is not misread for the hour by which it was widened. */
const ampleSpanMs = 3 * dayMs;

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
  const total: Totals = totals.get(currency) ?? zeroSums();
  const own = rows.filter((row) => row.currency === currency);
  const built = query.granularity === 'total' ? groupRows(query, own, total) : bucketRows(query, own);
  const { newestChargePeriodEnd: newest } = coverage;
  return {
    metric: query.metric,
    currency,
    from: instant(query.range.from),
    to: instant(query.range.to),
    granularity: query.granularity,
    dims: [...query.dims],
    rows: built,
    total: {
      cost: total.cost.toFixed(),
      ...(query.compare ? { previousCost: total.previousCost.toFixed() } : {}),
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
