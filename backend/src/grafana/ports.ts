import type { Scope } from '../platform/identity/index.ts';

/** What the panels need of the rooms that know it; compose.ts hands the rooms in. */
export interface CostSource {
  summary(
    query: {
      metric: string;
      dims: readonly string[];
      from: Date;
      to: Date;
      granularity: 'hour' | 'day' | 'total';
      filters: readonly { dim: string; values: readonly string[] }[];
      currency?: string;
      limit: number;
    },
    scope: Scope,
  ): Promise<CostAnswer>;
  dimensions(scope: Scope): Promise<readonly { name: string; label: string }[]>;
  values(dimension: string, search: string, scope: Scope): Promise<readonly string[]>;
}

export interface CostAnswer {
  metric: string;
  currency: string;
  /** Exact decimals; `at` is the start of the hour or day; `other`: all beyond the limit. */
  rows: readonly { keys: Readonly<Record<string, string>>; cost: string; at?: string; other?: boolean }[];
  notices: readonly { severity: 'info' | 'warning' | 'error'; text: string }[];
  cachedAgeSeconds?: number;
}

export interface TrafficSource {
  /** Workloads with the busiest of the last hour first. */
  workloads(scope: Scope): Promise<readonly { workload: string; requestsPerMinute: number | null }[]>;
  series(
    query: { workload: string; from: Date; to: Date; horizonMinutes: number; forecaster?: string },
    scope: Scope,
  ): Promise<TrafficSeries>;
}

/** Equal-length columns; index i is the minute `minutes[i]` (epoch milliseconds). */
export interface TrafficSeries {
  workload: string;
  forecaster: string;
  minutes: readonly number[];
  actual: readonly (number | null)[];
  predicted: readonly (number | null)[];
  lower: readonly (number | null)[];
  upper: readonly (number | null)[];
  replicas: readonly (number | null)[];
}

export interface ChangeSource {
  between(query: { from: Date; to: Date }, scope: Scope): Promise<readonly ChangeMark[]>;
}

export interface ChangeMark {
  id: string;
  kind: string;
  target: string;
  state: string;
  reason: string;
  author: string;
  /** When it last changed its state. */
  at: Date;
}
