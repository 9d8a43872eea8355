import type { Connector, LlmRequest, Sink } from '../anycost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { UsageSummary } from './contract.ts';
import { llmConnectors } from './llm-connectors.ts';
import { otlpRoutes } from './otlp-routes.ts';
import type { LlmUsagePorts } from './ports.ts';
import type { UsagePlace } from './request-row.ts';
import { accepted, usageRoutes } from './routes.ts';
import { Sealing } from './sealing.ts';
import { UsageCharging } from './usage-charging.ts';
import { UsageKeeper } from './usage-keeper.ts';
import { UsageQueries } from './usage-queries.ts';
import { askedPlan, type UsageAsked } from './usage-query.ts';

export { callTier, callTokens } from './call-log.ts';
export type { LatencyQuantiles, UsageRow, UsageSummary, UsageSums } from './contract.ts';
export type { LlmUsagePorts, UsagePriceBook, UsagePrices } from './ports.ts';
export { addBuckets, quantileOf, readBuckets } from './latency-buckets.ts';
export { callId, gatewaySource, isJudge, routeBuckets, routeDimensions, routeSums } from './route-rollup.ts';
export type { UsageAsked } from './usage-query.ts';
export { isUsageDimension, usageDimensions, type UsageDimension } from './usage-dimensions.ts';

export interface LlmUsage {
  /**
   * Requests, tokens by kind, cost, sessions and latency by dimensions, in all or along time, from the roll-ups and within
   * the scope. @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE
   */
  summary(query: UsageAsked, scope: Scope, signal?: AbortSignal): Promise<UsageSummary>;
  /**
   * The roll-ups of llm_hourly and llm_daily that count for days that touch [from, to), for rooms that read these tables
   * themselves.
   */
  activeDrops(scope: Scope, from: Date, to: Date): Promise<{ dropId: string; source: string; day: string }[]>;
}

export interface LlmUsageRoom extends Room {
  connectors: readonly Connector[];
  /** Where anycost hands requests. */
  sink: Sink<LlmRequest>;
  llmUsage: LlmUsage;
  /** As in `llmUsage`. */
  activeDrops: LlmUsage['activeDrops'];
  /**
   * Keeps requests that come by no file; resolves when they are durable. The same items again change nothing.
   * @param options where nobody waits for it, milliseconds over which it may do either half of the work
   */
  keep(place: UsagePlace, requests: Iterable<LlmRequest>, options?: { spreadMs: number }): Promise<{ kept: number }>;
  /** Rolls up every day that waits, at once; resolves when the days are visible. @returns how many days were rolled up */
  sealWaiting(place?: UsagePlace): Promise<number>;
}

/** The room that keeps the calls of language models, prices them and answers what was used. */
export function createLlmUsageRoom(platform: Platform, ports: LlmUsagePorts): LlmUsageRoom {
  const keeper = new UsageKeeper(platform, ports);
  const charging = new UsageCharging(platform, ports);
  const sealing = new Sealing(platform, (place, days) => charging.note(place, days));
  const queries = new UsageQueries(platform);
  const activeDrops: LlmUsage['activeDrops'] = async (scope, from, to) => {
    const days = await queries.activeDays(scope, { from: from.getTime(), to: to.getTime() });
    return days.map(({ dropId, source, day }) => ({ dropId, source, day }));
  };
  return {
    name: 'llm-usage',
    routes: async (app) => {
      usageRoutes(app, queries, platform.clock);
      await otlpRoutes(app, keeper, ports, platform);
    },
    loops: [
      { name: 'llm-usage-sealing', everyMs: 3_000, run: async (signal) => void (await sealing.turn(signal)) },
      { name: 'llm-usage-charges', everyMs: 60_000, run: async (signal) => void (await charging.turn(signal)) },
      { name: 'llm-usage-housekeeping', everyMs: 10 * 60_000, run: () => sealing.keepHouse() },
    ],
    connectors: llmConnectors,
    sink: { keep: (batch, items) => keeper.keepFile(batch, items) },
    llmUsage: {
      summary: async (query, scope, signal) =>
        queries.summary(accepted(askedPlan(query, platform.clock.now())), scope, signal),
      activeDrops,
    },
    activeDrops,
    keep: (place, requests, options) => keeper.keep(place, requests, options),
    sealWaiting: (place) => sealing.sealAll(undefined, place),
  };
}
