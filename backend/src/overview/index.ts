import Type from 'typebox';
import type { Clock } from '../platform/clock/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Room } from '../platform/platform.ts';
import { buildOverview } from './build-overview.ts';
import { OverviewSchema } from './contract.ts';
import type { OverviewSources } from './ports.ts';

export { monthSpend, type DaySpend } from './month.ts';
export type { OverviewSources } from './ports.ts';

/** The first page: is anything wrong, and what will it cost? */
export function createOverviewRoom(deps: { sources: OverviewSources; clock: Clock; estate: boolean }): Room {
  const routes = (app: App): void => {
    app.get(
      '/api/overview',
      {
        config: { permission: 'cost:read' },
        schema: {
          summary: 'Spend, the next peak, what waits and which sources are fresh',
          tags: ['overview'],
          querystring: Type.Object(
            {
              currency: Type.Optional(
                Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['USD'] }),
              ),
            },
            { additionalProperties: false },
          ),
          response: { 200: OverviewSchema },
        },
      },
      async ({ query, caller }) =>
        buildOverview(deps.sources, { ...query, now: deps.clock.now(), estate: deps.estate }, caller.scope),
    );
  };
  return { name: 'overview', routes };
}
