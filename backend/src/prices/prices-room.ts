import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { Reconciliation } from './reconciliation-contract.ts';
import { CurrencyRates } from './currency-rates.ts';
import { exampleRates } from './example-rates.ts';
import { reconciliationLoop } from './jobs.ts';
import { listPrices } from './list-prices.ts';
import { PriceBooks } from './price-books.ts';
import { PriceImport } from './price-import.ts';
import { PriceWriting } from './price-writing.ts';
import type { Prices } from './prices.ts';
import { provisionPrices } from './provisioning.ts';
import { reconcile } from './reconcile.ts';
import { hasRates, saveRates } from './rate-repository.ts';
import { pricesRoutes } from './routes.ts';
import { writtenPrices, type PriceSections, type WrittenPrices } from './yaml-prices.ts';

export interface PricesRoom extends Room {
  prices: Prices;
  /** Bills of whole UTC days in [from, to) beside their estimates. */
  reconciliation(span: { from: Date; to: Date }, scope: Scope): Promise<Reconciliation>;
}

/** The room that knows what things cost. Other rooms are given its `prices`. */
export function createPricesRoom(platform: Platform): PricesRoom {
  const { store, config, clock, warehouse } = platform;
  const books = new PriceBooks(store);
  const currencies = new CurrencyRates(store);
  const prices: Prices = {
    book: (tenant) => books.of(tenant),
    convert: (amount, to, day, tenant) => currencies.convert(amount, to, day, tenant),
    rates: (...query) => currencies.rates(...query),
  };
  let written: WrittenPrices | undefined;
  const configured = () => (written ??= writtenPrices(sectionsOf(config.prices)));
  return {
    name: 'prices',
    prices,
    reconciliation: (span, scope) =>
      reconcile({ warehouse, prices, threshold: config.prices.alertPercent }, span, scope),
    start: async () => {
      await provisionPrices(platform, listPrices(), configured());
      if (config.estate.enabled && !(await hasRates(store, 'default')))
        await saveRates(store, 'default', exampleRates(clock.now()));
    },
    routes: (app) =>
      pricesRoutes(app, {
        platform,
        prices,
        writing: new PriceWriting(platform),
        imports: new PriceImport(platform),
        deployments: () => configured().deployments,
      }),
    loops: [reconciliationLoop(platform, prices)],
  };
}

/** What the configuration says itself, and what stands in the file that it names. */
function sectionsOf(settings: Platform['config']['prices']): PriceSections {
  const names = ['entries', 'discounts', 'commitments', 'rates', 'deployments'] as const;
  const file = settings.file === undefined ? {} : readSections(settings.file);
  return Object.fromEntries(
    names.map((name) => [name, [...settings[name], ...(file[name] ?? [])]]),
  ) as unknown as PriceSections;
}

function readSections(path: string): Partial<PriceSections> {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`prices.file: ${path} cannot be read as YAML (${(error as Error).message})`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error(`prices.file: ${path} must be a mapping of entries, discounts, commitments, rates and deployments`);
}
