import type { App } from '../platform/http/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import {
  CallsQuerySchema,
  LiveCallsSchema,
  RouteUsageQuerySchema,
  RouteUsageSchema,
  RoutingOverviewSchema,
} from './contract.ts';
import Type from 'typebox';
import { dimsOf, filtersOf, spanOf } from './route-plan.ts';
import { accepted, type RoutingQueries } from './routing-queries.ts';

const tags = ['Routing'];
const { from, to, filter } = RouteUsageQuerySchema.properties;
const OverviewQuerySchema = Type.Object({ from, to, filter }, { additionalProperties: false });

/** Questions about the calls through the gateway. */
export function routingPanelRoutes(app: App, queries: RoutingQueries, clock: Clock): void {
  app.get(
    '/api/routing/overview',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'How calls through the gateway went, where they went to, what they cost and would have cost',
        description: 'Spans beyond a day are widened to whole hours, and are up to a few seconds behind.',
        querystring: OverviewQuerySchema,
        response: { 200: RoutingOverviewSchema },
      },
    },
    async ({ query, caller, signal }) =>
      queries.overview(
        { ...accepted(spanOf(query, clock.now())), filters: accepted(filtersOf(query.filter)) },
        caller.scope,
        signal,
      ),
  );
  app.get(
    '/api/routing/usage',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'Calls, errors, latency, cost and cache hits by policy, route, model, team, feature or key',
        querystring: RouteUsageQuerySchema,
        response: { 200: RouteUsageSchema },
      },
    },
    async ({ query, caller, signal }) =>
      queries.usage(
        {
          ...accepted(spanOf(query, clock.now())),
          dims: accepted(dimsOf(query.by)),
          filters: accepted(filtersOf(query.filter)),
          limit: query.limit ?? 50,
        },
        caller.scope,
        signal,
      ),
  );
  app.get(
    '/api/routing/calls',
    {
      config: { permission: 'cost:read' },
      schema: {
        tags,
        summary: 'The newest calls: which route each took, why, and what it used',
        querystring: CallsQuerySchema,
        response: { 200: LiveCallsSchema },
      },
    },
    async ({ query, caller, signal }) => ({
      calls: await queries.calls(
        {
          ...accepted(spanOf(query, clock.now())),
          filters: accepted(filtersOf(query.filter)),
          ...(query.status === undefined ? {} : { status: query.status }),
          limit: query.limit ?? 100,
        },
        caller.scope,
        signal,
      ),
    }),
  );
}
