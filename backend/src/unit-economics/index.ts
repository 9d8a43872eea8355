import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type {
  Breakdown,
  BreakdownQuery,
  Cards,
  CardsQuery,
  Drivers,
  DriversQuery,
  FinopsOverview,
  OverviewRole,
} from './contract.ts';
import type { UnitEconomicsPorts } from './ports.ts';
import { roleOverview } from './role-overviews.ts';
import { unitEconomicsRoutes } from './routes.ts';
import { UnitDayKeeper } from './unit-day-keeper.ts';
import { UnitQueries } from './unit-queries.ts';

export type { Breakdown, BreakdownQuery, Cards, CardsQuery, Drivers, DriversQuery } from './contract.ts';

/** Answers as the routes give them. All throw AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE. */
export interface UnitEconomics {
  cards(query: CardsQuery, scope: Scope, signal?: AbortSignal): Promise<Cards>;
  breakdown(query: BreakdownQuery, scope: Scope, signal?: AbortSignal): Promise<Breakdown>;
  drivers(query: DriversQuery, scope: Scope, signal?: AbortSignal): Promise<Drivers>;
  overview(
    query: { role: OverviewRole; currency?: string },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<FinopsOverview>;
}

/** The room that says what one request, customer and feature costs, and why that changed. */
export function createUnitEconomicsRoom(
  platform: Platform,
  ports: UnitEconomicsPorts,
): Room & { unitEconomics: UnitEconomics; keepDays(signal: AbortSignal): Promise<number> } {
  const queries = new UnitQueries(platform, ports);
  const keeper = new UnitDayKeeper(platform, ports);
  return {
    name: 'unit-economics',
    routes: (app) => unitEconomicsRoutes(app, queries, platform.clock),
    loops: [
      { name: 'unit-economics-days', everyMs: 15_000, run: (signal) => keeper.turn(signal) },
      { name: 'unit-economics-housekeeping', everyMs: 10 * 60_000, run: () => keeper.keepHouse() },
    ],
    keepDays: (signal) => keeper.keepAll(signal),
    unitEconomics: {
      cards: (query, scope, signal) => queries.cards(query, scope, signal),
      breakdown: (query, scope, signal) => queries.breakdown(query, scope, signal),
      drivers: (query, scope, signal) => queries.drivers(query, scope, signal),
      overview: (query, scope, signal) => roleOverview(queries, platform.clock, query, scope, signal),
    },
  };
}
