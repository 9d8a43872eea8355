import type { Clock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import {
  BreakdownQuerySchema,
  BreakdownSchema,
  CardsQuerySchema,
  CardsSchema,
  DriversQuerySchema,
  DriversSchema,
  FinopsOverviewQuerySchema,
  FinopsOverviewSchema,
} from './contract.ts';
import { roleOverview } from './role-overviews.ts';
import type { UnitQueries } from './unit-queries.ts';

const tags = ['unit economics'];

/** What one costs, and why that changed. */
export function unitEconomicsRoutes(app: App, queries: UnitQueries, clock: Clock): void {
  app.get(
    '/api/unit-economics/cards',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Cost of one token, request, session, customer, feature, model, version, stage, job and GPU-hour',
        description:
          'Whole UTC days. Of language models the bill counts; usage times the price book stands in on days of a model that no bill covers, and tells whose a billed amount is where the bill does not.',
        querystring: CardsQuerySchema,
        response: { 200: CardsSchema },
      },
    },
    async ({ query, caller, signal }) => queries.cards(query, caller.scope, signal),
  );
  app.get(
    '/api/unit-economics/breakdown',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'The same by one dimension, with margin of customers whose revenue is known',
        querystring: BreakdownQuerySchema,
        response: { 200: BreakdownSchema },
      },
    },
    async ({ query, caller, signal }) => queries.breakdown(query, caller.scope, signal),
  );
  app.get(
    '/api/unit-economics/drivers',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Which groups explain the change of the bills: price, volume and mix, adding up to the last digit',
        description:
          'Each group is split by service, SKU and unit: price is the change of the unit price at the mean quantity, volume the change of the quantity of the whole service in that unit, mix the shift of shares within it. Lines without a quantity are volume, and `unknown` says how much that is.',
        querystring: DriversQuerySchema,
        response: { 200: DriversSchema },
      },
    },
    async ({ query, caller, signal }) => queries.drivers(query, caller.scope, signal),
  );
  app.get(
    '/api/finops/overview',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'What each role needs first, in a sentence and a few figures',
        querystring: FinopsOverviewQuerySchema,
        response: { 200: FinopsOverviewSchema },
      },
    },
    async ({ query, caller, signal }) => roleOverview(queries, clock, query, caller.scope, signal),
  );
}
