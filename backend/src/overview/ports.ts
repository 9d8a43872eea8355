import type { Scope } from '../platform/identity/index.ts';
import type { Overview } from './contract.ts';

/** What the first page needs of the rooms that know it; compose.ts hands the rooms in. */
export interface OverviewSources {
  /** Spend by UTC day in [from, to), and its currency; empty where there is none. */
  dailySpend(
    query: { from: Date; to: Date; currency?: string },
    scope: Scope,
  ): Promise<{ currency: string; days: { day: string; cost: string }[] }>;
  nextPeak(
    scope: Scope,
  ): Promise<{ at: Date; requestsPerMinute: number; lower: number; upper: number; workload: string } | undefined>;
  /** Of the champions of all workloads, ten minutes ahead, over the last day. */
  accuracy(scope: Scope): Promise<{ mape10: number | null; coverage: number | null } | undefined>;
  pendingChanges(scope: Scope): Promise<number>;
  sources(scope: Scope): Promise<Overview['sources']>;
}
