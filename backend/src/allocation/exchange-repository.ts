import { isAppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { dayMs, dropList, type Span } from '../cost/index.ts';
import { isCurrencyName, type Exchange } from './exchange.ts';
import type { Rates } from './ports.ts';

interface Asked {
  currency?: string;
  /** Whole UTC days. */
  span: Span;
  /** Days whose rates are needed; those of the span where absent. */
  rateDays?: Span;
  drops: readonly string[];
  /** Currencies of those bills, that of most lines first, where the caller knows them; else they are read. */
  billed?: readonly string[];
  /** Currencies of what is no bill, e.g. of usage; the first is shown where there are no bills. */
  further?: readonly string[];
}

/** The currency of an answer, the asked one or that of most lines, with the rates of the others in the span. */
export async function exchangeFor(
  { warehouse, prices, cacheSeconds }: { warehouse: Warehouse; prices?: Rates | undefined; cacheSeconds: number },
  { currency, span, rateDays = span, drops, billed, further = [] }: Asked,
  scope: Scope,
): Promise<Exchange> {
  const own = billed ?? (await billedCurrencies(warehouse, span, drops, scope, cacheSeconds));
  const found = [...own, ...further];
  const shown = currency?.toUpperCase() ?? found[0] ?? '';
  const rates = new Map<string, string[]>();
  const newest: Exchange['shown'][number][] = [];
  const left: string[] = [];
  for (const other of new Set(found)) {
    if (other === shown) continue;
    const days =
      prices && isCurrencyName(other) ? await ratesOf(prices, other, shown, rateDays, scope.tenant) : undefined;
    if (days === undefined) {
      left.push(other);
      continue;
    }
    rates.set(
      other,
      days.map(({ rate }) => rate),
    );
    const { rate, rateDay, source } = days.at(-1)!;
    newest.push({ currency: other, rate, rateDay, source });
  }
  return { currency: shown, rates, firstDay: rateDays.from, shown: newest, left: left.sort() };
}

/** What stands under the id of a drop does not change, but for a warehouse that is just made anew. */
const currenciesSeconds = 60;

async function billedCurrencies(
  warehouse: Warehouse,
  span: Span,
  drops: readonly string[],
  scope: Scope,
  cacheSeconds: number,
): Promise<string[]> {
  if (drops.length === 0) return [];
  // The small sums tell neither teams nor products.
  const seesAll = scope.teams === 'all' && scope.products === 'all';
  const sql = `
SELECT toString(BillingCurrency) AS currency FROM ${seesAll ? 'cost_name_daily' : 'cost_unit_daily'}
WHERE x_DropId IN ${dropList(drops)} AND Day >= toDate({from:UInt32}) AND Day < toDate({to:UInt32})
GROUP BY currency ORDER BY sum(LineCount) DESC, currency LIMIT 100`;
  const params = { from: span.from / dayMs, to: span.to / dayMs };
  const { rows } = await warehouse.query<{ currency: string }>(sql, {
    ...{ params, scope },
    cacheSeconds: Math.max(cacheSeconds, currenciesSeconds),
  });
  return rows.map((row) => row.currency);
}

/** Undefined where a day has no rate: an amount is not converted by a guess. */
async function ratesOf(prices: Rates, from: string, to: string, span: Span, tenant: string) {
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  try {
    const known = await prices.rates(from, to, dayOf(span.from), dayOf(span.to - dayMs), tenant);
    const days = [];
    for (let day = span.from; day < span.to; day += dayMs) {
      const rate = known.get(dayOf(day));
      if (rate === undefined) return undefined;
      days.push(rate);
    }
    return days;
  } catch (error) {
    if (isAppError(error) && error.code === 'UNPROCESSABLE') return undefined;
    throw error;
  }
}
