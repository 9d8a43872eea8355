import type { Changes } from '../changes/index.ts';
import type { Cluster, LeaderLease } from '../kubernetes/index.ts';
import type { Scope } from '../platform/identity/index.ts';

/** Prices of cores and memory of one tenant. */
export interface PriceQuestions {
  rate(query: {
    kind: 'cpu' | 'memory';
    item: string;
    region?: string;
    at: string;
    unit?: string;
  }): { unitPrice: string; currency: string } | { unpriced: string };
}

/** A known event as forecasting tells it. */
export interface UpcomingEvent {
  name: string;
  startsAt: Date;
  endsAt: Date;
  expected: readonly { minute: Date; ratio: number }[];
  learnedFrom: number;
}

/** What the room needs of others. */
export interface ScalingPorts {
  clusters: readonly Cluster[];
  /** Where the leader election of a cluster takes place. */
  leaseOf(cluster: Cluster): { namespace: string; name: string; durationMs?: number; renewMs?: number };
  changes: Pick<Changes, 'register' | 'propose' | 'summaries'>;
  /** Who speaks for each workload. */
  champions(scope: Scope): Promise<readonly { workload: string; region: string; champion: string | null }[]>;
  events(
    key: { tenant: string; region: string; workload: string },
    range: { from: Date; to: Date },
  ): Promise<readonly UpcomingEvent[]>;
  prices: { book(tenant: string): Promise<PriceQuestions> };
}

export type { Cluster, LeaderLease };
