import { AppError, isAppError } from '../platform/errors/index.ts';
import type { PricesPort } from './ports.ts';
import type { Report } from './contract.ts';
import type { Period } from './report-period.ts';
import { daysFrom } from '../cost/index.ts';

/** How the bills of a report come into one currency. */
export interface Exchange {
  /** ISO 4217; empty where there is no cost. */
  currency: string;
  /** Rate of each day of the period, by the currency of the bill; plain decimals with 18 places at most. */
  rates: ReadonlyMap<string, readonly string[]>;
  /** The same for the reader. */
  shown: Report['rates'];
  /** Currencies that are left out because a day has no rate. */
  left: readonly string[];
}

/** Digits of a rate that count: with 30 of an amount they stay within the 76 of the warehouse. */
const ratePlaces = 18;

/**
 * Rates into the currency of a report: the one that was asked for, else that of most lines.
 * @param billed currencies of the bills, that of most lines first
 * @param further those of lines that are not shown and by which shared costs are split; without a rate they do not weigh
 * @throws AppError UNPROCESSABLE naming the missing rate, where a currency was asked for
 */
export async function exchangeOf(
  prices: PricesPort | undefined,
  {
    asked,
    billed,
    further = [],
    period,
    tenant,
  }: {
    asked?: string | undefined;
    billed: readonly string[];
    further?: readonly string[];
    period: Period;
    tenant: string;
  },
): Promise<Exchange> {
  const currency = asked ?? billed[0] ?? '';
  const rates = new Map<string, string[]>();
  const shown: Report['rates'] = [];
  const left: string[] = [];
  for (const from of billed) {
    if (from === currency) continue;
    const found = await ratesOf(prices, from, currency, period, tenant, asked !== undefined);
    if (found === undefined) {
      left.push(from);
      continue;
    }
    rates.set(
      from,
      found.map(({ rate }) => rate),
    );
    shown.push(...found.map((rate) => ({ from, to: currency, ...rate })));
  }
  for (const from of further) {
    if (from === currency || billed.includes(from)) continue;
    const found = await ratesOf(prices, from, currency, period, tenant, false);
    if (found !== undefined)
      rates.set(
        from,
        found.map(({ rate }) => rate),
      );
  }
  return { currency, rates, shown, left };
}

type DayRate = Pick<Report['rates'][number], 'day' | 'rate' | 'rateDay' | 'source'>;

async function ratesOf(
  prices: PricesPort | undefined,
  from: string,
  to: string,
  { firstDay, lastDay }: Period,
  tenant: string,
  demanded: boolean,
): Promise<DayRate[] | undefined> {
  const missing = new AppError(
    'UNPROCESSABLE',
    `There is no rate from ${from} to ${to} for every day from ${firstDay}.`,
    {
      help: 'Import rates under Prices, or choose the currency of the bills.',
    },
  );
  try {
    const known = await prices?.rates(from, to, firstDay, lastDay, tenant);
    const days = daysFrom(firstDay, lastDay).map((day) => ({ day, found: known?.get(day) }));
    if (days.every(({ found }) => found !== undefined))
      return days.map(({ day, found }) => ({ day, ...found!, rate: cut(found!.rate) }));
  } catch (error) {
    if (demanded || !isAppError(error) || error.code !== 'UNPROCESSABLE') throw error;
  }
  if (demanded) throw missing;
  return undefined;
}

function cut(rate: string): string {
  const [whole = '0', fraction = ''] = rate.split('.');
  const kept = fraction.slice(0, ratePlaces).replace(/0+$/, '');
  return kept === '' ? whole : `${whole}.${kept}`;
}
