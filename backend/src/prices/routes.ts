import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import { agreementRoutes } from './agreement-routes.ts';
import { CreatedSchema } from './agreement-contract.ts';
import {
  IdSchema,
  ListQuerySchema,
  ListSchema,
  NewPriceSchema,
  PriceDetailSchema,
  QuoteAnswerSchema,
  QuoteSchema,
  ReasonQuerySchema,
  SupersedeSchema,
  type QuoteAnswer,
  type QuoteBody,
} from './contract.ts';
import { Exact, plain } from './exact.ts';
import { importRoutes } from './import-routes.ts';
import { instantOf } from './new-version.ts';
import * as repository from './price-repository.ts';
import { priceDetail, priceView } from './price-views.ts';
import type { Prices } from './prices.ts';
import { providerKey } from './provider-name.ts';
import { rateRoutes } from './rate-routes.ts';
import { tags, writerOf, type PricesParts } from './route-parts.ts';
import { reportRoutes } from './report-routes.ts';

export async function pricesRoutes(app: App, parts: PricesParts): Promise<void> {
  readRoutes(app, parts);
  writeRoutes(app, parts);
  quoteRoute(app, parts);
  agreementRoutes(app, parts);
  reportRoutes(app, parts);
  await importRoutes(app, parts);
  await rateRoutes(app, parts);
}

function readRoutes(app: App, { platform: { store, clock } }: PricesParts): void {
  app.get(
    '/api/prices',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'The price book: own and shared prices',
        description: 'Of several prices of one name the one counts that people wrote, then price files, then the list.',
        tags,
        querystring: ListQuerySchema,
        response: { 200: ListSchema },
      },
    },
    async ({ query, caller }) => {
      const { at: asked, offset, limit, provider, ...rest } = query;
      const at = asked === undefined || asked === 'all' ? clock.now() : new Date(instantOf(asked, 'at'));
      const filter = {
        tenant: caller.scope.tenant,
        ...rest,
        ...(provider === undefined ? {} : { provider: providerKey(provider, rest.kind) }),
        ...(asked === 'all' ? {} : { at: at.toISOString() }),
      };
      const { provider: _provider, ...otherFilters } = filter;
      const [entries, providers] = await Promise.all([
        repository.listPrices(store, filter, { offset, limit }),
        repository.countPrices(store, otherFilters),
      ]);
      const counted =
        provider === undefined ? providers : providers.filter((each) => each.provider === filter.provider);
      return {
        prices: entries.map((entry) => priceView(entry, at)),
        total: counted.reduce((total, { prices }) => total + prices, 0),
        providers,
      };
    },
  );
  app.get(
    '/api/prices/:id',
    {
      config: { permission: 'cost:read' },
      schema: { summary: 'One price with its history', tags, params: IdSchema, response: { 200: PriceDetailSchema } },
    },
    async ({ params, caller }) => {
      const kept = params.id.startsWith('p')
        ? await repository.findPrice(store, caller.scope.tenant, params.id)
        : undefined;
      if (!kept) throw new AppError('NOT_FOUND', `There is no price ${params.id}.`);
      const history = await repository.listVersions(store, caller.scope.tenant, kept);
      return priceDetail(kept, history, clock.now());
    },
  );
}

function writeRoutes(app: App, { writing }: PricesParts): void {
  app.post(
    '/api/prices',
    {
      config: { permission: 'prices:write' },
      schema: { summary: 'Add a price', tags, body: NewPriceSchema, response: { 201: CreatedSchema } },
    },
    async (request, reply) => reply.code(201).send({ id: await writing.create(request.body, writerOf(request)) }),
  );
  app.post(
    '/api/prices/:id/supersede',
    {
      config: { permission: 'prices:write' },
      schema: {
        summary: 'Close a price and open the next version of it',
        tags,
        params: IdSchema,
        body: SupersedeSchema,
        response: { 201: CreatedSchema },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ id: await writing.supersede(request.params.id, request.body, writerOf(request)) }),
  );
  app.delete(
    '/api/prices/:id',
    {
      config: { permission: 'prices:write' },
      schema: {
        summary: 'Retire a price: it ends now and nothing follows it',
        tags,
        params: IdSchema,
        querystring: ReasonQuerySchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await writing.retire(request.params.id, request.query.reason, writerOf(request));
      return reply.code(204).send(null);
    },
  );
}

function quoteRoute(app: App, { prices, platform }: PricesParts): void {
  app.post(
    '/api/prices/quote',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'What a usage costs, with the formula',
        description:
          'Either `usage` of a language model or `rate` of hardware; `currency` converts by the rate of the day.',
        tags,
        body: QuoteSchema,
        response: { 200: QuoteAnswerSchema },
      },
    },
    async ({ body, caller }) => {
      const answer = await quote(prices, body, caller.scope.tenant);
      if (body.currency === undefined || answer.cost === undefined) return answer;
      const at = body.usage?.startedAt ?? body.rate?.at ?? platform.clock.now().toISOString();
      const amount = { amount: answer.cost, currency: answer.currency! };
      const converted = await prices.convert(amount, body.currency, at.slice(0, 10), caller.scope.tenant);
      return { ...answer, converted };
    },
  );
}

async function quote(prices: Prices, { usage, rate }: QuoteBody, tenant: string): Promise<QuoteAnswer> {
  if ((usage === undefined) === (rate === undefined))
    throw new AppError('VALIDATION_FAILED', 'Give either `usage` or `rate`.');
  const book = await prices.book(tenant);
  if (usage !== undefined) {
    const priced = book.priceLlm(usage);
    return 'unpriced' in priced ? { priced: false, unpriced: priced.unpriced } : { priced: true, ...priced };
  }
  const { quantity = '1', ...query } = rate!;
  const rated = book.rate(query);
  if ('unpriced' in rated) return { priced: false, unpriced: rated.unpriced };
  const cost = plain(new Exact(rated.unitPrice).times(quantity));
  const formula = `${quantity} × ${rated.unitPrice} ${rated.currency} (${rated.formula})`;
  return { priced: true, cost, currency: rated.currency, priceId: rated.priceId, formula, terms: [], notes: [] };
}
