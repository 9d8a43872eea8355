import Type from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import * as agreements from './agreement-repository.ts';
import { estimatedSpend } from './commitment-repository.ts';
import { commitmentView, discountView } from './commitment-views.ts';
import {
  CommitmentSchema,
  CreatedSchema,
  DiscountSchema,
  NewCommitmentSchema,
  NewDiscountSchema,
} from './agreement-contract.ts';
import { IdSchema, ReasonQuerySchema } from './contract.ts';
import { tags, writerOf, type PricesParts } from './route-parts.ts';

/** Discounts and commitments. */
export function agreementRoutes(app: App, parts: PricesParts): void {
  discountRoutes(app, parts);
  commitmentRoutes(app, parts);
}

function discountRoutes(app: App, { platform: { store, clock }, writing }: PricesParts): void {
  app.get(
    '/api/prices/discounts',
    {
      config: { permission: 'cost:read' },
      schema: { summary: 'Agreed discounts, past ones included', tags, response: { 200: Type.Array(DiscountSchema) } },
    },
    async ({ caller }) => {
      const discounts = await agreements.loadDiscounts(store, caller.scope.tenant);
      return discounts.map((discount) => discountView(discount, clock.now())).reverse();
    },
  );
  app.post(
    '/api/prices/discounts',
    {
      config: { permission: 'prices:write' },
      schema: {
        summary: 'Agree a discount on list prices',
        description: 'The most exact discount counts; discounts are never added up.',
        tags,
        body: NewDiscountSchema,
        response: { 201: CreatedSchema },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ id: await writing.agreeDiscount(request.body, writerOf(request)) }),
  );
  endRoute(app, '/api/prices/discounts/:id', 'd', 'End a discount now', writing);
}

function commitmentRoutes(app: App, { platform: { store, clock, warehouse }, writing }: PricesParts): void {
  app.get(
    '/api/prices/commitments',
    {
      config: { permission: 'cost:read' },
      schema: {
        summary: 'Commitments with what was used of them',
        tags,
        response: { 200: Type.Array(CommitmentSchema) },
      },
    },
    async ({ caller }) => {
      const { tenant } = caller.scope;
      const now = clock.now();
      // What all teams used is not for those who may see only some of them.
      const { regions, teams, products } = caller.scope;
      const seesAll = [regions, teams, products].every((part) => part === 'all');
      const commitments = await agreements.loadCommitments(store, tenant);
      const views = commitments.map(async (commitment) => {
        const counted = seesAll && commitment.kind === 'llm' && commitment.type === 'spend';
        const to = new Date(Math.min(now.getTime(), Date.parse(commitment.validTo)));
        const spend = counted ? await estimatedSpend(warehouse, tenant, new Date(commitment.validFrom), to) : undefined;
        return commitmentView(commitment, spend, now);
      });
      return (await Promise.all(views)).reverse();
    },
  );
  app.post(
    '/api/prices/commitments',
    {
      config: { permission: 'prices:write' },
      schema: {
        summary: 'Note a commitment: spend for a span, or throughput by the hour',
        tags,
        body: NewCommitmentSchema,
        response: { 201: CreatedSchema },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ id: await writing.agreeCommitment(request.body, writerOf(request)) }),
  );
  endRoute(app, '/api/prices/commitments/:id', 'c', 'End a commitment now', writing);
}

function endRoute(app: App, url: string, prefix: string, summary: string, writing: PricesParts['writing']): void {
  app.delete(
    url,
    {
      config: { permission: 'prices:write' },
      schema: { summary, tags, params: IdSchema, querystring: ReasonQuerySchema, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!id.startsWith(prefix)) throw new AppError('NOT_FOUND', `There is no ${id} here.`);
      await writing.end(id, request.query.reason, writerOf(request));
      return reply.code(204).send(null);
    },
  );
}
