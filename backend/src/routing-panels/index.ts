import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { RouteUsage } from './contract.ts';
import type { RoutingPanelPorts } from './ports.ts';
import { checkedFilters, isRouteDimension, stepOf, type RouteFilter } from './route-plan.ts';
import { routingPanelRoutes } from './routes.ts';
import { accepted, RoutingQueries } from './routing-queries.ts';
import { routeDimensions } from './contract.ts';
import { AppError } from '../platform/errors/index.ts';

export type { RouteUsage } from './contract.ts';

/** Calls through the gateway as panels ask for them. */
export interface RoutingPanels {
  /** What they can be grouped by: what people call it, and its name. */
  dimensions: readonly { text: string; value: string }[];
  /** Sums by dimensions; along time where `stepSeconds` is wished for. @throws AppError VALIDATION_FAILED */
  usage(
    query: {
      from: Date;
      to: Date;
      dims: readonly string[];
      filters: readonly { dim: string; values: readonly string[] }[];
      /** Seconds of a bucket, as near as the span allows; absent: the whole span. */
      stepSeconds?: number;
      /** The most buckets. */
      points?: number;
      limit: number;
    },
    scope: Scope,
  ): Promise<RouteUsage>;
}

export interface RoutingPanelsRoom extends Room {
  panels: RoutingPanels;
}

/** The room that shows what the gateway did: for pages, panels and alert rules. */
export function createRoutingPanelsRoom(platform: Platform, ports: RoutingPanelPorts): RoutingPanelsRoom {
  const queries = new RoutingQueries(platform, ports);
  return {
    name: 'routing-panels',
    routes: (app) => routingPanelRoutes(app, queries, platform.clock),
    panels: {
      dimensions: Object.entries(routeDimensions).map(([value, text]) => ({ text, value })),
      usage: ({ from, to, dims, filters, stepSeconds, points, limit }, scope) => {
        const span = { from: from.getTime(), to: to.getTime() };
        const named = filters.map(({ dim, values }): RouteFilter => ({ dim: known(dim), values }));
        return queries.usage(
          {
            ...span,
            dims: dims.map(known),
            filters: accepted(checkedFilters(named)),
            ...(stepSeconds === undefined ? {} : { stepSeconds: stepOf(span, stepSeconds, points) }),
            limit,
          },
          scope,
        );
      },
    },
  };
}

function known(dimension: string) {
  if (isRouteDimension(dimension)) return dimension;
  throw new AppError('VALIDATION_FAILED', 'Calls through the gateway have no such dimension.', {
    help: `Use ${Object.keys(routeDimensions).join(', ')}.`,
  });
}
