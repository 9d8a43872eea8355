import type { Connector, LlmRequest, Sink, SourceSettings } from '../anycost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Room } from '../platform/platform.ts';
import type { UsageSummary } from './contract.ts';
import type { UsageDimension } from './usage-dimensions.ts';

export type { LatencyQuantiles, UsageRow, UsageSummary, UsageSums } from './contract.ts';
export type { LlmUsagePorts, UsagePriceBook, UsagePrices } from './ports.ts';
export type { UsageDimension } from './usage-dimensions.ts';

/** A question about usage as other rooms ask it. */
export interface UsageAsked {
  dims: readonly UsageDimension[];
  from: Date;
  to: Date;
  granularity: 'total' | 'day' | 'hour';
  filters?: readonly { dim: UsageDimension; values: readonly string[] }[];
  /** ISO 4217; where absent, the one of most requests. */
  currency?: string;
  /** Groups, the costliest first; the rest is one row `other`. At most 10,000. */
  limit?: number;
}

export interface LlmUsage {
  /**
   * Requests, tokens by kind, cost, sessions and latency by dimensions, in all or along time, from the roll-ups and within
   * the scope. @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE
   */
  summary(query: UsageAsked, scope: Scope, signal?: AbortSignal): Promise<UsageSummary>;
  /** The roll-ups of llm_hourly and llm_daily that count, for rooms that read these tables themselves. */
  activeDrops(scope: Scope, from: Date, to: Date): Promise<{ dropId: string; source: string; day: string }[]>;
}

export interface LlmUsageRoom extends Room {
  connectors: readonly Connector[];
  /** Where anycost hands requests. */
  sink: Sink<LlmRequest>;
  llmUsage: LlmUsage;
  /** Keeps requests that come by no file; resolves when they are durable. The same items again change nothing. */
  keep(
    place: { tenant: string; region: string; source: string },
    requests: Iterable<LlmRequest>,
  ): Promise<{ kept: number }>;
  /** Rolls up every day that waits, at once; resolves when the days are visible. @returns how many days were sealed */
  sealWaiting(signal?: AbortSignal): Promise<number>;
}

export type SourceFinder = (tenant: string, source: string) => Promise<SourceSettings | undefined>;
