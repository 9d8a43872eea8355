import type { App } from '../platform/http/index.ts';
import type { Platform } from '../platform/platform.ts';
import {
  ConvertedSchema,
  ConvertQuerySchema,
  NewestRatesSchema,
  NewRatesSchema,
  RatesQuerySchema,
  RatesSchema,
  SavedRatesSchema,
} from './currency-contract.ts';
import type { CurrencyRate } from './currency-rate.ts';
import { parseEcbRates } from './ecb-rates.ts';
import type { Writer } from './price-writing.ts';
import { listNewestRates, saveRates } from './rate-repository.ts';
import { tags, writerOf, type PricesParts } from './route-parts.ts';
import { takesText } from './text-bodies.ts';
import { rateOf } from './yaml-prices.ts';

/** Exchange rates. */
export async function rateRoutes(app: App, { platform, prices }: PricesParts): Promise<void> {
  readRoutes(app, platform, prices);
  app.post(
    '/api/prices/currency-rates',
    {
      config: { permission: 'prices:write' },
      schema: { summary: 'Give exchange rates', tags, body: NewRatesSchema, response: { 200: SavedRatesSchema } },
    },
    async (request) => {
      const writer = writerOf(request);
      const rates = request.body.rates.map((rate) => rateOf(rate, `entered by ${writer.actor.name}`));
      return { rates: rates.length, changed: await keep(platform, rates, writer) };
    },
  );
  await takesText(app, platform.config.http.bodyLimitBytes, (scope) => {
    scope.post(
      '/api/prices/currency-rates/import',
      {
        config: { permission: 'prices:write' },
        schema: {
          summary: "Import the European Central Bank's reference rates (eurofxref-hist.csv)",
          description: 'The CSV as the body. Days that are there already take the new rate.',
          tags,
          response: { 200: SavedRatesSchema },
        },
      },
      async (request) => {
        const { rates, ...file } = parseEcbRates(request.body as string);
        return { rates: rates.length, changed: await keep(platform, rates, writerOf(request)), ...file };
      },
    );
  });
}

function readRoutes(app: App, { store }: Platform, prices: PricesParts['prices']): void {
  app.get(
    '/api/prices/currency-rates',
    {
      config: { permission: 'cost:read' },
      schema: { summary: 'The newest rate of each pair of currencies', tags, response: { 200: NewestRatesSchema } },
    },
    async ({ caller }) => {
      const newest = await listNewestRates(store, caller.scope.tenant);
      return newest.map(({ base, quote, ...rest }) => ({ from: base, to: quote, ...rest }));
    },
  );
  app.get(
    '/api/prices/currency-rates/days',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'The rate between two currencies on each day of a span',
        tags,
        querystring: RatesQuerySchema,
        response: { 200: RatesSchema },
      },
    },
    async ({ query: { from, to, firstDay, lastDay }, caller }) => {
      const rates = await prices.rates(from, to, firstDay, lastDay, caller.scope.tenant);
      return [...rates].map(([day, rate]) => ({ day, ...rate }));
    },
  );
  app.get(
    '/api/prices/currency-rates/convert',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Convert an amount by the newest rate on or before a day',
        tags,
        querystring: ConvertQuerySchema,
        response: { 200: ConvertedSchema },
      },
    },
    async ({ query: { amount, from, to, day }, caller }) =>
      prices.convert({ amount, currency: from }, to, day, caller.scope.tenant),
  );
}

function keep({ store, audit }: Platform, rates: readonly CurrencyRate[], writer: Writer): Promise<number> {
  return store.transaction(async (tx) => {
    const changed = await saveRates(tx, writer.tenant, distinct(rates));
    const pairs = [...new Set(rates.map(({ base, quote }) => `${base}/${quote}`))];
    const days = rates.map(({ day }) => day).sort();
    await audit.record(
      {
        tenant: writer.tenant,
        actor: writer.actor,
        action: 'rates.given',
        target: 'currency-rates',
        after: { rates: rates.length, changed, pairs: pairs.slice(0, 50), firstDay: days[0], lastDay: days.at(-1) },
        ...(writer.traceId ? { traceId: writer.traceId } : {}),
      },
      tx,
    );
    return changed;
  });
}

/** One statement cannot write a row twice: of two rates of one day the later counts. */
function distinct(rates: readonly CurrencyRate[]): CurrencyRate[] {
  return [...new Map(rates.map((rate) => [`${rate.base}${rate.quote}${rate.day}`, rate])).values()];
}
