import type { CurrencyRate } from './currency-rate.ts';

/** Invented round figures, how much of each one euro is; only the generated estate uses them. */
const perEuro: Readonly<Record<string, string>> = { USD: '1.1', GBP: '0.85', JPY: '165', KRW: '1600', CHF: '0.95' };
const months = 13;

/**
 * Exchange rates with which the generated estate can be reported in other currencies: the same on the first day of each of the
 * last thirteen months. They say of themselves that they are examples.
 */
export function exampleRates(now: Date): CurrencyRate[] {
  return Array.from({ length: months }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 10),
  ).flatMap((day) =>
    Object.entries(perEuro).map(([quote, rate]) => ({
      base: 'EUR',
      quote,
      day,
      rate,
      source: 'Example rate of the generated estate, not for real bills',
    })),
  );
}
