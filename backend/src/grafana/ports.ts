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

/** What scaling knows of a workload; the panels show it beside the traffic. */
export interface ScalingSource {
  /** Requests a minute that the ready pods could serve, minute by minute (epoch milliseconds); empty while it is not known. */
  capacity(
    query: { workload: string; from: Date; to: Date },
    scope: Scope,
  ): Promise<readonly { minute: number; requestsPerMinute: number }[]>;
  /** Times at which replicas were changed, or would have been; `workload` absent: of all. */
  marks(query: { workload?: string; from: Date; to: Date }, scope: Scope): Promise<readonly ScalingMark[]>;
}

export interface ScalingMark {
  at: Date;
  workload: string;
  /** E.g. `scale-out`, `scale-in`, `observed`. */
  kind: string;
  text: string;
  /** Of the Change that did it; null where nothing was done. */
  changeId: number | null;
}

/** Events that are known ahead: sales, deploys, holidays. */
export interface EventSource {
  list(
    query: { workload?: string; from: Date; to: Date },
    scope: Scope,
  ): Promise<
    readonly { id: string; name: string; workload: string | null; startsAt: Date; endsAt: Date; note: string }[]
  >;
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

export interface HealingSource {
  /** What was wrong with pods in [from, to), oldest first. */
  marks(query: { from: Date; to: Date; workload?: string }, scope: Scope): Promise<readonly HealingMark[]>;
}

interface HealingMark {
  from: Date;
  /** Undefined while it lasts. */
  to: Date | undefined;
  title: string;
  text: string;
  tags: readonly string[];
}

type Notices = readonly { severity: 'info' | 'warning' | 'error'; text: string }[];

/** A selection of cost as the rooms below understand it: whole days, amounts in one currency. */
export interface Selection {
  from: Date;
  to: Date;
  filters: readonly { dim: string; values: readonly string[] }[];
  currency?: string;
}

export type UnitDimension =
  'x_Team' | 'x_Product' | 'x_Customer' | 'x_Feature' | 'x_Environment' | 'x_Model' | 'ModelVersion';

export interface UnitSource {
  cards(query: Selection, scope: Scope): Promise<UnitCards>;
  breakdown(query: Selection & { by: UnitDimension; limit: number }, scope: Scope): Promise<UnitBreakdown>;
  drivers(query: Selection & { dims: readonly string[]; limit: number }, scope: Scope): Promise<CostDrivers>;
}

/** Amounts are exact decimals; `value` = cost / quantity x per. */
export interface UnitCards {
  currency: string;
  notices: Notices;
  cards: readonly {
    id: string;
    unit: string;
    series: readonly { day: string; value?: string; cost: string; quantity: string }[];
  }[];
}

export interface UnitBreakdown {
  currency: string;
  notices: Notices;
  rows: readonly {
    key: string;
    cost: string;
    shared?: string;
    requests: number;
    tokens: number;
    sessions: number;
    costPerRequest?: string;
    costPer1000Tokens?: string;
    costPerSession?: string;
    previousCost?: string;
    changeShare?: string;
    revenue?: string;
    margin?: string;
    marginShare?: string;
  }[];
}

export interface CostDrivers {
  currency: string;
  notices: Notices;
  rows: readonly {
    keys: Readonly<Record<string, string>>;
    cost: string;
    previousCost: string;
    split: { difference: string; price: string; volume: string; mix: string };
    share?: string;
    other?: boolean;
  }[];
}

export interface UsageSource {
  /** Columns by which usage can be grouped: what people call them, and their names. */
  dimensions: readonly { text: string; value: string }[];
  /** Values of one of them in the last 90 days, those with most requests first. */
  values(dimension: string, search: string, scope: Scope): Promise<readonly string[]>;
  summary(
    query: Selection & { dims: readonly string[]; granularity: 'hour' | 'day' | 'total'; limit: number },
    scope: Scope,
  ): Promise<UsageAnswer>;
}

export interface Latency {
  p50: number;
  p90: number;
  p99: number;
}

export interface UsageAnswer {
  currency: string;
  notices: Notices;
  cachedAgeSeconds?: number;
  rows: readonly {
    keys: Readonly<Record<string, string>>;
    at?: string;
    other?: boolean;
    requests: number;
    failed: number;
    inputTokens: number;
    cachedInputTokens: number;
    outputTokens: number;
    reasoningTokens: number;
    sessions: number;
    cost: string;
    durationMs?: Latency;
    firstTokenMs?: Latency;
  }[];
}

export interface BudgetSource {
  status(scope: Scope): Promise<readonly BudgetState[]>;
  /** @throws AppError NOT_FOUND where the caller sees no such budget */
  burnDown(id: string, scope: Scope): Promise<BudgetDays>;
}

export interface BudgetState {
  id: string;
  name: string;
  spent: string;
  amount: string;
  share: string;
  forecast?: string;
  passesOn?: string;
  state: string;
  currency: string;
}

export interface BudgetDays {
  name: string;
  currency: string;
  days: readonly { day: string; actual?: string; plan: string; forecast?: string; low?: string; high?: string }[];
}

export interface ShowbackSource {
  report(
    query: { from: Date; to: Date; by: 'x_Team' | 'x_Product' | 'x_Customer'; currency?: string },
    scope: Scope,
  ): Promise<ShowbackAnswer>;
}

export interface ShowbackAnswer {
  currency: string;
  bills: string;
  unallocated: string;
  notices: Notices;
  rows: readonly { owner: string; direct: string; shared: readonly { amount: string }[]; total: string }[];
}

/** Calls through the LLM gateway. */
export interface RoutingSource {
  /** What they can be grouped by: what people call it, and its name. */
  dimensions: readonly { text: string; value: string }[];
  usage(
    query: {
      from: Date;
      to: Date;
      dims: readonly string[];
      filters: readonly { dim: string; values: readonly string[] }[];
      /** Seconds of a bucket, as near as the span allows; absent: the whole span. */
      stepSeconds?: number;
      points?: number;
      limit: number;
    },
    scope: Scope,
  ): Promise<RoutingAnswer>;
}

/** Amounts are exact decimals; shares 0 to 1, absent where there is nothing to share. */
export interface RoutingAnswer {
  currency: string;
  notices: Notices;
  /** Seconds of a bucket. */
  stepSeconds?: number;
  rows: readonly {
    keys: Readonly<Record<string, string>>;
    at?: string;
    other?: boolean;
    calls: number;
    tries: number;
    failed: number;
    inputTokens: number;
    outputTokens: number;
    cost: string;
    saved: string;
    errorShare?: number;
    tryErrorShare?: number;
    cacheShare?: number;
    durationMs?: { p50: number; p95: number };
    firstTokenMs?: { p50: number; p95: number };
  }[];
}

export interface GpuSource {
  accounting(query: { from: Date; to: Date }, scope: Scope): Promise<GpuAnswer>;
}

export interface GpuAnswer {
  notices: Notices;
  rows: readonly {
    cluster: string;
    gpuType: string;
    totalGpuHours: string | null;
    allocatedGpuHours: string;
    usedGpuHours: string | null;
    idleGpuHours: string | null;
    heldIdleGpuHours: string;
    cost: {
      currency: string;
      total: string | null;
      allocated: string;
      idle: string | null;
      heldIdle: string;
    } | null;
  }[];
}

export interface QualitySource {
  quality(query: { from: Date; to: Date; currency?: string }, scope: Scope): Promise<QualityAnswer>;
}

interface MissingTag {
  tag: string;
  missing: string;
  of: string;
  share?: string;
}

export interface QualityAnswer {
  currency: string;
  notices: Notices;
  byTeam: readonly { team: string; tags: readonly MissingTag[] }[];
  bySource: readonly { source: string; tags: readonly MissingTag[] }[];
}

export interface ExperimentsSource {
  /** Those that the scope may see, newest first, each with what it has found so far. */
  experiments(
    query: { state?: 'running' | 'ended'; limit: number },
    scope: Scope,
  ): Promise<readonly ExperimentAnswer[]>;
}

/** A mean with bounds that hold at every look. */
interface Bounded {
  estimate: number;
  low: number;
  high: number;
}

export interface ExperimentAnswer {
  name: string;
  policy: string;
  b: { policy: string; version: string };
  kind: string;
  state: string;
  comparison: {
    observations: number;
    decision: string;
    sentence: string;
    /** Shares: of the cost of A, of the calls. */
    cost?: Bounded;
    failures?: Bounded;
    totalMs?: Bounded;
    firstTokenMs?: Bounded;
    quality?: Bounded;
  };
  spent: string;
  budget: string;
  currency: string;
}

export interface SourcesSource {
  sources(scope: Scope): Promise<readonly SourceState[]>;
}

export interface SourceState {
  source: string;
  /** What people call the kind of source. */
  kind: string;
  lastAt: string | null;
  rows: number;
  quarantined: number;
  state: 'fresh' | 'stale' | 'empty';
}

export interface ReconciliationSource {
  /** Whole UTC days that hold the span. @throws AppError VALIDATION_FAILED where it is too long */
  reconciliation(query: { from: Date; to: Date }, scope: Scope): Promise<ReconciliationAnswer>;
}

export interface ReconciliationAnswer {
  from: string;
  to: string;
  providers: readonly {
    provider: string;
    currency: string;
    billed: string;
    estimated: string;
    difference: string;
    percent: string | null;
    days: number;
    causes: readonly { cause: string; amount: string }[];
  }[];
}

/** A metric of the process as its registry tells it. */
export interface MetricJson {
  name: string;
  values: readonly {
    metricName?: string;
    labels: Readonly<Partial<Record<string, string | number>>>;
    value: number;
  }[];
}

export interface ServiceSource {
  metrics(): Promise<readonly MetricJson[]>;
  warehouseAnswers(): Promise<boolean>;
  storeAnswers(): Promise<boolean>;
}
