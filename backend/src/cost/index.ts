import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { CostSummary } from './contract.ts';
import { CostQueries } from './cost-queries.ts';
import { listActiveDrops, type ActiveDrop } from './cost-repository.ts';
import { askedQuery, type CostAsked } from './query-parameters.ts';
import { accepted, costRoutes } from './routes.ts';

export type { CostRow, CostSummary } from './contract.ts';
export type { CostAsked } from './query-parameters.ts';
export { dropsOf, filtersOf, metricOf, selectionOf, selectionSql, type Selection } from './selection.ts';
export type { ActiveDrop } from './cost-repository.ts';
export { dropList, type Statement } from './cost-sql.ts';
export { dimensions, isDimension, type Dimension, type Metric } from './dimensions.ts';
export { parseFilters, type Filter } from './plan.ts';
export { dayMs, parseRange, type Range, type Span } from './range.ts';
export { addDays, dayAt, daysFrom, hoursOf, isDay, knownZone, startOf } from './zone-days.ts';

export interface Cost {
  /** Cost by dimensions, in all or along time. @throws AppError VALIDATION_FAILED with what is wrong in the query */
  summary(query: CostAsked, scope: Scope): Promise<CostSummary>;
  /** Effective cost of each UTC day in [from, to) that has any, in its one currency (empty where there is no cost). */
  dailySpend(
    query: { from: Date; to: Date; currency?: string },
    scope: Scope,
  ): Promise<{ currency: string; days: { day: string; cost: string }[] }>;
  dimensions(scope: Scope): Promise<{ name: string; label: string; values: number }[]>;
  /** Values of a dimension, the costliest first; at most 1,000. */
  values(dimension: string, search: string, scope: Scope): Promise<string[]>;
  /** Which version of each bill counts now; statements over the roll-ups name their ids (`dropList`). */
  bills(scope: Scope, signal?: AbortSignal): Promise<ActiveDrop[]>;
}

const maxValues = 1_000;

/** The room that answers what was spent. */
export function createCostRoom(platform: Platform): Room & { cost: Cost } {
  const queries = new CostQueries(platform);
  const summary: Cost['summary'] = async (query, scope) => queries.summary(accepted(askedQuery(query)), scope);
  return {
    name: 'cost',
    routes: (app) => costRoutes(app, queries, platform.clock),
    cost: {
      summary,
      dailySpend: async (query, scope) => {
        const asked = { metric: 'EffectiveCost', dims: [], granularity: 'day', filters: [], limit: 1 } as const;
        const { currency, rows } = await summary({ ...asked, ...query }, scope);
        return { currency, days: rows.map(({ at, cost }) => ({ day: (at ?? '').slice(0, 10), cost })) };
      },
      dimensions: (scope) => queries.dimensions(scope),
      bills: (scope, signal) => listActiveDrops(platform.warehouse, scope, signal),
      values: (dimension, search, scope) => queries.values(dimension, search, maxValues, scope),
    },
  };
}
