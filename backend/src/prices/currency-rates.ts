import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import { daysBetween, RateTable, type FoundRate } from './currency-rate.ts';
import { Exact, plain } from './exact.ts';
import type { ConvertedAmount, Prices } from './prices.ts';
import { loadRates } from './rate-repository.ts';

const day = /^\d{4}-\d{2}-\d{2}$/;
const longestSpan = 3_700;

/** Conversion by the rates that a tenant has. */
export class CurrencyRates {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws AppError UNPROCESSABLE naming the missing rate, VALIDATION_FAILED for what is no day */
  async convert(
    { amount, currency }: { amount: string; currency: string },
    to: string,
    onDay: string,
    tenant: string,
  ): Promise<ConvertedAmount> {
    const table = await this.#table(currency, to, onDay, onDay, tenant);
    const found = rateOf(table, currency, to, onDay);
    return {
      amount: plain(new Exact(amount).times(found.rate)),
      currency: to,
      rate: found.rate,
      rateDay: found.rateDay,
      rateSource: found.source,
    };
  }

  /** @throws AppError UNPROCESSABLE naming the first day without a rate, VALIDATION_FAILED for what is no day */
  async rates(...[from, to, firstDay, lastDay, tenant]: Parameters<Prices['rates']>): ReturnType<Prices['rates']> {
    const table = await this.#table(from, to, firstDay, lastDay, tenant);
    const days = daysBetween(firstDay, lastDay);
    if (days.length > longestSpan)
      throw new AppError('VALIDATION_FAILED', `Ask for at most ${longestSpan} days of rates.`);
    return new Map(days.map((each) => [each, rateOf(table, from, to, each)]));
  }

  async #table(from: string, to: string, firstDay: string, lastDay: string, tenant: string): Promise<RateTable> {
    for (const text of [firstDay, lastDay])
      if (!day.test(text) || Number.isNaN(Date.parse(text)))
        throw new AppError('VALIDATION_FAILED', `${text} is no day; write it as 2026-11-20.`);
    if (from === to) return new RateTable([]);
    const currencies = [...new Set([from, to, 'EUR', 'USD'])];
    return new RateTable(await loadRates(this.#store, tenant, currencies, firstDay, lastDay));
  }
}

function rateOf(table: RateTable, from: string, to: string, onDay: string): FoundRate {
  const found = table.find(from, to, onDay);
  if (found) return found;
  throw new AppError('UNPROCESSABLE', `There is no rate from ${from} to ${to} on or before ${onDay}.`, {
    help: 'Import the reference rates of the European Central Bank (POST /api/prices/currency-rates/import), or give the rate by POST /api/prices/currency-rates or under prices.rates in the configuration.',
    extra: { from, to, day: onDay },
  });
}
