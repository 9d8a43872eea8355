import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { commitmentOf, discountOf } from './price-writing.ts';
import { NewCommitmentSchema, NewDiscountSchema } from './agreement-contract.ts';
import { NewPriceSchema } from './contract.ts';
import { NewRateSchema } from './currency-contract.ts';
import type { NewCommitment, NewDiscount } from './agreement-contract.ts';
import type { NewPrice } from './contract.ts';
import type { NewRate } from './currency-contract.ts';
import type { CurrencyRate } from './currency-rate.ts';
import { Exact, plain } from './exact.ts';
import { instantOf, newVersion } from './new-version.ts';
import type { Commitment, Discount } from './price-entry.ts';
import type { NewVersion } from './price-repository.ts';
import { always } from './price-repository.ts';
import { DeploymentSchema, type Deployment } from './self-hosted.ts';

/** What the configuration says about prices, as it stands in the file. */
export interface PriceSections {
  entries: readonly unknown[];
  discounts: readonly unknown[];
  commitments: readonly unknown[];
  rates: readonly unknown[];
  deployments: readonly unknown[];
}

export interface WrittenPrices {
  entries: NewVersion[];
  discounts: Omit<Discount, 'id'>[];
  commitments: Omit<Commitment, 'id'>[];
  rates: CurrencyRate[];
  deployments: Deployment[];
}

/**
 * The sections checked and in the terms of the book, for all tenants. Numbers may stand as numbers: they become the decimals
 * that were written.
 * @throws Error naming every entry that is wrong, and why
 */
export function writtenPrices(sections: PriceSections): WrittenPrices {
  const wrong: string[] = [];
  const read = <T, R>(name: keyof PriceSections, schema: TSchema, make: (value: T) => R): R[] =>
    sections[name].flatMap((raw, index) => {
      const value = withDecimals(raw);
      const errors = [...Value.Errors(schema, value)];
      if (errors.length > 0) {
        wrong.push(
          ...errors.slice(0, 3).map((error) => `prices.${name}[${index}]${error.instancePath}: ${error.message}`),
        );
        return [];
      }
      try {
        return [make(value as T)];
      } catch (error) {
        wrong.push(`prices.${name}[${index}]: ${(error as Error).message}`);
        return [];
      }
    });
  const written: WrittenPrices = {
    entries: read('entries', NewPriceSchema, (price: NewPrice) => newVersion(price, { tenant: '', source: 'yaml' })),
    discounts: read('discounts', NewDiscountSchema, (discount: NewDiscount) =>
      discountOf({ from: always, ...discount }, '', new Date(0)),
    ),
    commitments: read('commitments', NewCommitmentSchema, (commitment: NewCommitment) => commitmentOf(commitment, '')),
    rates: read('rates', NewRateSchema, (rate: NewRate) => rateOf(rate, 'configuration')),
    deployments: read('deployments', DeploymentSchema, (deployment: Deployment) => deployment),
  };
  if (wrong.length === 0) return written;
  throw new Error(`The prices of the configuration have mistakes:\n  ${wrong.slice(0, 50).join('\n  ')}`);
}

/** @throws AppError VALIDATION_FAILED for a day that does not exist */
export function rateOf({ from, to, day, rate, source }: NewRate, usualSource: string): CurrencyRate {
  return {
    base: from,
    quote: to,
    day: instantOf(day, 'day').slice(0, 10),
    rate: plain(new Exact(rate)),
    source: source ?? usualSource,
  };
}

/** YAML numbers as the decimals that were written; days that YAML read as dates as texts. */
function withDecimals(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && !counts.has(key)) return plain(new Exact(String(value)));
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((each) => withDecimals(each));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withDecimals(each, name)]));
  return value;
}

/** Fields whose schema asks for whole numbers. */
const counts: ReadonlySet<string> = new Set(['promptAbove', 'resultsAbove', 'intervalAbove']);
